import type { ServiceHistory } from './history.ts';
import type { Finding } from './port.ts';
import type { BurnWindow, ErrorBurnRule, LatencyBurnRule } from './rule.ts';
import { count, description, figure, name, percent, rounded, span, title } from './words.ts';

interface Burnt {
  /** exchanges that count for the objective, and those of them that broke it */
  of: number;
  bad: number;
  complete: boolean;
}

/**
 * Multi-window, multi-burn-rate (Google, The Site Reliability Workbook, ch. 5): the first pair whose long and short window both burn at its
 * rate. Burn rate = bad / of / (1 - objective). Where less is known than a window is long, it is what is known.
 */
export function burn(rule: ErrorBurnRule | LatencyBurnRule, history: ServiceHistory, atMs: number): Finding | null {
  const allowed = 1 - rule.objective / 100;
  const read = (minutes: number): Burnt => {
    const s = history.sum(minutes, atMs, rule.id);
    return rule.kind === 'error_burn' ? { of: s.exchanges, bad: s.failed, complete: s.complete } : { of: s.known, bad: s.above, complete: s.complete };
  };
  // The bad ones of a long exchange may end in another minute than it began in, so a ratio of sums can pass 1.
  const ratio = ({ of, bad }: Burnt) => (of > 0 ? Math.min(1, bad / of) : 0);
  for (const window of rule.windows) {
    const short = read(window.short_minutes);
    if (short.of < rule.min_exchanges || short.bad < (rule.kind === 'error_burn' ? rule.min_failures : 1)) continue;
    // A rate that is met exactly holds: 1 - 0.999 is not quite 0.001 in a double.
    const least = window.burn_rate * allowed * (1 - 1e-9);
    if (ratio(short) < least) continue;
    const long = read(window.long_minutes);
    if (ratio(long) < least) continue;
    return finding(rule, history.service, window, { short, long }, { short: ratio(short), long: ratio(long), allowed });
  }
  return null;
}

function finding(
  rule: ErrorBurnRule | LatencyBurnRule,
  service: string,
  window: BurnWindow,
  { short, long }: { short: Burnt; long: Burnt },
  ratio: { short: number; long: number; allowed: number },
): Finding {
  const who = name(service);
  const errors = rule.kind === 'error_burn';
  const rate = ratio.short / ratio.allowed;
  const what = errors ? 'failed' : `took longer than ${figure(rule.threshold_ms)} ms`;
  const time = errors ? '' : rule.metric === 'ttfb' ? ' to the first byte' : ' to the last byte';
  const budget = (100 * window.burn_rate * window.long_minutes) / (30 * 1440);
  return {
    rule,
    subject: { service },
    title: title(
      `${who}: ${percent(ratio.short)} of ${count(short.of, 'exchange')} ${what}${time} in ${span(window.short_minutes)}, ${figure(rate)} times what ${figure(rule.objective)} % allows`,
    ),
    description: description(
      `Over ${span(window.long_minutes)} it is ${percent(ratio.long)} of ${count(long.of, 'exchange')}.`,
      `At ${figure(window.burn_rate)} times the allowed rate, ${span(window.long_minutes)} use ${figure(budget)} % of a 30-day budget.`,
      errors
        ? 'Failed means answered 5xx or broken before the answer was whole; see its failures by route and status, and what the failed exchanges share.'
        : 'See its latency by route and by caller; failed exchanges are not counted here.',
    ),
    values: rounded({
      burn_rate: rate,
      long_burn_rate: ratio.long / ratio.allowed,
      [errors ? 'error_ratio' : 'slow_ratio']: ratio.short,
      exchanges: short.of,
      [errors ? 'failed' : 'slow']: short.bad,
      short_minutes: window.short_minutes,
      long_minutes: window.long_minutes,
      objective_percent: rule.objective,
      ...(errors ? {} : { threshold_ms: rule.threshold_ms }),
    }),
    complete: short.complete && long.complete,
  };
}
