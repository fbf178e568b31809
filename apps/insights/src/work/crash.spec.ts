import { afterAll, beforeAll, expect, it } from 'vitest';
import { MINUTE, Scene, type Process } from './testing/scene.ts';
import { Mortal } from './testing/mortal.ts';

/** A life of one scene is fewer writes than this; the last crashes come after the end. */
const CALLS = 40;

let scene: Scene;
beforeAll(async () => {
  scene = await new Scene().open();
});
afterAll(() => scene.close());

const moments = Array.from({ length: CALLS }, (_, i) => i + 1).flatMap((at) => [
  { at, after: false },
  { at, after: true },
]);

it('a crash before or after any write: each trigger ends as one insight, published, and no input is asked about twice', async () => {
  let crashes = 0;
  for (const [i, moment] of moments.entries()) {
    scene.now += 30 * MINUTE;
    const opened = scene.now - (scene.now % MINUTE) - MINUTE;
    const service = `shop-${i}`;
    const [a, b] = [scene.alert({ service }, 2 * i, opened), scene.alert({ service, method: 'GET', route: '/' }, 2 * i + 1, opened)];
    const alerts = [await scene.raise(a), await scene.raise(b)];
    const requests = [await scene.ask(scene.request({ service }, opened - 20 * MINUTE))];

    const mortal = new Mortal(moment.at, moment.after);
    const doors = { bus: mortal.of(scene.bus, ['publish']), state: mortal.of(scene.state, ['set', 'compareAndSet', 'add', 'delete']) };
    const live = async (process: Process) => {
      await scene.read(process, 'alerts', alerts);
      await scene.read(process, 'requests', requests);
      scene.now += 31_000;
      await scene.work(process);
    };
    await live(scene.process(doors)).catch((error: unknown) => {
      if (!mortal.dead) throw error;
    });
    if (mortal.dead) {
      crashes++;
      scene.now += 60_000; // what the dead one leased is free
      await live(scene.process());
    }

    const insights = (await scene.insights()).filter((one) => one.subject.service === service);
    expect(insights.map(({ trigger, state, model }) => `${trigger} ${state} ${model.state.replace('reused', 'done')}`).sort(), `moment ${i}`).toEqual([
      'alert done done',
      'request done done',
    ]);
    expect(insights.find((one) => one.trigger === 'alert')!.alerts.toSorted()).toEqual([a.id, b.id]);
    await scene.resolve(a);
    await scene.resolve(b);
  }
  expect(await scene.process().queue.list()).toEqual([]);
  const all = await scene.insights();
  expect(all.length).toBe(2 * moments.length);
  const last = new Map((await scene.published()).map(({ key, insight }) => [key, insight]));
  expect([...last.values()].map((one) => one.id).sort()).toEqual(all.map((one) => one.id).sort());
  for (const one of all) expect(last.get(one.id)).toEqual(one);
  expect(new Set(scene.asked).size).toBe(scene.asked.length);
  expect(crashes).toBeGreaterThan(25);
}, 120_000);
