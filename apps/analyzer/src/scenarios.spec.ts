import { mkdirSync, writeFileSync } from 'node:fs';
import { BUILT_IN_RULES, type Rule } from '@headwater/alert-rules';
import { describe, expect, it } from 'vitest';
import { judge, type Verdict } from './testing/scenarios/judge.ts';
import { play, type Minute } from './testing/scenarios/play.ts';
import { MINUTES, planOf, type Plan } from './testing/scenarios/plan.ts';
import { tableOf } from './testing/scenarios/table.ts';

const SEEDS = Number(process.env['SCENARIO_SEEDS'] ?? 20);
const FIRST = Number(process.env['SCENARIO_FIRST'] ?? 1);
const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST + i);

interface Played {
  plan: Plan;
  minutes: Minute[];
  verdict: Verdict;
}
const faulty = new Map<number, Played>();
const quiet = new Map<number, Played>();

async function played(seed: number, without: boolean): Promise<Played> {
  const plan = planOf(seed, without);
  const minutes = await play(plan, BUILT_IN_RULES);
  return { plan, minutes, verdict: judge(plan, minutes, BUILT_IN_RULES) };
}

/** A seed takes about half a second of a core, and the core may be shared. */
const LONG = 120_000;

/** What went wrong in words, so that a failure tells it. */
function wrong({ missed, invented }: Verdict): string[] {
  return [
    ...missed.map(
      ({ fault, wanted }) =>
        `missed: ${fault.kind} from minute ${fault.from.toFixed(1)}: ${wanted.rule} ${wanted.service ?? ''}${wanted.route ?? ''}${wanted.host ?? ''} within ${wanted.within} minutes`,
    ),
    ...invented.map((a) => `invented: ${a.rule} at ${a.opened_at}: ${a.title}`),
  ];
}

describe(`${SEEDS} scenarios of ${MINUTES} simulated minutes, through the fold`, () => {
  it.each(seeds)(
    'seed %i: every planted fault is found in its time, and nothing else',
    async (seed) => {
      const p = await played(seed, false);
      faulty.set(seed, p);
      expect(wrong(p.verdict)).toEqual([]);
      expect(p.verdict.found.length).toBeGreaterThan(0);
    },
    LONG,
  );

  it.each(seeds)(
    'seed %i without its faults: nothing is invented',
    async (seed) => {
      const p = await played(seed, true);
      quiet.set(seed, p);
      expect(p.plan).toEqual({ ...planOf(seed, false), faults: [] });
      expect(wrong(p.verdict)).toEqual([]);
      expect(p.minutes.flatMap((m) => m.closed).reduce((n, c) => n + c.facts.exchanges, 0)).toBeGreaterThan(100_000);
    },
    LONG,
  );

  it('covers every kind of fault often, and writes the table', () => {
    const dir = new URL('../build/', import.meta.url);
    mkdirSync(dir, { recursive: true });
    const verdicts = [...faulty.values()].map((p) => p.verdict);
    writeFileSync(
      new URL('scenarios.md', dir),
      tableOf(
        verdicts,
        [...quiet.values()].map((p) => p.verdict),
      ),
    );
    const kinds = verdicts.flatMap((v) => v.found.map((f) => f.fault.kind));
    if (SEEDS >= 20)
      for (const kind of ['bad_deploy', 'slow_dependency', 'silent_host', 'new_failing_route', 'capture_loss'] as const)
        expect(kinds.filter((k) => k === kind).length, kind).toBeGreaterThanOrEqual(8);
  });

  describe('can fail: other rules over the same minutes', { timeout: LONG }, () => {
    const changed = (change: (rule: Rule) => Rule) => BUILT_IN_RULES.map(change);
    // A third of the seeds shows it as well as all of them.
    const all = (from: Map<number, Played>, rules: readonly Rule[]) => [...from.values()].slice(0, Math.max(3, SEEDS / 3)).map(({ plan, minutes }) => judge(plan, minutes, rules));

    it.each(BUILT_IN_RULES.filter((r) => r.kind === 'agent_silent' || r.kind === 'capture_incomplete' || r.severity === 'page' || r.kind === 'new_failing_route').map((r) => r.id))(
      'without %s its faults are missed',
      (id) => {
        const missed = all(
          faulty,
          changed((r) => (r.id === id ? { ...r, enabled: false } : r)),
        ).flatMap((v) => v.missed);
        expect(missed.length).toBeGreaterThan(0);
        expect(new Set(missed.map((m) => m.wanted.rule))).toEqual(new Set([id]));
      },
    );

    it('ten times slower burn rates find too late', () => {
      const dull = changed((r) => ('windows' in r ? { ...r, windows: r.windows.map((w) => ({ ...w, burn_rate: 10 * w.burn_rate })) } : r));
      expect(all(faulty, dull).flatMap((v) => v.missed).length).toBeGreaterThan(0);
    });

    it('without floors and with a tenth of the burn rates the quiet variant is not quiet', () => {
      const keen = changed((r) => ('windows' in r ? { ...r, min_exchanges: 1, min_failures: 1, windows: r.windows.map((w) => ({ ...w, burn_rate: w.burn_rate / 10 })) } : r));
      expect(all(quiet, keen).flatMap((v) => v.invented).length).toBeGreaterThan(0);
    });

    it('a rule without floors takes the noise for new failing routes', () => {
      const fresh = changed((r) => (r.kind === 'new_failing_route' ? { ...r, min_failures: 1, min_ratio: 0 } : r));
      expect(all(quiet, fresh).flatMap((v) => v.invented).length).toBeGreaterThan(0);
    });
  });
});
