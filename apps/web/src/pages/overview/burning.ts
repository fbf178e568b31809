import type { RowOf } from '../../api/client.ts';
import { formatBurn, formatPercent } from '../../format/numbers.ts';
import { formatSince } from '../../format/times.ts';

export type Service = RowOf<'/v1/services'>;

export interface Since {
  ms: number;
  /** it was already so at the first step of the range */
  orEarlier: boolean;
}

/**
 * Since when a service overspends: the first step of the stretch of bad steps that reaches to the end. A step is bad
 * when more of it failed than the objective allows; one good step in between, and any without traffic, do not end it.
 */
export function burningSince(series: Service['series'], budget: number): Since | null {
  if (series === undefined) return null;
  let first: number | null = null;
  let good = 0;
  let reached = true;
  for (let i = series.t.length - 1; i >= 0; i--) {
    const exchanges = series.exchanges[i] ?? 0;
    if (exchanges === 0) continue;
    const ratio = ((series.server_errors[i] ?? 0) + (series.transport_errors[i] ?? 0)) / exchanges;
    if (ratio > budget) {
      first = i;
      good = 0;
    } else if (++good > 1) {
      reached = false;
      break;
    }
  }
  if (first === null) return null;
  return { ms: Date.parse(series.t[first] ?? ''), orEarlier: reached && good === 0 };
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

/** Is anything wrong, where, since when: in two sentences. `services` are the worst first. */
export function verdictOf(services: readonly Service[], objective: number, now: number): Verdict {
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
  const since = burningSince(worst.series, budget);
  const text = since === null ? '' : `, since ${sinceText(since, now)}`;
  const now5 = `${formatPercent((worst.burn_rate ?? 0) * budget)} of its exchanges failed in the last 5 minutes, ${formatBurn(worst.burn_rate)} what ${goal} allows`;
  return {
    bad: true,
    title: burning.length === 1 ? `${worst.service} overspends its error budget${text}` : `${burning.length} of ${services.length} services overspend their error budget`,
    detail: burning.length === 1 ? `${now5}.` : `Worst is ${worst.service}${text}: ${now5}.`,
  };
}
