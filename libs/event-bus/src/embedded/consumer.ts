import { randomUUID } from 'node:crypto';
import { BusError } from '../port.ts';
import type { ConsumerHooks, Subscription, TopicPartition } from '../port.ts';
import type { BusLog } from '../settings.ts';
import { partitionKey } from './leases.ts';
import type { BusThread } from './thread.ts';

const BEAT_MS = 250;
/** Pause before a batch is given again to a handler that threw. */
const RETRY_MS = [100, 250, 500, 1000, 2000] as const;

const parse = (key: string): TopicPartition => {
  const slash = key.indexOf('/');
  return { topic: key.slice(slash + 1), partition: Number(key.slice(0, slash)) };
};

/** Reads one partition from an offset on, one batch at a time, until it is stopped. */
class PartitionReader {
  readonly done: Promise<void>;
  #stopped = false;
  #wake: () => void = () => undefined;
  #changed = true;
  /** asked for by Subscription.seek; wins over what a batch under way answers */
  #seekTo: number | undefined;

  constructor(thread: BusThread, at: TopicPartition, offset: number, hooks: ConsumerHooks, log: BusLog) {
    this.done = this.#run(thread, at, offset, hooks, log);
  }

  changed(): void {
    this.#changed = true;
    this.#wake();
  }

  seek(offset: number): void {
    this.#seekTo = offset;
    this.changed();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    return this.done;
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stopped) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.#wake = () => undefined;
  }

  async #run(thread: BusThread, { topic, partition }: TopicPartition, from: number, hooks: ConsumerHooks, log: BusLog): Promise<void> {
    let offset = from;
    let failures = 0;
    while (!this.#stopped) {
      try {
        this.#changed = false;
        offset = this.#seekTo ?? offset;
        this.#seekTo = undefined;
        const { records, next } = await thread.call('fetch', topic, partition, offset);
        if (this.#stopped) return;
        if (this.#seekTo !== undefined) continue;
        if (records.length === 0) {
          // The interval is a safety net for a missed signal only.
          if (!this.#changed) await this.#sleep(1000);
          continue;
        }
        const outcome = await hooks.batch({ topic, partition, records, highWatermark: next });
        offset = outcome.kind === 'seek' ? outcome.offset : records[records.length - 1]!.offset + 1;
        failures = 0;
      } catch (error) {
        if (error instanceof BusError && error.code === 'closed') return;
        const wait = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]!;
        log('warn', `batch of ${topic}/${partition} from ${offset} failed, again in ${wait} ms: ${String(error)}`);
        // A commit elsewhere must not shorten the pause.
        const until = Date.now() + wait;
        while (!this.#stopped && Date.now() < until) await this.#sleep(until - Date.now());
      }
    }
  }
}

/** @throws BusError `topic_missing` when a topic does not exist now */
export async function consumeEmbedded(thread: BusThread, group: string, topics: readonly string[], hooks: ConsumerHooks, log: BusLog): Promise<Subscription> {
  for (const topic of topics) await thread.call('ranges', topic);
  const member = randomUUID();
  const readers = new Map<string, PartitionReader>();
  let stopping = false;
  const unlisten = thread.onChange(() => readers.forEach((r) => r.changed()));

  const dropping = new Map<string, Promise<void>>();

  const drop = async (keys: readonly string[]): Promise<void> => {
    await Promise.all(keys.flatMap((k) => readers.get(k)?.stop() ?? []));
    for (const k of keys) readers.delete(k);
    if (keys.length > 0) await hooks.revoked(keys.map(parse));
  };

  /** Gives partitions back once their batch under way has ended; the member goes on beating meanwhile. */
  const giveUp = (keys: readonly string[]): void => {
    const work = drop(keys)
      .catch((error: unknown) => log('warn', `group ${group}: the revoked hook failed: ${String(error)}`))
      .then(() => thread.call('release', group, member, keys))
      .catch(() => undefined)
      .finally(() => keys.forEach((k) => dropping.delete(k)));
    for (const k of keys) dropping.set(k, work);
  };

  const turn = async (): Promise<void> => {
    const held = [...new Set([...readers.keys(), ...dropping.keys()])];
    const { drop: lost, take } = await thread.call('beat', { group, member, topics, held, now: Date.now() });
    const leaving = lost.filter((k) => !dropping.has(k));
    if (leaving.length > 0) giveUp(leaving);
    if (take.length === 0 || stopping) return;
    const given = take.map(parse);
    const starts = new Map((await hooks.assigned(given)).map((s) => [partitionKey(s.topic, s.partition), s.offset]));
    for (const at of given) {
      const key = partitionKey(at.topic, at.partition);
      readers.set(key, new PartitionReader(thread, at, starts.get(key) ?? 0, hooks, log));
    }
  };

  let sleeping: { timer: NodeJS.Timeout; wake: () => void } | undefined;
  const loop = (async () => {
    while (!stopping) {
      try {
        await turn();
      } catch (error) {
        if (error instanceof BusError && error.code === 'closed') return;
        log('warn', `group ${group}: ${String(error)}`);
      }
      if (stopping) return;
      await new Promise<void>((wake) => (sleeping = { wake, timer: setTimeout(wake, BEAT_MS) }));
    }
  })();

  let stopped: Promise<void> | undefined;
  return {
    seek: async ({ topic, partition, offset }) => readers.get(partitionKey(topic, partition))?.seek(offset),
    stop: () =>
      (stopped ??= (async () => {
        stopping = true;
        clearTimeout(sleeping?.timer);
        sleeping?.wake();
        await loop;
        unlisten();
        await Promise.all(dropping.values());
        await drop([...readers.keys()]);
        await thread.call('leave', group, member).catch(() => undefined);
      })()),
  };
}
