import type { BatchAccount, BatchSampling, StartAccount } from './schema.ts';
import { EventCodecError } from './errors.ts';

const bad = (detail: string): never => {
  throw new EventCodecError('bad_account', { detail });
};

type Json = Record<string, unknown>;
const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);

function count(o: Json, key: string, path: string): number {
  const v = o[key];
  return typeof v === 'number' && Number.isSafeInteger(v) && v >= 0 ? v : bad(`${path}${key} must be a whole number of at least 0`);
}
/** Reasons are few; a foreign writer must not make us hold a million keys. */
const MAX_REASONS = 256;
function reasons(o: Json, key: string, path: string): Record<string, number> {
  const v = o[key];
  if (!isObject(v)) return bad(`${path}${key} must be an object of counts`);
  const names = Object.keys(v);
  if (names.length > MAX_REASONS) bad(`${path}${key} has ${names.length} reasons, over ${MAX_REASONS}`);
  return Object.fromEntries(names.map((name) => [name, count(v, name, `${path}${key}.`)]));
}
function starts(o: Json, key: string): StartAccount {
  const v = o[key];
  if (!isObject(v)) return bad(`${key} must be an object`);
  const path = `${key}.`;
  return {
    started: count(v, 'started', path),
    emitted: count(v, 'emitted', path),
    filtered: reasons(v, 'filtered', path),
    lost: reasons(v, 'lost', path),
    in_flight: count(v, 'in_flight', path),
  };
}

function sampling(o: Json): BatchSampling | undefined {
  const v = o['sampling'];
  if (v === undefined) return undefined;
  if (!isObject(v)) return bad('sampling must be an object');
  const reason = v['reason'];
  return {
    reason: reason === 'policy' || reason === 'governor' ? reason : bad('sampling.reason must be policy or governor'),
    one_in: Math.max(1, count(v, 'one_in', 'sampling.')),
    exchanges: count(v, 'exchanges', 'sampling.'),
    kept: count(v, 'kept', 'sampling.'),
  };
}

function numbered(o: Json): Pick<BatchAccount, 'exchanges_before' | 'exchanges_after'> {
  if (o['exchanges_before'] === undefined && o['exchanges_after'] === undefined) return {};
  const before = count(o, 'exchanges_before', '');
  const after = count(o, 'exchanges_after', '');
  return after >= before ? { exchanges_before: before, exchanges_after: after } : bad('exchanges_after must be at least exchanges_before');
}

/**
 * Reads the account of a batch; unknown keys are left out. Checked by hand: it is read for every record.
 * @throws EventCodecError `bad_account`, naming the field
 */
export function parseAccount(text: string): BatchAccount {
  let o: unknown;
  try {
    o = JSON.parse(text);
  } catch {
    return bad('not JSON');
  }
  if (!isObject(o)) return bad('not an object');
  const coverage = o['coverage'];
  const source = o['source'];
  const sampled = sampling(o);
  return {
    watermark_unix_ms: count(o, 'watermark_unix_ms', ''),
    since_unix_ms: count(o, 'since_unix_ms', ''),
    until_unix_ms: count(o, 'until_unix_ms', ''),
    request: starts(o, 'request'),
    response: starts(o, 'response'),
    exchanges: count(o, 'exchanges', ''),
    ...numbered(o),
    ...(sampled ? { sampling: sampled } : {}),
    unread: reasons(o, 'unread', ''),
    coverage: typeof coverage === 'number' && coverage >= 0 && coverage <= 1 ? coverage : bad('coverage must be from 0 to 1'),
    source: typeof source === 'string' && source !== '' && source.length <= 64 ? source : bad('source must be a short text'),
  };
}
