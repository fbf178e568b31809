import { ALERT_KEYS } from '@headwater/alert-rules';
import { BusError, type EventBus } from '@headwater/event-bus';
import { INSIGHT_KEYS, type Insight } from '@headwater/insight-rules';
import { StateStoreError } from '@headwater/state-store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LEASE_MS } from './lease.ts';
import { Mortal } from './testing/mortal.ts';
import { MINUTE, Scene, T0, until } from './testing/scene.ts';

const HOUR = 60 * MINUTE;
const shop = { service: 'shop' };

let scene: Scene;
beforeAll(async () => {
  scene = await new Scene().open();
});
beforeEach(() => scene.begin());
afterAll(() => scene.close());

const ofId = async (id: string): Promise<Insight> => JSON.parse((await scene.state.get(INSIGHT_KEYS.insight(id)))!.value) as Insight;
const states = async () => (await scene.insights()).map((i) => `${i.trigger} ${i.state} ${i.model.state}`).sort();

describe('alerts', () => {
  it('of one subject that open together are one insight, over the bus and back', async () => {
    const process = scene.process();
    const [errors, route, other] = [
      scene.alert(shop, 1, scene.now),
      scene.alert({ ...shop, method: 'GET', route: '/' }, 2, scene.now),
      scene.alert({ host: 'web-1' }, 3, scene.now),
    ];
    for (const alert of [errors, route, other]) await scene.raise(alert);
    await scene.follow(process);
    await until(() => process.counts.get('triggered alert queued') + process.counts.get('triggered alert coalesced') === 3);
    await scene.work(process);
    expect(await states()).toEqual(['alert queued pending', 'alert queued pending']); // coalesce_ms is not over
    scene.now += 30_000;
    await scene.work(process);
    expect(await states()).toEqual(['alert done done', 'alert done done']);
    const [ours] = (await scene.insights()).filter((i) => i.subject.service === 'shop');
    expect(ours).toMatchObject({ alerts: [errors.id, route.id], window: { start: '2026-09-21T15:05:00Z', end: '2026-09-21T15:20:00Z' }, requested_by: null });
    expect(ours!.findings.map((f) => f.source)).toEqual(['model', 'rules']);
    const published = await scene.published();
    expect(published.map((p) => p.key).sort()).toEqual((await scene.insights()).map((i) => i.id).sort());
    expect(published.find((p) => p.key === ours!.id)).toEqual({ key: ours!.id, revision: String(ours!.revision), insight: ours });
    await scene.resolve(errors);
    await until(() => process.counts.get('passed alerts resolved') === 1);
    expect(await process.queue.list()).toEqual([]);
  });

  it('that come again, or are joined while their insight is made, are in one insight that is made until it looks at them all', async () => {
    const process = scene.process();
    const [first, second] = [scene.alert(shop, 1, scene.now), scene.alert({ ...shop, method: 'GET', route: '/' }, 2, scene.now + 20_000)];
    const records = [await scene.raise(first)];
    await scene.read(process, 'alerts', records);
    scene.now += 30_000;
    scene.onAsk = async () => {
      scene.onAsk = () => undefined;
      records.push(await scene.raise(second)); // its window is the same: the minute of the first
      await scene.read(scene.process(), 'alerts', records);
    };
    await scene.work(process);
    expect(await states()).toEqual(['alert done done']);
    expect((await scene.insights())[0]!.alerts).toEqual([first.id, second.id]);
    expect(scene.asked.length).toBe(2);
    const again = scene.process();
    for (const alert of [first, second]) await scene.read(again, 'alerts', [await scene.raise(alert)]);
    expect(again.counts.get('passed alerts repeated')).toBe(2);
    expect(await again.queue.list()).toEqual([]);
  });

  it('that joined an insight are in no other one, also when who let them join died before it could say so', async () => {
    const [first, later] = [scene.alert(shop, 1, scene.now), scene.alert({ ...shop, method: 'GET', route: '/' }, 2, scene.now + MINUTE)];
    const records = [await scene.raise(first)];
    await scene.read(scene.process(), 'alerts', records);
    records.push(await scene.raise(later));
    const mortal = new Mortal(3, false); // place, job, and not the subject any more
    await expect(scene.read(scene.process({ state: mortal.of(scene.state, ['compareAndSet']) }), 'alerts', records)).rejects.toThrow('gone');
    scene.now += 30_000;
    const next = scene.process();
    await scene.work(next);
    await scene.read(next, 'alerts', records);
    expect(next.counts.get('passed alerts repeated')).toBe(1);
    expect((await scene.insights()).map((i) => i.alerts)).toEqual([[first.id, later.id]]);
    expect(await next.queue.list()).toEqual([]);
  });

  it('that stay open are looked at again after min_interval_ms, shown where the figures changed, and left when they ended', async () => {
    const process = scene.process();
    const alert = scene.alert(shop, 1, scene.now);
    scene.figures.set('shop', 3);
    await scene.read(process, 'alerts', [await scene.raise(alert)]);
    scene.now += 30_000;
    await scene.work(process);
    const look = async (ms: number) => {
      scene.now += ms;
      await Promise.all([process.clockwork.tick(), process.clockwork.tick()]);
      await scene.work(process);
    };
    await look(9 * MINUTE);
    expect(scene.questions.length).toBe(1);
    scene.figures.set('shop', 3.4);
    await look(2 * MINUTE);
    expect([scene.questions.length, process.counts.get('unneeded unchanged')]).toEqual([2, 1]);
    expect(await states()).toEqual(['alert done done']);
    scene.figures.set('shop', 9);
    await look(11 * MINUTE);
    expect(await states()).toEqual(['alert done done', 'alert done done']);
    const [before, after] = (await scene.insights()).toSorted((a, b) => (a.window.end < b.window.end ? -1 : 1));
    expect(Date.parse(after!.window.end)).toBeGreaterThan(Date.parse(before!.window.end));
    expect(after!.alerts).toEqual([alert.id]);
    await scene.resolve(alert);
    await look(11 * MINUTE);
    expect(process.counts.get('unneeded resolved')).toBe(1);
    await look(11 * MINUTE);
    expect(scene.questions.length).toBe(3);
    expect(await process.queue.list()).toEqual([]);
  });
});

describe('requests', () => {
  it('that are repeated are one insight; one that failed and is asked for anew is made', async () => {
    const process = scene.process();
    const request = scene.request(shop, T0);
    const first = await scene.ask(request);
    await scene.read(process, 'requests', [first, await scene.ask(request)]);
    await scene.work(process);
    await scene.read(process, 'requests', [await scene.ask(request)]);
    await scene.work(process);
    expect(await states()).toEqual(['request done done']);
    expect([scene.questions.length, (await scene.published()).length]).toEqual([1, 1]);
    expect(await ofId(request.id)).toMatchObject({ requested_by: 'reporter', revision: 4, window: request.window });
    await scene.state.set(INSIGHT_KEYS.insight(request.id), JSON.stringify({ ...(await ofId(request.id)), state: 'queued', revision: 5 }));
    await scene.read(process, 'requests', [await scene.ask(request)]);
    await scene.work(process);
    expect(await ofId(request.id)).toMatchObject({ state: 'done', revision: 8 });
  });

  it('that are not to be read, or not ours, are passed over by reason, and the next one is made', async () => {
    const process = scene.process();
    const good = scene.request({}, T0, 60);
    const odd = (value: string | object, key: string | null = good.id) =>
      scene.publish(scene.topics.requests, { key, value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), headers: {} });
    const records = [
      await odd('{'),
      await odd('null'),
      await odd({ ...good, schema: 2 }),
      await odd({ ...good, note: 'x'.repeat(70_000) }),
      await odd(good, 'other'),
      await odd({ ...good, subject: shop }),
      await odd({ ...good, subject: { shop: 1 } }),
      await odd({ ...good, window: { start: good.window.end, end: good.window.start } }),
      await odd({ ...good, requested_by: 7 }),
      await scene.ask(good),
    ];
    await scene.read(process, 'requests', records);
    expect(Object.fromEntries([...process.counts.of].filter(([k]) => k.startsWith('passed')).map(([k, n]) => [k.split(' ')[2], n]))).toEqual({
      malformed: 7,
      foreign: 1,
      too_large: 1,
    });
    await scene.work(process);
    expect(await states()).toEqual(['request done done']);
  });

  it('from before the first start fail with a sentence; alerts from then are left out; both only once', async () => {
    const process = scene.process();
    const request = scene.request(shop, T0);
    const old = { ...(await scene.ask(request)), timestampMs: scene.now - 11 * MINUTE };
    const alert = { ...(await scene.raise(scene.alert(shop, 1, scene.now))), timestampMs: scene.now - 11 * MINUTE };
    await scene.read(process, 'requests', [old]);
    await scene.read(process, 'alerts', [alert]);
    await scene.work(process);
    expect(await ofId(request.id)).toMatchObject({ state: 'failed', failure: expect.stringContaining('ask again') });
    expect([process.counts.get('passed requests old'), process.counts.get('passed alerts old')]).toEqual([1, 1]);
    const later = scene.process();
    const next = scene.request(shop, T0, 30);
    await scene.read(later, 'requests', [{ ...(await scene.ask(next)), timestampMs: scene.now - 8 * MINUTE }]);
    await scene.work(later);
    expect(await ofId(next.id)).toMatchObject({ state: 'done' });
  });
});

describe('the queue', () => {
  it('is bounded: what nobody asked for gives way, oldest first, with a sentence; a request without room fails with one', async () => {
    scene.config.triggers.queue_max = 2;
    const process = scene.process();
    const alerts = [];
    for (let i = 0; i < 3; i++) {
      scene.now += 1_000;
      alerts.push(await scene.raise(scene.alert({ service: `shop-${i}` }, i, scene.now)));
    }
    await scene.read(process, 'alerts', alerts);
    expect(process.counts.get('dropped alert queue_full')).toBe(1);
    const requests = [0, 1, 2].map((i) => scene.request(shop, T0 - i * HOUR));
    const records = [];
    for (const request of requests) records.push(await scene.ask(request));
    await scene.read(process, 'requests', records);
    expect(process.counts.get('dropped alert queue_full')).toBe(3);
    expect(process.counts.get('dropped request queue_full')).toBe(1);
    scene.now += MINUTE;
    await scene.work(process);
    expect(await states()).toEqual(['alert failed off', 'alert failed off', 'alert failed off', 'request done done', 'request done done', 'request failed off']);
    expect((await scene.insights()).find((i) => i.trigger === 'alert')!.failure).toContain('triggers.queue_max');
    expect(await ofId(requests[2]!.id)).toMatchObject({ failure: 'Not made: 2 insights wait already (triggers.queue_max); ask again later.' });
    expect(new Set((await scene.published()).map((p) => p.key)).size).toBe(6);
  });

  it('is shared: two processes make each insight once, and never the same at the same time', async () => {
    scene.config.triggers.concurrency = 4;
    const [a, b] = [scene.process(), scene.process()];
    const requests = Array.from({ length: 12 }, (_, i) => scene.request(shop, T0 - i * HOUR));
    const underWay = new Set<number>();
    scene.onRead = async ({ window: { startMs } }) => {
      expect(underWay.has(startMs)).toBe(false);
      underWay.add(startMs);
      await new Promise((ok) => setTimeout(ok, 5));
      underWay.delete(startMs);
    };
    const records = [];
    for (const request of requests) records.push(await scene.ask(request));
    await scene.read(a, 'requests', records);
    while ((await a.queue.list()).length > 0) {
      await Promise.all([a.worker.tick(), b.worker.tick()]);
      await Promise.all([a.worker.idle(), b.worker.idle()]);
    }
    expect(new Set(await states())).toEqual(new Set(['request done done']));
    expect(scene.asked.length).toBe(12);
    expect(Math.min(a.counts.get('ended request done'), b.counts.get('ended request done'))).toBeGreaterThan(0);
  });

  it('is taken over when a lease lapses; who was away writes nothing over what was made meanwhile', async () => {
    const request = scene.request(shop, T0);
    const [frozen, other] = [scene.process(), scene.process()];
    await scene.read(frozen, 'requests', [await scene.ask(request)]);
    const thaw = Promise.withResolvers<void>();
    const reading = Promise.withResolvers<void>();
    scene.onRead = async () => {
      scene.onRead = () => undefined;
      reading.resolve();
      await thaw.promise;
    };
    await frozen.worker.tick();
    await reading.promise;
    await scene.work(other);
    expect(await ofId(request.id)).toMatchObject({ state: 'running' }); // it is leased
    scene.now += LEASE_MS + 1;
    await scene.work(other);
    const made = await ofId(request.id);
    expect(made).toMatchObject({ state: 'done', model: { state: 'done' } });
    thaw.resolve();
    await frozen.worker.idle();
    expect(await ofId(request.id)).toEqual(made);
    expect([scene.asked.length, (await scene.published()).length]).toEqual([1, 1]);
  });

  it('gets back what is under way when a process ends; the next one goes on at once', async () => {
    const request = scene.request(shop, T0);
    const process = scene.process();
    await scene.read(process, 'requests', [await scene.ask(request)]);
    scene.onAsk = (_, signal) => new Promise((_ok, no) => signal.addEventListener('abort', () => no(signal.reason as Error)));
    await process.worker.tick();
    await until(async () => (await ofId(request.id)).state === 'done');
    await process.worker.end();
    expect(process.counts.get('givenBack stopping')).toBe(1);
    scene.onAsk = () => undefined;
    await scene.work(scene.process());
    expect(await states()).toEqual(['request done done']);
  });
});

describe('making', () => {
  it('shows the findings by rules while the model is asked', async () => {
    const request = scene.request(shop, T0);
    const process = scene.process();
    await scene.read(process, 'requests', [await scene.ask(request)]);
    let seen: Insight | null = null;
    scene.onAsk = async () => void (seen = await ofId(request.id));
    await scene.work(process);
    expect(seen).toMatchObject({ state: 'done', model: { state: 'pending', gateway: 'scripted' }, findings: [{ source: 'rules' }] });
    expect((await scene.published()).map((p) => p.insight.model.state)).toEqual(['done']);
  });

  it('shows the findings by rules of one while another has the model, and asks for both in turn', async () => {
    const process = scene.process();
    const [first, second] = [scene.request(shop, T0), scene.request(shop, T0 - HOUR)];
    await scene.read(process, 'requests', [await scene.ask(first), await scene.ask(second)]);
    const answer = Promise.withResolvers<void>();
    scene.onAsk = () => answer.promise;
    await process.worker.tick();
    await until(async () => (await ofId(first.id)).model.state === 'pending' && (await ofId(first.id)).state === 'done');
    await until(async () => {
      await process.worker.tick();
      return (await ofId(second.id)).findings.length > 0;
    });
    expect(await states()).toEqual(['request done pending', 'request done pending']);
    for (let i = 0; i < 5; i++) await process.worker.tick();
    expect(scene.questions.length).toBe(2); // what is ruled waits for the model alone
    answer.resolve();
    await process.worker.idle();
    await scene.work(process);
    expect(await states()).toEqual(['request done done', 'request done done']);
    expect(scene.asked.length).toBe(2);
  });

  it('is whole without a gateway', async () => {
    const process = scene.process({ model: null });
    await scene.read(process, 'requests', [await scene.ask(scene.request(shop, T0))]);
    await scene.work(process);
    expect((await scene.published())[0]!.insight).toMatchObject({ state: 'done', findings: [{ source: 'rules' }], model: { state: 'off', reason: 'no_gateway' } });
  });

  it('waits for a store and for a bus that are away, as long as they are', async () => {
    const bus = {
      down: true,
      of: (real: EventBus): EventBus =>
        new Proxy(real, { get: (t, n) => (n === 'publish' && bus.down ? () => Promise.reject(new BusError('unreachable', { detail: 'cut' })) : Reflect.get(t, n).bind(t)) }),
    };
    const process = scene.process({ bus: bus.of(scene.bus) });
    const request = scene.request(shop, T0);
    await scene.read(process, 'requests', [await scene.ask(request)]);
    let failures = 0;
    scene.onRead = () => {
      if (++failures <= 5) throw new StateStoreError('unreachable', { detail: 'cut' });
    };
    for (let i = 0; i < 6; i++) {
      await scene.work(process);
      scene.now += 3_000;
    }
    expect(await states()).toEqual(['request done done']);
    for (let i = 0; i < 3; i++) {
      await scene.work(process);
      scene.now += 3_000;
    }
    expect(await scene.published()).toEqual([]);
    bus.down = false;
    await scene.work(process);
    expect((await scene.published()).length).toBe(1);
    expect(scene.asked.length).toBe(1);
    expect(await process.queue.list()).toEqual([]);
  });

  it.each([
    ['the facts', 'onRead', { state: 'failed', failure: expect.stringMatching(/^Not made: it failed 3 times .*\(RangeError\)/), findings: [] }],
    ['the model', 'onAsk', { state: 'done', failure: null, findings: [{ source: 'rules' }], model: { state: 'failed', reason: 'internal' } }],
  ] as const)('ends after three errors of its own at %s, and says so', async (_, where, expected) => {
    const process = scene.process();
    const request = scene.request(shop, T0);
    await scene.read(process, 'requests', [await scene.ask(request)]);
    let times = 0;
    scene[where] = () => {
      times++;
      throw new RangeError('key sk-secret');
    };
    for (let i = 0; i < 5; i++) {
      await scene.work(process);
      scene.now += 20_000;
    }
    expect(times).toBe(3);
    const insight = await ofId(request.id);
    expect(insight).toMatchObject(expected);
    expect(JSON.stringify(insight)).not.toContain('sk-secret');
    expect([process.counts.get('dropped request poison'), (await scene.published()).length]).toEqual([1, 1]);
  });

  it('looks at the alerts of its subject that are open, and at those that asked, whatever became of them', async () => {
    const process = scene.process();
    const mine = scene.alert(shop, 1, scene.now);
    await scene.read(process, 'alerts', [await scene.raise(mine)]);
    await scene.raise(scene.alert({ service: 'payments' }, 2, scene.now));
    await scene.raise(scene.alert(shop, 3, scene.now - HOUR, { state: 'resolved' }));
    await scene.resolve(mine);
    await scene.state.set(ALERT_KEYS.alert('f'.repeat(32)), 'no alert');
    scene.now += MINUTE;
    await scene.work(process);
    expect(scene.questions.map((q) => q.alerts.map((a) => a.id))).toEqual([[mine.id]]);
  });
});

describe('the digest', () => {
  it('is made once an hour over all processes, not for the hour before the first start, and only the last one after a pause', async () => {
    scene.config.triggers.digest = true;
    const [a, b] = [scene.process(), scene.process()];
    const tick = () => Promise.all([a.clockwork.tick(), b.clockwork.tick()]);
    await tick();
    expect(await a.queue.list()).toEqual([]);
    scene.now = T0 + HOUR + 80_000;
    await tick();
    expect(await a.queue.list()).toEqual([]);
    scene.now = T0 + HOUR + 90_000;
    await tick();
    await tick();
    await scene.work(a);
    expect((await scene.insights()).map((i) => [i.trigger, i.subject, i.window.end])).toEqual([['digest', {}, '2026-09-21T16:00:00Z']]);
    scene.now = T0 + 6 * HOUR + 20 * MINUTE;
    await tick();
    await scene.work(b);
    expect((await scene.insights()).map((i) => i.window.end).sort()).toEqual(['2026-09-21T16:00:00Z', '2026-09-21T21:00:00Z']);
  });
});
