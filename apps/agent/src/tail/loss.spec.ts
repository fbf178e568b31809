import { expect, it } from 'vitest';
import type { BatchAccount } from '@headwater/header-event';
import { LossLines } from './loss.ts';

const account = (lost: Record<string, number>): BatchAccount => {
  const side = { started: 0, emitted: 0, filtered: {}, lost, in_flight: 0 };
  return { watermark_unix_ms: 0, since_unix_ms: 0, until_unix_ms: 0, request: side, response: side, exchanges: 0, unread: {}, coverage: 1, source: 'live' };
};

it('sums up what was lost, by reason, at most once a second', () => {
  const loss = new LossLines();
  loss.account(account({ ring_full: 5 }));
  expect(loss.take(1_000)).toEqual(['-- lost 5 requests: ring_full 5']);
  loss.account(account({ ring_full: 3 }));
  loss.account(account({ ring_full: 4, gap: 1 }));
  expect(loss.take(1_500)).toEqual([]);
  expect(loss.take(2_000)).toEqual(['-- lost 8 requests: ring_full 7, gap 1']);
  expect(loss.take(9_000)).toEqual([]);
  expect(loss.total.requests).toBe(13);
});

it('counts batches of an agent that did not come, and tells repeats', () => {
  const loss = new LossLines();
  expect([7, 8, 8, 11].map((seq) => loss.sequence('a', seq))).toEqual([true, true, false, true]);
  expect(loss.sequence('b', 1)).toBe(true);
  expect(loss.take(0)).toEqual(['-- 2 batches of an agent did not come over the bus']);
});

it('names rows that the output did not take, and says all at the end', () => {
  const loss = new LossLines();
  loss.drop(1);
  expect(loss.take(5)).toEqual(['-- dropped 1 row: the output does not take them fast enough, or is full']);
  loss.drop(2);
  expect(loss.take(6)).toEqual([]);
  expect(loss.take(6, true)).toHaveLength(1);
  expect(loss.total.rows).toBe(3);
});
