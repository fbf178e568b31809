import { describe, expect, it } from 'vitest';
import { cpuMsOf } from './cpu.ts';
import { Governor } from './governor.ts';

/** A host whose agent and probe use `fixed` percent and, at full rate, `load` percent more; looked at every second. */
function host(ceiling: number) {
  const governor = new Governor(ceiling);
  const used = { agent: 0, probe: 0 };
  let now = 0;
  let oneIn = 1;
  const rates: number[] = [];
  return {
    rates,
    get oneIn() {
      return oneIn;
    },
    get percent() {
      return governor.look({ atMs: now, cpuMs: { ...used } }).percent;
    },
    run(seconds: number, fixed: number, load: number) {
      for (let i = 0; i < seconds; i++) {
        now += 1_000;
        const ms = 10 * (fixed + load / oneIn);
        used.agent += ms * 0.8;
        used.probe += ms * 0.2;
        const verdict = governor.look({ atMs: now, cpuMs: { ...used } });
        if (verdict.changed) rates.push(verdict.oneIn);
        oneIn = verdict.oneIn;
      }
      return this;
    },
  };
}

describe('Governor', () => {
  it('leaves a host alone that stays below the ceiling, and every host without one', () => {
    expect(host(100).run(300, 10, 85).rates).toEqual([]);
    expect(host(0).run(300, 100, 800).rates).toEqual([]);
  });

  it('does not act on a burst shorter than its window', () => {
    expect(host(50).run(60, 5, 10).run(3, 5, 120).run(60, 5, 10).rates).toEqual([]);
  });

  it('doubles the rate until the cost is below the ceiling, and judges each rate by its own cost', () => {
    const h = host(50).run(20, 5, 20).run(60, 5, 300);
    expect(h.rates).toEqual([2, 4, 8]);
    expect(h.percent).toBeCloseTo(5 + 300 / 8, 0);
  });

  it('eases step by step when the load goes, down to all', () => {
    const h = host(50).run(60, 5, 300).run(120, 5, 10);
    expect(h.rates).toEqual([2, 4, 8, 4, 2, 1]);
    expect(h.oneIn).toBe(1);
  });

  it('never goes beyond 1 in 1024, also when sampling does not help', () => {
    const h = host(10).run(600, 90, 0);
    expect(h.rates.at(-1)).toBe(1024);
    expect(Math.max(...h.rates)).toBe(1024);
  });

  it('does not swing where half the rate is too dear and the whole one is cheap', () => {
    // At 1 in 2 it costs 34 % of a ceiling of 50 (below 70 % of it), at 1 in 1 it costs 66.
    const h = host(50).run(1_800, 2, 64);
    expect(h.rates.length).toBeLessThan(24);
    expect(h.rates.length).toBeGreaterThan(3);
  });

  it('counts a probe that began anew from its start, and one first seen from then on', () => {
    const governor = new Governor(100);
    governor.look({ atMs: 0, cpuMs: { agent: 5_000 } });
    governor.look({ atMs: 5_000, cpuMs: { agent: 5_100, 'probe 7': 90_000 } });
    expect(governor.look({ atMs: 10_000, cpuMs: { agent: 5_200, 'probe 7': 90_300 } }).percent).toBeCloseTo(5, 5);
    expect(governor.look({ atMs: 15_000, cpuMs: { agent: 5_200, 'probe 7': 50 } }).percent).toBeCloseTo(((100 + 300 + 50) / 10_000) * 100, 5);
  });

  it('reads utime and stime of a process whose name has spaces and brackets', () => {
    expect(cpuMsOf('17 (a) b (c) S 1 17 17 0 -1 4194560 900 0 0 0 250 31 0 0 20 0 3 0 12345')).toBe(2_810);
    expect(cpuMsOf('')).toBeNull();
  });
});
