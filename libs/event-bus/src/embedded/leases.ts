/**
 * Which member of a group reads which partition. Members (of this or other processes) beat into a table; each
 * works out the same share from the live ones, gives back what is no longer its own and takes what nobody holds.
 * A member is dead when its beat is old or when its process is gone, so a killed reader is replaced at once.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import type { SqliteLog } from './log.ts';

/** A member that has not beaten for this long is dead: the session timeout of the Kafka adapter. */
export const SESSION_MS = 10_000;

/** Survives pid reuse; a process of another pid namespace cannot be looked up and counts as alive until its beat is old. */
export function processIdentity(pid: number): string | undefined {
  try {
    const started = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19];
    return `${readlinkSync('/proc/self/ns/pid')} ${pid} ${started}`;
  } catch {
    return undefined;
  }
}

function isAlive(identity: string, beatMs: number, now: number): boolean {
  if (now - beatMs > SESSION_MS) return false;
  const [namespace, pid] = identity.split(' ');
  if (namespace !== readlinkSync('/proc/self/ns/pid')) return true;
  return processIdentity(Number(pid)) === identity;
}

export interface LeaseRequest {
  group: string;
  member: string;
  topics: readonly string[];
  /** partitions the member reads now; those not answered must be given up */
  held: readonly string[];
  now: number;
}

export const partitionKey = (topic: string, partition: number): string => `${partition}/${topic}`;

const self = processIdentity(process.pid) ?? `unknown ${process.pid} 0`;

/**
 * One beat. Answers what the member may go on reading (`keep`), must give up (`drop`, then call `release`) and
 * has just been given (`take`: nobody else holds it).
 */
export function beat(log: SqliteLog, { group, member, topics, held, now }: LeaseRequest): { keep: string[]; drop: string[]; take: string[] } {
  return log.transaction(() => {
    log.sql('INSERT INTO member VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET beat_ms = excluded.beat_ms').run(group, member, self, now, JSON.stringify(topics));
    const members = log.sql('SELECT member, process, beat_ms AS beatMs, topics FROM member WHERE grp = ? ORDER BY member').all(group) as {
      member: string;
      process: string;
      beatMs: number;
      topics: string;
    }[];
    const live = members.filter((m) => {
      if (m.member === member || isAlive(m.process, m.beatMs, now)) return true;
      leave(log, group, m.member);
      return false;
    });
    const leases = new Map(
      (log.sql('SELECT topic, partition, member FROM lease WHERE grp = ?').all(group) as { topic: string; partition: number; member: string }[]).map((l) => [
        partitionKey(l.topic, l.partition),
        l.member,
      ]),
    );
    const share = new Set<string>();
    for (const topic of topics) {
      const readers = live.filter((m) => (JSON.parse(m.topics) as string[]).includes(topic));
      for (const { partition } of log.sql('SELECT partition FROM part WHERE topic = ? ORDER BY partition').all(topic) as { partition: number }[]) {
        if (readers[partition % readers.length]!.member === member) share.add(partitionKey(topic, partition));
      }
    }
    // A revoked hook that failed, or a member that restarted its loop, must not keep what nobody reads.
    for (const [p, owner] of leases) if (owner === member && !share.has(p) && !held.includes(p)) releaseOne(log, group, member, p);
    const keep = held.filter((p) => share.has(p) && leases.get(p) === member);
    const take = [...share].filter((p) => !held.includes(p) && (leases.get(p) ?? member) === member);
    for (const p of take) {
      const [partition, ...topic] = p.split('/');
      log.sql('INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?)').run(group, topic.join('/'), Number(partition), member);
    }
    return { keep, drop: held.filter((p) => !keep.includes(p)), take };
  });
}

export function release(log: SqliteLog, group: string, member: string, partitions: readonly string[]): void {
  log.transaction(() => {
    for (const p of partitions) releaseOne(log, group, member, p);
  });
}

function releaseOne(log: SqliteLog, group: string, member: string, key: string): void {
  const [partition, ...topic] = key.split('/');
  log.sql('DELETE FROM lease WHERE grp = ? AND topic = ? AND partition = ? AND member = ?').run(group, topic.join('/'), Number(partition), member);
}

/** Inside of a transaction. */
function leave(log: SqliteLog, group: string, member: string): void {
  log.sql('DELETE FROM lease WHERE grp = ? AND member = ?').run(group, member);
  log.sql('DELETE FROM member WHERE grp = ? AND member = ?').run(group, member);
}

export function leaveGroup(log: SqliteLog, group: string, member: string): void {
  log.transaction(() => leave(log, group, member));
}
