import { BusError, type EventBus } from '@headwater/event-bus';
import { StateStoreError, type StateStore } from '@headwater/state-store';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { MINUTE, Scene, T0, until } from './testing/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await new Scene().open();
});
beforeEach(() => scene.begin());
afterAll(() => scene.close());

const at = (topic: string) => ({ topic, partition: 0 });

it('of two that believe to have a partition one moves on; the other is told where it is', async () => {
  const [a, b] = [scene.process(), scene.process()];
  const topic = scene.topics.requests;
  const records = [await scene.ask(scene.request({}, T0)), await scene.ask(scene.request({}, T0 - 20 * MINUTE))];
  await a.requests.assigned([at(topic)]);
  await b.requests.assigned([at(topic)]);
  await b.requests.batch({ ...at(topic), records: [records[0]!], highWatermark: 2 });
  expect(await a.requests.batch({ ...at(topic), records, highWatermark: 2 })).toEqual({ kind: 'seek', offset: 1 });
  expect(a.counts.get('overtaken requests')).toBe(1);
  expect(await a.requests.batch({ ...at(topic), records: [records[1]!], highWatermark: 2 })).toEqual({ kind: 'next' });
  expect((await a.queue.list()).length).toBe(2);
  await a.requests.revoked([at(topic)]);
  await expect(a.requests.batch({ ...at(topic), records, highWatermark: 2 })).rejects.toThrow('not ours');
});

it('a store or a bus that is away is waited for, in a claim and in a batch; its end is not held up by them', async () => {
  let away = true;
  const state: StateStore = new Proxy(scene.state, {
    get: (t, n) => (away ? () => Promise.reject(new StateStoreError('unreachable', { detail: 'cut' })) : (Reflect.get(t, n) as () => unknown).bind(t)),
  });
  let incarnations = 0;
  const bus: EventBus = new Proxy(scene.bus, {
    get: (t, n) =>
      n === 'incarnation' && incarnations++ === 0 ? () => Promise.reject(new BusError('unreachable', { detail: 'cut' })) : (Reflect.get(t, n) as () => unknown).bind(t),
  });
  const process = scene.process({ bus, state });
  const topic = scene.topics.requests;
  const records = [await scene.ask(scene.request({}, T0))];
  const claimed = process.requests.assigned([at(topic)]);
  await until(() => process.counts.get('waiting requests place') >= 2);
  expect(process.requests.claiming).toBe(1);
  away = false;
  expect(await claimed).toEqual([{ ...at(topic), offset: 0 }]);
  expect(process.requests.claiming).toBe(0);
  away = true;
  const batch = process.requests.batch({ ...at(topic), records, highWatermark: 1 });
  await until(() => process.counts.get('waiting requests') >= 1);
  away = false;
  expect(await batch).toEqual({ kind: 'next' });
  expect((await process.queue.list()).length).toBe(1);
  away = true;
  const stuck = process.requests.batch({ ...at(topic), records: [{ ...records[0]!, offset: 1 }], highWatermark: 2 });
  await until(() => process.counts.get('waiting requests') >= 2);
  const claiming = process.alerts.assigned([at(scene.topics.alerts)]);
  await until(() => process.counts.get('waiting alerts place') >= 1);
  for (const follower of [process.requests, process.alerts]) follower.stopWaiting();
  expect((await Promise.allSettled([stuck, claiming])).map((p) => p.status)).toEqual(['rejected', 'rejected']);
});

it('a log that was created again is read from its beginning', async () => {
  const topic = scene.topics.requests;
  await scene.read(scene.process(), 'requests', [await scene.ask(scene.request({}, T0))]);
  const other: EventBus = new Proxy(scene.bus, {
    get: (t, n) => (n === 'incarnation' ? () => Promise.resolve('another') : (Reflect.get(t, n) as () => unknown).bind(t)),
  });
  expect(await scene.process({ bus: other }).requests.assigned([at(topic)])).toEqual([{ ...at(topic), offset: 0 }]);
});

it('what is missing in a compacted topic is passed over and is no loss; in another topic it is counted', async () => {
  const process = scene.process();
  const hole = async (intake: 'alerts' | 'requests', topic: string, make: (i: number) => Promise<{ offset: number }>) => {
    const records = [];
    for (let i = 0; i < 4; i++) records.push(await make(i));
    await process[intake].assigned([at(topic)]);
    let outcome;
    let tries = 0;
    do {
      outcome = await process[intake].batch({ ...at(topic), records: [records[3]] as never, highWatermark: 4 });
      tries++;
    } while (outcome.kind === 'seek');
    return tries;
  };
  expect(await hole('alerts', scene.topics.alerts, (i) => scene.raise(scene.alert({ service: 'shop' }, i, scene.now)))).toBe(3);
  expect(await hole('requests', scene.topics.requests, (i) => scene.ask(scene.request({}, T0 - i * 20 * MINUTE)))).toBe(11);
  expect([process.counts.get('lost alerts'), process.counts.get('lost requests')]).toEqual([0, 1]);
  expect((await process.queue.list()).length).toBe(2);
});
