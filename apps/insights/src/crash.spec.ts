import { afterAll, beforeAll, expect, it } from 'vitest';
import { BudgetConfig, GatewayConfig } from '@headwater/config';
import { ruleFindings } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import { ScriptedGateway, Told } from './submit/testing/place.ts';
import type { Submitter } from './submit/port.ts';
import { createSubmitter } from './submit/submitter.ts';
import { Mortal } from './work/testing/mortal.ts';
import { MINUTE, Scene, type Process } from './work/testing/scene.ts';

/** A life of one scene is fewer writes than this; the last crashes come after the end. */
const CALLS = 40;
const ANSWER = {
  ...{ title: 'shop fails', severity: 'page', what_changed: 'more errors', likely_cause: 'unknown', check_next: ['look'], confidence: 'low' },
  evidence: ['svc_1'],
};

let scene: Scene;
beforeAll(async () => {
  scene = await new Scene().open();
});
afterAll(() => scene.close());

const gateway = new ScriptedGateway({ text: JSON.stringify({ findings: [ANSWER] }) });

/** The real one; leases of its own are short, since their time is the store's. */
function submitter(state: StateStore): Submitter {
  const config = {
    gateway: Object.assign(new GatewayConfig(), { url: 'http://127.0.0.1:9', model: 'm' }),
    budget: Object.assign(new BudgetConfig(), { daily_tokens: 1e9 }),
    keep_ms: 86_400_000,
  };
  return createSubmitter({ gateway, state, config, events: new Told(), now: () => scene.now, leaseMs: 40 });
}

const moments = Array.from({ length: CALLS }, (_, i) => i + 1).flatMap((at) => [
  { at, after: false },
  { at, after: true },
]);

it('a crash before or after any write: each trigger ends as one insight, published, and nothing is asked twice but what a crash cut short', async () => {
  let crashes = 0;
  for (const [i, moment] of moments.entries()) {
    scene.now += 30 * MINUTE;
    const opened = scene.now - (scene.now % MINUTE) - MINUTE;
    const service = `shop-${i}`;
    const [a, b] = [scene.alert({ service }, 2 * i, opened), scene.alert({ service, method: 'GET', route: '/' }, 2 * i + 1, opened)];
    const alerts = [await scene.raise(a), await scene.raise(b)];
    const requests = [await scene.ask(scene.request({ service }, opened - 20 * MINUTE))];

    const mortal = new Mortal(moment.at, moment.after);
    const doors = { bus: mortal.of(scene.bus, ['publish']), state: mortal.of(scene.state, ['set', 'compareAndSet', 'add', 'delete']), rules: ruleFindings };
    const asked = gateway.out.length;
    let diedAsking = false;
    const real = submitter(doors.state);
    const watched: Submitter = { submit: (submission, signal) => real.submit(submission, signal).finally(() => (diedAsking = mortal.dead)) };
    const model = (by: Submitter) => ({ submitter: by, gateway: 'scripted', name: 'm' });
    const live = async (process: Process) => {
      await scene.read(process, 'alerts', alerts);
      await scene.read(process, 'requests', requests);
      scene.now += 31_000;
      await scene.work(process);
    };
    await live(scene.process({ ...doors, model: model(watched) })).catch((error: unknown) => {
      if (!mortal.dead) throw error;
    });
    if (mortal.dead) {
      crashes++;
      scene.now += 60_000; // what the dead one leased is free
      await live(scene.process({ rules: ruleFindings, model: model(submitter(scene.state)) }));
    }

    const insights = (await scene.insights()).filter((one) => one.subject.service === service);
    expect(insights.map(({ trigger, state, model }) => `${trigger} ${state} ${model.state.replace('reused', 'done')}`).sort(), `moment ${i}`).toEqual([
      'alert done done',
      'request done done',
    ]);
    expect(insights.find((one) => one.trigger === 'alert')!.alerts.toSorted()).toEqual([a.id, b.id]);
    // Nobody knows what became of a question whose asker is gone: that one is asked again.
    const questions = gateway.out.slice(asked);
    expect(questions.length - new Set(questions).size, `moment ${i}`).toBeLessThanOrEqual(diedAsking ? 1 : 0);
    expect(new Set(questions).size).toBe(2);
    await scene.resolve(a);
    await scene.resolve(b);
  }
  expect(await scene.process().queue.list()).toEqual([]);
  const all = await scene.insights();
  expect(all.length).toBe(2 * moments.length);
  const last = new Map((await scene.published()).map(({ key, insight }) => [key, insight]));
  expect([...last.values()].map((one) => one.id).sort()).toEqual(all.map((one) => one.id).sort());
  for (const one of all) expect(last.get(one.id)).toEqual(one);
  expect(crashes).toBeGreaterThan(70);
}, 120_000);
