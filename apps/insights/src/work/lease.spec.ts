import { StateStoreError, type StateStore } from '@headwater/state-store';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { newJob, type Held } from './job.ts';
import { LEASE_MS, Lease } from './lease.ts';
import { Queue } from './queue.ts';
import { Counts, MINUTE, Scene, T0, until } from './testing/scene.ts';

let scene: Scene;
let away: boolean;
let queue: Queue;
let held: Held;
beforeAll(async () => {
  scene = await new Scene().open();
});
beforeEach(async () => {
  await scene.begin();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  away = false;
  const state: StateStore = new Proxy(scene.state, {
    get: (target, name) => (away ? () => Promise.reject(new StateStoreError('unreachable', { detail: 'cut' })) : (Reflect.get(target, name) as () => unknown).bind(target)),
  });
  queue = new Queue(state, 10, new Counts().report, () => scene.now);
  await queue.add(newJob({ id: 'a'.repeat(32), trigger: 'alert', subject: { service: 'shop' }, window: { start: 'x', end: 'y' }, alerts: ['1'] }, T0));
  held = (await queue.take((await queue.list())[0]!, 'me', LEASE_MS))!;
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => scene.close());

const stored = async () => (await queue.get('a'.repeat(32)))!.job;
/** Lets time pass in steps in which a renewal can be made. */
async function pass(ms: number, lease: Lease): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    scene.now += Math.min(10_000, left);
    vi.advanceTimersByTime(10_000);
    await lease.write(() => null).catch(() => undefined); // behind the renewal
  }
}

it('is renewed while it is held, and not after', async () => {
  const lease = new Lease(queue, held, 'me', () => scene.now);
  await pass(5 * MINUTE, lease);
  expect((await stored()).lease!.until_ms).toBe(scene.now + LEASE_MS);
  expect(lease.lost.aborted).toBe(false);
  lease.end();
  await pass(MINUTE, lease);
  expect((await stored()).lease!.until_ms).toBeLessThan(scene.now);
});

it('takes in what others add to the job', async () => {
  const lease = new Lease(queue, held, 'me', () => scene.now);
  await queue.add({ ...held.job, alerts: ['2'] });
  expect(await lease.write((job) => ({ ...job, made: job.alerts.length === 2 }))).toBe(true);
  expect(await stored()).toMatchObject({ alerts: ['1', '2'], made: true });
  lease.end();
});

it('outlives a store that is away for less than itself, and is given up with one that is away for longer', async () => {
  const lease = new Lease(queue, held, 'me', () => scene.now);
  away = true;
  await pass(20_000, lease);
  expect(lease.lost.aborted).toBe(false);
  away = false;
  await pass(10_000, lease);
  expect((await stored()).lease!.until_ms).toBe(scene.now + LEASE_MS);
  away = true;
  await pass(30_000, lease);
  await until(() => lease.lost.aborted);
  lease.end();
});

it('is lost to who took it over, and writes nothing from then on', async () => {
  const lease = new Lease(queue, held, 'me', () => scene.now);
  scene.now += LEASE_MS + 1;
  await queue.take((await queue.list())[0]!, 'other', LEASE_MS);
  expect(await lease.write((job) => ({ ...job, made: true }))).toBe(false);
  expect(lease.lost.aborted).toBe(true);
  expect(await stored()).toMatchObject({ made: false, lease: { by: 'other' } });
  lease.end();
});
