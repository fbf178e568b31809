import { describe, expect, it } from 'vitest';
import type { BatchAccount, EventColumns } from '@headwater/header-event';
import { Numbers } from './numbers.ts';
import { BatchQueue } from './queue.ts';

/** A batch of `bytes` bytes of dictionary that says `n` requests started and were emitted. */
function batch(n: number, bytes: number, at: number): { columns: EventColumns; account: BatchAccount } {
  const side = { started: n, emitted: n, filtered: {}, lost: {}, in_flight: 0 };
  return {
    columns: { rows: n, dictionary: { offsets: new Int32Array(0), bytes: new Uint8Array(bytes) }, columns: {}, headers: {} },
    account: {
      watermark_unix_ms: at,
      since_unix_ms: at - 100,
      until_unix_ms: at,
      request: { ...side },
      response: { ...side },
      exchanges: n,
      unread: {},
      coverage: 1,
      source: 'live',
    },
  };
}

/** started = emitted + lost over every account that was handed out. */
function balance(accounts: readonly BatchAccount[]) {
  const sum = { started: 0, emitted: 0, lost: 0 };
  for (const a of accounts) {
    sum.started += a.request.started;
    sum.emitted += a.request.emitted;
    for (const n of Object.values(a.request.lost)) sum.lost += n;
  }
  return sum;
}

const queueOf = (maxBytes: number) => {
  const numbers = new Numbers();
  return new BatchQueue(maxBytes, (exchanges) => numbers.next('h', exchanges));
};

describe('BatchQueue', () => {
  it('gives batches in order, numbered from 1, and keeps the number of one that is taken again', () => {
    const queue = queueOf(1_000_000);
    queue.push(batch(1, 100, 1), 0);
    queue.push(batch(2, 100, 2), 0);
    expect(queue.head(1).map((b) => b.place?.seq)).toEqual([1]);
    expect(queue.head(1_000_000).map((b) => b.place?.seq)).toEqual([1, 2]);
    queue.delivered(queue.head(1));
    expect(queue.head(1).map((b) => b.place?.seq)).toEqual([2]);
  });

  it('drops the oldest over its bound and says so in the next account, exactly', () => {
    const queue = queueOf(12_000);
    for (let i = 1; i <= 5; i++) queue.push(batch(i * 10, 4_000, i * 1_000), 0);
    const kept = queue.head(Infinity);
    expect(kept.map((b) => b.account.exchanges)).toEqual([40, 50]);
    expect(kept.map((b) => b.place?.seq)).toEqual([1, 2]);
    expect(queue.lost.queue_full?.request).toBe(60);
    expect(balance(kept.map((b) => b.account))).toEqual({ started: 150, emitted: 90, lost: 60 });
    expect(kept.flatMap((b) => Object.keys(b.account.request.lost))).toEqual(['queue_full', 'queue_full']);
    expect(Math.min(...kept.map((b) => b.account.since_unix_ms))).toBe(900);
    expect(queue.bytes).toBeLessThanOrEqual(12_000);
  });

  it('never drops what may have arrived; then the newest goes', () => {
    const queue = queueOf(10_500);
    queue.push(batch(1, 4_000, 1), 0);
    queue.push(batch(2, 4_000, 2), 0);
    const taken = queue.head(Infinity);
    queue.push(batch(4, 4_000, 3), 0);
    expect(queue.head(Infinity)).toEqual(taken);
    queue.delivered(taken);
    queue.push(batch(8, 100, 4), 0);
    const accounts = [...taken, ...queue.head(Infinity)].map((b) => b.account);
    expect(balance(accounts)).toEqual({ started: 15, emitted: 11, lost: 4 });
  });

  it('counts what is refused for its size and what is left at the end', () => {
    const queue = queueOf(1_000_000);
    queue.push(batch(3, 10, 1), 0);
    queue.refuse(queue.head(1)[0]!);
    queue.push(batch(5, 10, 2), 0);
    expect(queue.head(100_000).map((b) => b.account.request)).toMatchObject([
      { started: 3, emitted: 0, lost: { too_large: 3 } },
      { started: 5, emitted: 5 },
    ]);
    expect(queue.abandon()).toBe(5);
    expect(queue.lost).toEqual({ too_large: { request: 3, response: 3 }, unsent: { request: 5, response: 5 } });
    expect([queue.length, queue.bytes]).toEqual([0, 0]);
  });

  it('takes a single batch that is over the bound', () => {
    const queue = queueOf(1_000);
    queue.push(batch(1, 5_000, 1), 0);
    expect(queue.length).toBe(1);
  });
});
