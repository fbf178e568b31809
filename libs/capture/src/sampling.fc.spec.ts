import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPTURE_OPTIONS, type CaptureTotals, type PolicyLayer } from './index.ts';
import { shots, Steps, type Shot } from './testing/traffic.ts';

const runs = (n: number) => n * Number(process.env['HW_PROPERTY_RUNS'] ?? 1);
const layer = (o: Partial<PolicyLayer>): PolicyLayer => ({ ...DEFAULT_CAPTURE_OPTIONS.policy, ...o });

const shot: fc.Arbitrary<Shot> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST'),
  target: fc.constantFrom('/a', '/b/1', '/c', '/d/e'),
  status: fc.constantFrom(200, 200, 200, 200, 304, 404, 500, 0),
  ms: fc.constantFrom(1, 2, 30, 1500),
});
const mix = fc.record({
  list: fc.array(shot, { minLength: 1, maxLength: 120 }),
  oneIn: fc.integer({ min: 2, max: 9 }),
  throttle: fc.constantFrom(1, 1, 3),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
});

const never = (s: Shot) => s.status === 0 || s.status! >= 400 || s.ms! > 1000;
const kind = (s: Shot) => `${s.method} ${s.target!.replace('1', '{int}')} ${Math.floor(s.status! / 100)}`;

function sampled(list: Shot[], oneIn: number, throttle: number, seed: number) {
  const steps = new Steps({ policy: layer({ filters: [{ match: {}, log: oneIn }] }), sampleSeed: seed });
  steps.native.throttle(throttle);
  const told = steps.push(shots(list));
  const last = steps.flush();
  const totals = JSON.parse(steps.native.totals()) as CaptureTotals;
  return { rows: [...told.rows, ...last.rows], accounts: [...told.accounts, ...last.accounts], totals };
}

// that the draws are unbiased is held by test/native/sampling.cc, over many more of them
describe('sampling', () => {
  it('loses no error and nothing slow, counts exactly, and each kind is off by less than one block', () => {
    fc.assert(
      fc.property(mix, ({ list, oneIn, throttle, seed }) => {
        const rate = oneIn * throttle;
        const { rows, accounts, totals } = sampled(list, oneIn, throttle, seed);
        const weight = (r: (typeof rows)[0]) => r['headwater.weight'] as number;
        expect(rows.filter((r) => weight(r) === 1).length).toBe(list.filter(never).length);
        expect(rows.map(weight).filter((w) => w !== 1 && w !== rate)).toEqual([]);
        for (const k of new Set(list.filter((s) => !never(s)).map(kind))) {
          const n = list.filter((s) => !never(s) && kind(s) === k).length;
          const sum = rows
            .filter(
              (r) => weight(r) > 1 && `${r['http.request.method'] as string} ${r['http.route'] as string} ${Math.floor((r['http.response.status_code'] as number) / 100)}` === k,
            )
            .reduce((a, r) => a + weight(r), 0);
          expect(Math.abs(sum - n)).toBeLessThan(rate);
          if (n % rate === 0) expect(sum).toBe(n);
        }
        const left = list.length - rows.length;
        expect(totals.started.request).toBe(list.length);
        expect(totals.emitted.request).toBe(rows.length);
        expect(totals.filtered.request['sampled'] ?? 0).toBe(left);
        expect(totals.started.response).toBe(totals.emitted.response + (totals.filtered.response['sampled'] ?? 0));
        expect(totals.sampling).toEqual({ exchanges: list.length, kept: rows.length });
        expect(accounts.reduce((a, b) => a + b.exchanges, 0)).toBe(rows.reduce((a, r) => a + weight(r), 0));
        expect(accounts.reduce((a, b) => a + (b.sampling?.exchanges ?? 0), 0)).toBe(list.length);
        expect(accounts.reduce((a, b) => a + (b.sampling?.kept ?? 0), 0)).toBe(rows.length);
        for (const a of accounts) if (a.sampling) expect([a.sampling.reason, a.sampling.one_in]).toEqual([throttle > 1 ? 'governor' : 'policy', rate]);
      }),
      { numRuns: runs(60) },
    );
  });

  it('without a rate nothing is said of sampling', () => {
    const steps = new Steps({ policy: layer({ filters: [{ match: { path: '/x' }, log: 10 }] }) });
    const { accounts } = steps.push(shots([{}, {}]));
    expect([...accounts, ...steps.flush().accounts].every((a) => a.sampling === undefined)).toBe(true);
  });
});
