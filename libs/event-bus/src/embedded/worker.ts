/** The thread that owns the SQLite file: answers requests in order, and tells of commits by other processes. */
import { parentPort, workerData } from 'node:worker_threads';
import { BusError } from '../port.ts';
import { SqliteLog, busErrorOf } from './log.ts';
import { beat, leaveGroup, release } from './leases.ts';
import type { WorkerCalls, WorkerReply, WorkerRequest } from './protocol.ts';

const POLL_MS = 50;
const RETENTION_MS = 5_000;

const port = parentPort!;
const { path, retentionMs, retentionBytes } = workerData as { path: string; retentionMs: number; retentionBytes: number };

function failure(id: number, error: unknown): WorkerReply {
  const mapped = busErrorOf(error);
  const message = mapped instanceof Error ? mapped.message : String(mapped);
  return { id, error: mapped instanceof BusError ? { code: mapped.code, message } : { message } };
}

function serve(log: SqliteLog): void {
  let poll: NodeJS.Timeout | undefined;
  /** Commits of others matter to consumers only, and each of them beats before it reads; who only publishes pays nothing. */
  const watch = (): void => {
    if (poll) return;
    let version = log.dataVersion();
    poll = setInterval(() => {
      try {
        const now = log.dataVersion();
        if (now !== version) port.postMessage({ changed: true } satisfies WorkerReply);
        version = now;
      } catch {
        // The next call reports what is wrong with the file.
      }
    }, POLL_MS);
  };
  const calls: WorkerCalls = {
    incarnation: (topic) => log.incarnation(topic),
    publish: (topic, records, partitions) => {
      const placed = log.publish(topic, records, partitions, Date.now());
      if (poll) port.postMessage({ changed: true } satisfies WorkerReply);
      return placed;
    },
    ranges: (topic) => log.ranges(topic),
    fetch: (topic, partition, offset) => log.fetch(topic, partition, offset),
    applyTopics: (topics, dryRun) => log.applyTopics(topics, dryRun),
    beat: (request) => {
      watch();
      return beat(log, request);
    },
    release: (group, member, partitions) => release(log, group, member, partitions),
    leave: (group, member) => leaveGroup(log, group, member),
    enforceRetention: () => log.enforceRetention(Date.now()),
    close: () => {
      clearInterval(poll);
      clearInterval(retention);
      log.close();
    },
  };
  port.on('message', ({ id, call, args }: WorkerRequest) => {
    try {
      const result = (calls[call] as (...a: unknown[]) => unknown)(...args);
      port.postMessage({ id, result } satisfies WorkerReply);
      if (call === 'close') port.close();
    } catch (error) {
      port.postMessage(failure(id, error));
    }
  });
  const retention = setInterval(() => {
    try {
      log.enforceRetention(Date.now());
    } catch {
      // Busy or full: tried again at the next turn; publish reports it.
    }
  }, RETENTION_MS);
}

try {
  const log = new SqliteLog(path, { ms: retentionMs, bytes: retentionBytes });
  serve(log);
  port.postMessage({ id: 0, result: undefined } satisfies WorkerReply);
} catch (error) {
  port.postMessage(failure(0, error));
  port.close();
}
