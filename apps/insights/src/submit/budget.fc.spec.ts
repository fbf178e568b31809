import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BudgetConfig } from '@headwater/config';
import { openStateStore, type StateStore } from '@headwater/state-store';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Budget, BudgetError } from './budget.ts';

const dir = mkdtempSync(join(tmpdir(), 'budget-'));
let store: StateStore;
beforeAll(async () => {
  store = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
});
afterAll(async () => {
  await store.end();
  rmSync(dir, { recursive: true });
});

const T0 = Date.parse('2040-01-01T10:00:00Z');
const LIMIT = 1_000;
const prices = { cents_per_million_input: 100, cents_per_million_output: 300, daily_cents: 10_000 };
const settings = (more: Partial<BudgetConfig>): BudgetConfig => Object.assign(new BudgetConfig(), more);
class Gone extends Error {}
/** Each property has a day of its own, so a store serves all of them. */
let day = 0;

interface Asked {
  input: number;
  output: number;
  /** what it takes of that, in percent */
  takes: number;
  then: 'settle' | 'release' | 'keep';
}
const asked: fc.Arbitrary<Asked> = fc.record({
  input: fc.integer({ min: 1, max: 500 }),
  output: fc.integer({ min: 0, max: 300 }),
  takes: fc.integer({ min: 0, max: 100 }),
  then: fc.constantFrom('settle', 'release', 'keep'),
});

it(
  'however the calls of several processes interleave and wherever one dies: what was let out never exceeds the limit, and the sum is never less than what was spent',
  () =>
    fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ asks: fc.array(asked, { minLength: 1, maxLength: 5 }), dies: fc.option(fc.integer({ min: 0, max: 12 }), { freq: 2 }) }), {
          minLength: 2,
          maxLength: 4,
        }),
        async (s, processes) => {
          const now = T0 + ++day * 86_400_000;
          let spent = 0;
          let out = 0;
          let most = 0;
          let deaths = 0;
          const run = async ({ asks, dies }: { asks: Asked[]; dies: number | null }) => {
            let calls = 0;
            const add = s.scheduleFunction((...args: Parameters<StateStore['add']>) => store.add(...args));
            const answered = s.scheduleFunction(async () => {});
            const mortal: Pick<StateStore, 'add' | 'get'> = {
              get: (key) => store.get(key),
              add: (...args) => {
                if (dies !== null && calls++ >= dies) throw new Gone();
                return add(...args);
              },
            };
            const budget = new Budget(mortal, settings({ ...prices, daily_tokens: LIMIT }), () => now);
            for (const { input, output, takes, then } of asks) {
              let reservation;
              try {
                reservation = await budget.reserve({ input, output });
              } catch (error) {
                if (error instanceof BudgetError) continue;
                if (!(error instanceof Gone)) throw error;
                return void deaths++;
              }
              out += input + output;
              most = Math.max(most, spent + out);
              await answered();
              const used = { input: Math.floor((input * takes) / 100), output: Math.floor((output * takes) / 100) };
              // What is settled, released or kept has been spent (or not) whether or not the process lives to say so.
              out -= input + output;
              spent += then === 'settle' ? used.input + used.output : then === 'keep' ? input + output : 0;
              try {
                if (then === 'settle') await reservation.settle(used, null);
                else if (then === 'release') await reservation.release();
                else reservation.keep();
              } catch (error) {
                if (!(error instanceof Gone)) throw error;
                return void deaths++;
              }
            }
          };
          await s.waitFor(Promise.all(processes.map(run)));
          expect(most).toBeLessThanOrEqual(LIMIT);
          const { tokens } = await new Budget(store, settings({ daily_tokens: LIMIT }), () => now).today();
          if (deaths === 0) expect(tokens.used).toBe(spent);
          else expect(tokens.used).toBeGreaterThanOrEqual(spent);
        },
      ),
      { numRuns: 60 * Number(process.env['HW_PROPERTY_RUNS'] ?? 1) },
    ),
  60_000,
);

it('who asks at once gets no more than fits, and whoever is refused is told when it opens again', async () => {
  const budgets = Array.from({ length: 5 }, () => new Budget(store, settings({ daily_tokens: 1_000 }), () => Date.parse('2026-11-23T10:00:00Z')));
  const all = await Promise.allSettled(budgets.flatMap((b) => [b.reserve({ input: 150, output: 50 }), b.reserve({ input: 150, output: 50 })]));
  const refused = all.flatMap((r) => (r.status === 'rejected' ? [r.reason as BudgetError] : []));
  expect(all.length - refused.length).toBeLessThanOrEqual(5);
  expect(refused[0]).toBeInstanceOf(BudgetError);
  expect(refused[0]).toMatchObject({
    reason: 'budget_tokens',
    message: 'The budget of 1000 tokens a day (budget.daily_tokens) is used up; it opens again at 2026-11-24T00:00:00Z.',
  });
  const tomorrow = new Budget(store, settings({ daily_tokens: 1_000 }), () => Date.parse('2026-11-24T00:00:00Z'));
  await (await tomorrow.reserve({ input: 500, output: 500 })).release();
  expect((await tomorrow.today()).tokens).toEqual({ used: 0, limit: 1_000 });
});

it('what began before midnight is settled on its own day', async () => {
  let now = Date.parse('2026-12-01T23:59:59Z');
  const budget = new Budget(store, settings({ daily_tokens: 1_000 }), () => now);
  const reservation = await budget.reserve({ input: 400, output: 400 });
  now += 2_000;
  await reservation.settle({ input: 100, output: 20 }, null);
  expect(await budget.today()).toEqual({ day: '2026-12-02', tokens: { used: 0, limit: 1_000 }, usd: null });
  now -= 2_000;
  expect((await budget.today()).tokens.used).toBe(120);
});

it('money: reserved by the prices, settled by what the gateway says, and a question that can never fit is told so', async () => {
  const now = () => Date.parse('2026-12-05T10:00:00Z');
  const config = settings({ daily_tokens: 1_000_000, daily_cents: 100, cents_per_million_input: 10_000, cents_per_million_output: 10_000 });
  const budget = new Budget(store, config, now);
  const one = await budget.reserve({ input: 3_000, output: 3_000 });
  expect((await budget.today()).usd).toEqual({ used: 0.6, limit: 1 });
  await expect(budget.reserve({ input: 3_000, output: 3_000 })).rejects.toMatchObject({
    reason: 'budget_money',
    message: expect.stringMatching(/100 cents a day \(budget\.daily_cents\)/),
  });
  await one.settle({ input: 3_000, output: 3_000 }, 0.25);
  const { usd, tokens } = await budget.today();
  expect(usd).toEqual({ used: 0.25, limit: 1 });
  expect(tokens.used).toBe(6_000);
  await expect(budget.reserve({ input: 9_000, output: 3_000 })).rejects.toMatchObject({ reason: 'budget_money', message: /One question may cost 120\.000 cents/ });
  expect((await budget.today()).tokens.used).toBe(6_000);
});

it('without any tokens allowed nothing is let out', async () => {
  const budget = new Budget(store, settings({ daily_tokens: 0 }), () => Date.parse('2026-12-06T10:00:00Z'));
  await expect(budget.reserve({ input: 1, output: 0 })).rejects.toMatchObject({ reason: 'budget_tokens', message: /may take 1 tokens, and budget\.daily_tokens allows 0 a day/ });
});

it("a gateway's figures, however absurd, and a store that lost the sum open the budget no further", async () => {
  const now = () => Date.parse('2026-12-07T10:00:00Z');
  const budget = new Budget(store, settings({ daily_tokens: 1_000 }), now);
  const one = await budget.reserve({ input: 400, output: 0 });
  await one.settle({ input: -5_000, output: 0 }, -1);
  expect((await budget.today()).tokens.used).toBe(0);
  const two = await budget.reserve({ input: 400, output: 0 });
  await store.delete('insight-budget/2026-12-07/tokens');
  await two.release();
  expect((await budget.today()).tokens.used).toBe(0);
  const three = await budget.reserve({ input: 1, output: 0 });
  await three.settle({ input: Number.MAX_VALUE, output: 0 }, Infinity);
  await expect(budget.reserve({ input: 1, output: 0 })).rejects.toBeInstanceOf(BudgetError);
});
