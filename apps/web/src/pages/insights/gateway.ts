import { formatCount, formatPercent } from '../../format/numbers.ts';
import { formatAgo, formatSince } from '../../format/times.ts';
import type { Gateway } from '../../insights/insight.ts';
import { visible } from '../../insights/text.ts';
import { detailText, formatUsd, REASONS } from '../../insights/words.ts';

export interface GatewayFact {
  label: string;
  text: string;
}

/** Whether asking works, in a few words. `now` in ms */
export function stateText({ breaker, last_success_at, last_failure }: Pick<Gateway, 'breaker' | 'last_success_at' | 'last_failure'>, now: number): string {
  const succeeded = last_success_at === null ? null : Date.parse(last_success_at);
  const failed = last_failure === null ? null : Date.parse(last_failure.at);
  if (breaker?.state === 'open') return breaker.until === null ? 'left alone for a while' : `left alone until ${formatSince(Date.parse(breaker.until), now)}`;
  if (breaker?.state === 'half_open') return 'being tried again';
  if (failed !== null && (succeeded === null || failed > succeeded)) return `failed ${formatAgo(failed, now)}`;
  return succeeded === null ? 'not asked yet' : `answered ${formatAgo(succeeded, now)}`;
}

function spent({ used, limit }: { used: number; limit: number }, text: (n: number) => string): string {
  if (limit <= 0) return 'none allowed';
  return `${text(used)} of ${text(limit)} (${formatPercent(Math.min(1, used / limit))})`;
}

/** What is known of the model's side; empty where no gateway is configured. */
export function gatewayFacts(answer: Gateway, now: number): GatewayFact[] {
  const { gateway, budget, queued } = answer;
  if (!answer.configured || gateway === null) return [];
  return [
    { label: 'Model', text: visible(gateway.model) },
    { label: 'Gateway', text: `${visible(gateway.name)}${gateway.host === undefined ? '' : ` at ${visible(gateway.host)}`}` },
    { label: 'State', text: stateText(answer, now) },
    ...(budget === null ? [] : [{ label: 'Tokens today (UTC)', text: spent(budget.tokens, formatCount) }]),
    ...(budget === null || budget.usd === null ? [] : [{ label: 'Money today (UTC)', text: spent(budget.usd, formatUsd) }]),
    { label: 'Waiting', text: formatCount(queued) },
  ];
}

/** Why the model was not asked, or did not answer, the last time; null when the last time went well. */
export function troubleText({ last_success_at, last_failure }: Pick<Gateway, 'last_success_at' | 'last_failure'>, now: number): string | null {
  if (last_failure === null || (last_success_at !== null && Date.parse(last_success_at) > Date.parse(last_failure.at))) return null;
  return `${formatSince(Date.parse(last_failure.at), now)}: ${REASONS[last_failure.reason]} ${detailText(last_failure.detail)}`.trimEnd();
}
