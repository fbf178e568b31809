import { countOf, formatCount, formatMs } from '../format/numbers.ts';
import { visible } from './text.ts';
import type { ModelPart } from './insight.ts';

type Reason = NonNullable<ModelPart['reason']>;

/** Why there is no finding of a model, or no more of them. */
export const REASONS: Readonly<Record<Reason, string>> = {
  no_gateway: 'No gateway is configured, so no model was asked and nothing left this installation.',
  nothing_to_say: 'Nothing stood out in the figures, so no model was asked.',
  budget_tokens: 'The tokens of the day are used up, so the model was not asked; the next day begins at 00:00 UTC.',
  budget_money: 'The money of the day is used up, so the model was not asked; the next day begins at 00:00 UTC.',
  breaker_open: 'The gateway failed several times in a row and is left alone for a while, so the model was not asked.',
  denied: 'The gateway refused the key or the token.',
  rate_limited: 'The gateway asked to wait longer than an insight can.',
  overloaded: 'The gateway or its provider had too much to do.',
  upstream_down: 'The gateway did not reach its provider.',
  unreachable: 'The gateway could not be reached.',
  timeout: 'The gateway did not answer in time.',
  cut: 'The connection to the gateway broke within the answer.',
  too_large: 'The answer was larger than is accepted.',
  not_a_completion: 'What the gateway answered was no answer of a model.',
  refused: 'The model declined to answer.',
  answer_invalid: 'The answer did not have the form that was asked for, after a repair neither.',
  no_finding_left: 'None of its findings held against the figures that were sent, so none is shown.',
  rejected: 'The gateway rejected the request.',
  not_allowed: 'The host of the gateway is not among those that may be talked to.',
  internal: 'An error of Headwater’s own kept the model from being asked, or its answer from being taken; the log of insights has it.',
};

const DROPPED: Readonly<Record<string, string>> = {
  unknown_evidence: 'cited what was not sent',
  no_evidence: 'cited nothing',
  repeated: 'said the same again',
  too_many: 'came after as many as are kept',
};

/** `2 findings were left out: 1 cited what was not sent, 1 said the same again.`; empty where none was. */
export function droppedText(dropped: ModelPart['dropped']): string {
  const reasons = Object.entries(dropped).filter(([, n]) => n > 0);
  const total = reasons.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0) return '';
  const why = reasons.map(([reason, n]) => `${formatCount(n)} ${DROPPED[reason] ?? visible(reason.replaceAll('_', ' '))}`);
  return `${countOf(total, 'finding')} ${total === 1 ? 'was' : 'were'} left out: ${why.join(', ')}.`;
}

/** US dollars as small as they are: `$0.0012`, `$0.42`; `<$0.0001`. */
export function formatUsd(usd: number): string {
  if (usd > 0 && usd < 0.0001) return '<$0.0001';
  return `$${usd.toFixed(usd === 0 || usd >= 0.1 ? 2 : 4)}`;
}

/** `1.2 k tokens in, 300 out, $0.0012`; what is not known is left out. */
export function costText({ tokens, cost_usd }: Pick<ModelPart, 'tokens' | 'cost_usd'>): string {
  return [tokens === null ? '' : `${formatCount(tokens.input)}\u00a0tokens in, ${formatCount(tokens.output)}\u00a0out`, cost_usd === null ? '' : formatUsd(cost_usd)]
    .filter(Boolean)
    .join(', ');
}

/** What a failure was in detail, after our words: it may be those of the gateway. */
export const detailText = (detail: string | null): string => (detail === null || detail === '' ? '' : `Detail: “${visible(detail)}”`);

export interface ModelText {
  /** nothing wrong, nothing to do; `wait`: not over; `none`: there is no model's part */
  kind: 'good' | 'wait' | 'none' | 'bad';
  text: string;
}

/** What became of asking the model, in a sentence or two. */
export function modelText(model: ModelPart): ModelText {
  const who = model.model === null ? 'The model' : visible(model.model);
  const whom = [who, ...(model.gateway === null ? [] : [`through ${visible(model.gateway)}`])].join(' ');
  const why = model.reason === null ? '' : REASONS[model.reason];
  const left = droppedText(model.dropped);
  const said = (...parts: string[]) => parts.filter(Boolean).join(' ');
  const detail = detailText(model.detail);
  switch (model.state) {
    case 'off':
      return { kind: 'none', text: why === '' ? REASONS.no_gateway : why };
    case 'pending':
      return { kind: 'wait', text: `${whom} is being asked.` };
    case 'reused':
      return { kind: 'good', text: said('The very same figures were answered before, so nothing was sent again.', left) };
    case 'done': {
      const took = model.took_ms === null ? '' : ` in ${formatMs(model.took_ms)}`;
      const cost = costText(model);
      const repaired = model.repaired ? 'Its answer had to be repaired once.' : '';
      return { kind: 'good', text: said(`${whom} answered${took}${cost === '' ? '' : ` (${cost})`}.`, repaired, why, left) };
    }
    case 'failed':
      return { kind: 'bad', text: said(why === '' ? `${whom} did not answer.` : why, detail, left) };
  }
}
