import type { RowOf } from '../../api/client.ts';
import { formatBurn, formatPercent } from '../../format/numbers.ts';
import { formatSince } from '../../format/times.ts';

export type Service = RowOf<'/v1/services'>;

export interface Since {
  ms: number;
  /** it was already so at the first step of the range */
  orEarlier: boolean;
}

/** The burn rate is of the last 5 minutes. */
const LOOK_BACK_S = 300;

/**
 * Since when a service overspends: judged at every step as the burn rate is, over the 5 minutes (or the step, where that is
 * longer) that end with it, the first step of the stretch of overspending that reaches to the end. Silence does not end it.
 * @param budget share of exchanges that may fail
 * @param step seconds
 */
export function burningSince(series: Service['series'], budget: number, step: number): Since | null {
  if (series === undefined) return null;
  const steps = Math.max(1, Math.round(LOOK_BACK_S / step));
  let first: number | null = null;
  for (let i = series.t.length - 1; i >= 0; i--) {
    let exchanges = 0;
    let failed = 0;
    for (let k = Math.max(0, i - steps + 1); k <= i; k++) {
      exchanges += series.exchanges[k] ?? 0;
      failed += (series.server_errors[k] ?? 0) + (series.transport_errors[k] ?? 0);
    }
    if (exchanges === 0) continue;
    if (failed <= budget * exchanges) return first === null ? null : { ms: Date.parse(series.t[first] ?? ''), orEarlier: false };
    first = i;
  }
  if (first === null) return null;
  // Bad from the first exchanges on: before the range too, unless they came later than it began.
  return { ms: Date.parse(series.t[first] ?? ''), orEarlier: first === 0 };
}

export function sinceText(since: Since | null, now: number): string {
  if (since === null) return '';
  return since.orEarlier ? `before ${formatSince(since.ms, now)}` : formatSince(since.ms, now);
}

export interface Verdict {
  bad: boolean;
  title: string;
  detail: string;
}

/** Is anything wrong, where, since when: in two sentences. `services` are the worst first, `step` in seconds. */
export function verdictOf(services: readonly Service[], objective: number, step: number, now: number): Verdict {
  const budget = 1 - objective / 100;
  const burning = services.filter((s) => (s.burn_rate ?? 0) > 1);
  const quiet = services.filter((s) => s.burn_rate === null).length;
  const goal = `the ${objective} % objective`;
  const [worst] = burning;
  if (worst === undefined) {
    const silent = quiet === 0 ? '' : quiet === services.length ? ' None had an exchange in the last 5 minutes.' : ` ${quiet} had no exchange in the last 5 minutes.`;
    return {
      bad: false,
      title: 'Nothing is burning',
      detail: `${services.length === 1 ? 'The one service keeps' : `All ${services.length} services keep`} ${goal} over the last 5 minutes.${silent}`,
    };
  }
  const since = burningSince(worst.series, budget, step);
  const text = since === null ? '' : `, since ${sinceText(since, now)}`;
  const now5 = `${formatPercent((worst.burn_rate ?? 0) * budget)} of its exchanges failed in the last 5 minutes, ${formatBurn(worst.burn_rate)} what ${goal} allows`;
  return {
    bad: true,
    title: burning.length === 1 ? `${worst.service} overspends its error budget${text}` : `${burning.length} of ${services.length} services overspend their error budget`,
    detail: burning.length === 1 ? `${now5}.` : `Worst is ${worst.service}${text}: ${now5}.`,
  };
}
