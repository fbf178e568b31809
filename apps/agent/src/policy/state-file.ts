import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PolicyRecord } from '@headwater/capture-policy';
import type { Accepted, Seen } from './fleet.ts';

/** What an agent must know of the fleet's policies when it starts without a bus. */
export interface KeptState {
  schema: 1;
  records: { key: string; value: string; headers: Record<string, string>; accepted_at: string }[];
  seen: Seen[];
}

function isState(value: unknown): value is KeptState {
  const v = value as Partial<KeptState> | null;
  const texts = (o: unknown): boolean => typeof o === 'object' && o !== null && Object.values(o).every((t) => typeof t === 'string');
  return (
    v?.schema === 1 &&
    Array.isArray(v.records) &&
    v.records.every((r) => [r?.key, r?.value, r?.accepted_at].every((t) => typeof t === 'string') && texts(r.headers)) &&
    Array.isArray(v.seen) &&
    v.seen.every((s) => Number.isInteger(s?.version) && [s.record, s.id, s.sha256].every((t) => typeof t === 'string'))
  );
}

/** The state, or null where there is none yet. @throws Error that names the file and the fix */
export function readState(file: string): { records: (PolicyRecord & { acceptedAt: string })[]; seen: Seen[] } | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`policy.fleet.state_file ${file} cannot be read (${(error as Error).message})`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (!isState(value)) throw new Error(`policy.fleet.state_file ${file} is damaged; the topic is read before anything is captured`);
  return { records: value.records.map(({ accepted_at, ...r }) => ({ ...r, value: Buffer.from(r.value, 'base64'), acceptedAt: accepted_at })), seen: value.seen };
}

/** In one step, so that a crash leaves the former or the new one. Mode 0600. */
export function writeState(file: string, accepted: Iterable<Accepted>, seen: Seen[]): void {
  const records = [...accepted].map(({ record, acceptedAt }) => ({
    key: record.key,
    value: Buffer.from(record.value).toString('base64'),
    headers: record.headers,
    accepted_at: acceptedAt,
  }));
  const state: KeptState = { schema: 1, records, seen };
  const next = `${file}.new`;
  const fd = openSync(next, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(state)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(next, file);
  const dir = openSync(dirname(file), 'r');
  try {
    fsyncSync(dir);
  } finally {
    closeSync(dir);
  }
}
