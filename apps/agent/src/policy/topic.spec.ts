import type { BusRecord, ConsumerHooks, EventBus } from '@headwater/event-bus';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followTopic } from './topic.ts';

const TOPIC = 't';
const record = (offset: number): BusRecord => ({ offset, timestampMs: 0, key: 'fleet', value: Buffer.from([offset]), headers: {} });

/** A bus that hands over what the test says, when it says so: logs with holes cannot be made with a real one. */
function scripted(next: number) {
  let hooks: ConsumerHooks | undefined;
  const state = { alive: true, earliest: 0, next };
  const bus = {
    ranges: () => (state.alive ? Promise.resolve([{ partition: 0, earliest: state.earliest, next: state.next }]) : Promise.reject(new Error('the bus does not answer'))),
    consume: async (_group: string, _topics: readonly string[], given: ConsumerHooks) => {
      hooks = given;
      await given.assigned([{ topic: TOPIC, partition: 0 }]);
      return { seek: () => Promise.resolve(), stop: () => Promise.resolve() };
    },
  } as unknown as EventBus;
  return { bus, state, give: (...offsets: number[]) => hooks!.batch({ topic: TOPIC, partition: 0, highWatermark: state.next, records: offsets.map(record) }), hooks: () => hooks! };
}

function reading() {
  const got: number[] = [];
  const reader = { onRecord: (r: BusRecord) => void got.push(r.offset), onEnd: () => void got.push(-1), onTrouble: () => undefined };
  return { got, reader };
}

const stop = { current: new AbortController() };
beforeEach(() => {
  vi.useFakeTimers();
  stop.current = new AbortController();
});
afterEach(() => {
  stop.current.abort();
  vi.useRealTimers();
});

it('ends once, with the record before the end as it was', async () => {
  const { bus, give } = scripted(3);
  const { got, reader } = reading();
  void followTopic(bus, TOPIC, reader, stop.current.signal);
  await vi.advanceTimersByTimeAsync(0);
  await give(0, 1);
  expect(got).toEqual([0, 1]);
  await give(2);
  await give(3);
  expect(got).toEqual([0, 1, 2, -1, 3]);
});

it('an empty log ends at once', async () => {
  const { got, reader } = reading();
  void followTopic(scripted(0).bus, TOPIC, reader, stop.current.signal);
  await vi.advanceTimersByTimeAsync(0);
  expect(got).toEqual([-1]);
});

it('a log without its last record ends by silence, but never while the bus is away', async () => {
  const { bus, state, give } = scripted(9);
  const { got, reader } = reading();
  void followTopic(bus, TOPIC, reader, stop.current.signal);
  await vi.advanceTimersByTimeAsync(0);
  await give(4);
  state.alive = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(got).toEqual([4]);
  state.alive = true;
  await vi.advanceTimersByTimeAsync(11_000);
  expect(got).toEqual([4, -1]);
});

it('goes on where it was after a rebalance, and from the beginning of a log that was made anew', async () => {
  const { bus, state, give, hooks } = scripted(5);
  const { reader } = reading();
  void followTopic(bus, TOPIC, reader, stop.current.signal);
  await vi.advanceTimersByTimeAsync(0);
  await give(0, 1, 2, 3, 4);
  expect(await hooks().assigned([{ topic: TOPIC, partition: 0 }])).toEqual([{ topic: TOPIC, partition: 0, offset: 5 }]);
  state.next = 2;
  expect(await hooks().assigned([{ topic: TOPIC, partition: 0 }])).toEqual([{ topic: TOPIC, partition: 0, offset: 0 }]);
});
