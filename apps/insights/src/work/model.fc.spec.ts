import type { Alert } from '@headwater/alert-rules';
import type { BusRecord } from '@headwater/event-bus';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LEASE_MS } from './lease.ts';
import { Mortal } from './testing/mortal.ts';
import { MINUTE, Scene, type Process } from './testing/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await new Scene().open();
});
afterAll(() => scene.close());

const two = fc.nat({ max: 1 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('alert' as const), service: two }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resolve' as const), service: two }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('request' as const), service: two, start: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), from: fc.nat({ max: 20 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('time' as const), s: fc.constantFrom(1, 20, 31, 70, 700, 3_700) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('work' as const), by: fc.constantFrom('a', 'b', 'both') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('figures' as const), service: two }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('death' as const), of: two, calls: fc.integer({ min: 1, max: 12 }), after: fc.boolean() }) },
);

it(
  'whatever comes in which order, and whoever dies when: every alert and request is answered, each by name once, published as it is, and the queue is empty',
  () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await scene.begin();
        scene.config.triggers.digest = true;
        const alerts: Alert[] = [];
        const requests = new Set<string>();
        const read: { intake: 'alerts' | 'requests'; record: BusRecord }[] = [];
        const processes = [scene.process(), scene.process()];
        const doomed: (Mortal | null)[] = [null, null];
        let figures = 1;

        /** As a group does: whoever lives has the partition; the place says what is not read. */
        const give = async (): Promise<void> => {
          for (const at of [0, 1, 0]) {
            try {
              for (const intake of ['alerts', 'requests'] as const)
                await scene.read(
                  processes[at]!,
                  intake,
                  read.filter((r) => r.intake === intake).map((r) => r.record),
                );
              return;
            } catch (error) {
              await follow(at, error);
            }
          }
        };
        /** Who died is followed by a new process; what it held stays leased. */
        const follow = async (at: number, error: unknown): Promise<void> => {
          if (!doomed[at]?.dead) throw error;
          await processes[at]!.worker.idle();
          doomed[at] = null;
          processes[at] = scene.process();
        };
        const turn = async (at: number): Promise<void> => {
          try {
            await processes[at]!.clockwork.tick();
            await processes[at]!.worker.tick();
            await processes[at]!.worker.idle();
            if (doomed[at]?.dead) await follow(at, null);
          } catch (error) {
            await follow(at, error);
          }
        };

        await give();
        for (const one of steps) {
          const service = `shop-${'service' in one ? one.service : 0}`;
          if (one.kind === 'alert') {
            const alert = scene.alert({ service }, alerts.length, scene.now);
            alerts.push(alert);
            read.push({ intake: 'alerts', record: await scene.raise(alert) });
          } else if (one.kind === 'resolve') {
            const open = alerts.find((a) => a.subject.service === service && a.state === 'open');
            if (open) {
              open.state = 'resolved';
              read.push({ intake: 'alerts', record: await scene.resolve(open) });
            }
          } else if (one.kind === 'request') {
            const request = scene.request({ service }, Math.floor(scene.now / MINUTE) * MINUTE - (30 + one.start) * MINUTE);
            requests.add(request.id);
            read.push({ intake: 'requests', record: await scene.ask(request) });
          } else if (one.kind === 'again') {
            const record = read[one.from];
            if (record) {
              const topic = scene.topics[record.intake];
              read.push({ intake: record.intake, record: await scene.publish(topic, record.record) });
            }
          } else if (one.kind === 'time') scene.now += one.s * 1_000;
          else if (one.kind === 'figures') scene.figures.set(service, ++figures);
          else if (one.kind === 'death') {
            const mortal = new Mortal(one.calls, one.after);
            doomed[one.of] = mortal;
            processes[one.of] = scene.process({ bus: mortal.of(scene.bus, ['publish']), state: mortal.of(scene.state, ['set', 'compareAndSet', 'delete']) });
          } else {
            await give();
            await Promise.all(one.by === 'both' ? [turn(0), turn(1)] : [turn(one.by === 'a' ? 0 : 1)]);
          }
        }
        await drain();

        const insights = await scene.insights();
        for (const { id } of alerts) expect(insights.filter((i) => i.trigger === 'alert' && i.alerts.includes(id)).length, `alert ${id}`).toBeGreaterThan(0);
        expect(
          insights
            .filter((i) => i.trigger === 'request')
            .map((i) => i.id)
            .sort(),
        ).toEqual([...requests].sort());
        expect(insights.filter((i) => i.state !== 'done' || i.model.state === 'pending')).toEqual([]);
        expect(new Set(insights.filter((i) => i.trigger === 'digest').map((i) => i.window.end)).size).toBe(insights.filter((i) => i.trigger === 'digest').length);
        const last = new Map((await scene.published()).map(({ key, insight }) => [key, insight]));
        expect([...last.keys()].sort()).toEqual(insights.map((i) => i.id).sort());
        for (const insight of insights) expect(last.get(insight.id)).toEqual(insight);

        /** Everyone lives, leases lapse, and nothing new comes. */
        async function drain(): Promise<void> {
          for (const at of [0, 1]) {
            if (doomed[at]) await processes[at]!.worker.end();
            doomed[at] = null;
            processes[at] = scene.process() as Process;
          }
          for (let rounds = 0; rounds < 40; rounds++) {
            await give();
            scene.now += LEASE_MS + 1_000;
            await Promise.all([turn(0), turn(1)]);
            if ((await processes[0]!.queue.list()).length === 0 && rounds > 2) return;
          }
          expect((await processes[0]!.queue.list()).map((h) => h.job)).toEqual([]);
        }
      }),
      { numRuns: 15 * Number(process.env['HW_PROPERTY_RUNS'] ?? 1) },
    ),
  120_000,
);
