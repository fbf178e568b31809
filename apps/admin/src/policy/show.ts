import { POLICY_HEADERS, PolicyError, policyName, readPolicy, readPublicKey } from '@headwater/capture-policy';
import type { BusRecord } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { EXIT, withBus } from '../bus.ts';
import type { BusFlags, Terminal } from '../bus.ts';
import { table } from '../table.ts';
import { hostStates, hostTable, printable } from './hosts.ts';
import { readTopic } from './read-topic.ts';
import { verifiedBy } from './verified.ts';

export interface ShowFlags extends BusFlags {
  publicKey: string[];
  all?: boolean;
  json?: boolean;
  hosts?: boolean;
}

interface Shown {
  key: string;
  offset: number;
  at: string;
  policy: string;
  signed_by: string;
  /** null: no key was given */
  verified: boolean | null;
  detail: string;
  document: unknown;
}

function nameOf(value: Uint8Array): { policy: string; document: unknown } {
  try {
    const document = readPolicy(value, 'record');
    return { policy: policyName(document), document };
  } catch {
    return { policy: value.byteLength === 0 ? 'deleted' : 'unreadable', document: null };
  }
}

/** `headwater-admin policy show`: what the topic holds, and whether its signatures hold. Exit code 3 when one does not. */
export async function show(flags: ShowFlags, env: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  try {
    const keys = flags.publicKey.map((f) => readPublicKey(f, '--public-key'));
    return await withBus(flags, env, terminal, async (bus, config) => {
      if (flags.hosts) {
        const states = await hostStates(bus, topicName(config.topic_prefix, 'agentStatus'));
        terminal.out(flags.json ? `${JSON.stringify({ schema: 1, hosts: states }, null, 2)}\n` : hostTable(states, Date.now()));
        return EXIT.ok;
      }
      const records = await readTopic(bus, topicName(config.topic_prefix, 'capturePolicy'));
      const last = new Map(records.map((r) => [r.key, r.offset]));
      const rows = records.filter((r) => flags.all || last.get(r.key) === r.offset).map((r) => shown(r, keys));
      if (flags.json) terminal.out(`${JSON.stringify({ schema: 1, records: rows }, null, 2)}\n`);
      else if (rows.length === 0) terminal.out('the topic holds no policy\n');
      else
        terminal.out(
          table(
            ['FOR', 'POLICY', 'SIGNED BY', 'SIGNATURE', 'PUBLISHED', 'OFFSET'],
            rows.map((r) => [
              r.key,
              r.policy,
              r.signed_by || '-',
              r.verified === null ? 'not checked (--public-key)' : r.verified ? 'verified' : `NOT VERIFIED: ${r.detail}`,
              r.at,
              String(r.offset),
            ]),
          ),
        );
      return rows.some((r) => r.verified === false) ? EXIT.differs : EXIT.ok;
    });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    terminal.err(`${error.message}\n`);
    return EXIT.failed;
  }
}

function shown({ key, value, headers, offset, timestampMs }: BusRecord, keys: Parameters<typeof verifiedBy>[1]): Shown {
  const result = keys.length === 0 ? null : verifiedBy({ key: key ?? '', value, headers }, keys);
  const bad = result instanceof PolicyError;
  return {
    key: printable(key ?? ''),
    offset,
    at: new Date(timestampMs).toISOString(),
    ...nameOf(value),
    signed_by: printable(headers[POLICY_HEADERS.key] ?? ''),
    verified: result === null ? null : !bad,
    detail: bad ? printable(result.message) : '',
  };
}
