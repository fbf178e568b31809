import { randomBytes, randomUUID } from 'node:crypto';
import type { InsightsConfig } from '@headwater/config';
import { canonicalJson, checkInput, inputSha256, resolve, type Answer, type GatewayStatus, type InsightInput, type ModelPart, type ModelReason } from '@headwater/insight-rules';
import { StateStoreError, type StateStore } from '@headwater/state-store';
import type { InsightGateway } from '../gateway/port.ts';
import { Answers, type Answered, type Lease } from './answers.ts';
import { Asking, gatewayError, type Asked } from './ask.ts';
import { Budget, BudgetError } from './budget.ts';
import type { SubmitEvents } from './events.ts';
import { Formats } from './formats.ts';
import type { Submission, Submitted, Submitter } from './port.ts';
import { PROMPT_VERSION } from './prompt.ts';
import { isQuiet } from './quiet.ts';
import { Sent } from './sent.ts';
import { sentence, sha256 } from './words.ts';

/** A process that is gone is followed by another this late. */
const LEASE_MS = 15_000;
const LOOK_EVERY_MS = 250;

export interface SubmitDoors {
  /** behind its guard; null: none is configured */
  gateway: InsightGateway | null;
  state: StateStore;
  config: Pick<InsightsConfig, 'gateway' | 'budget' | 'keep_ms'>;
  events: SubmitEvents;
  now: () => number;
  /** how long who asks may be silent, ms; for tests */
  leaseMs?: number;
}

export interface SubmitDesk extends Submitter {
  /** What of the day's budget is used, for GatewayStatus. @throws what the store throws */
  budget(): Promise<GatewayStatus['budget']>;
}

const OFF: ModelPart = {
  state: 'off',
  reason: 'no_gateway',
  detail: 'No AI gateway is configured; findings are by rules.',
  gateway: null,
  model: null,
  input_sha256: null,
  sent_at: null,
  took_ms: null,
  attempts: 0,
  repaired: false,
  format: null,
  tokens: null,
  cost_usd: null,
  request_id: null,
  dropped: {},
};

export function createSubmitter({ gateway, state, config, events, now, leaseMs = LEASE_MS }: SubmitDoors): SubmitDesk {
  const budget = new Budget(state, config.budget, now);
  const asker = gateway && config.gateway ? new Asker({ gateway, state, config: { ...config, gateway: config.gateway }, events, now, leaseMs }, budget) : null;
  return {
    budget: () => budget.today(),
    async submit(submission, signal) {
      signal.throwIfAborted();
      const submitted = asker ? await asker.submit(submission, signal) : { model: OFF, findings: [] };
      const { model } = submitted;
      events.submitted(submission.insightId, { state: model.state, reason: model.reason }, model);
      return submitted;
    },
  };
}

type AskerDoors = Required<Omit<SubmitDoors, 'gateway' | 'config'>> & {
  gateway: InsightGateway;
  config: SubmitDoors['config'] & { gateway: NonNullable<SubmitDoors['config']['gateway']> };
};

class Asker implements Submitter {
  private readonly doors: AskerDoors;
  private readonly budget: Budget;
  private readonly formats: Formats;
  private readonly answers: Answers;

  constructor(doors: AskerDoors, budget: Budget) {
    const { state, config, leaseMs } = doors;
    this.doors = doors;
    this.budget = budget;
    this.formats = new Formats(config.gateway.structured);
    this.answers = new Answers(state, config.keep_ms, { leaseMs, lookEveryMs: Math.min(LOOK_EVERY_MS, leaseMs / 4), longestMs: config.gateway.deadline_ms });
  }

  async submit(submission: Submission, signal: AbortSignal): Promise<Submitted> {
    const { gateway, events } = this.doors;
    const { insightId, input } = submission;
    const base: ModelPart = { ...OFF, state: 'done', reason: null, detail: null, gateway: gateway.name, model: gateway.model };
    const problem = problemOf(input);
    if (problem !== null) {
      events.rejectedInput(insightId, problem);
      return without(base, 'failed', 'internal', `What was to be sent is not as its schema says, so nothing was: ${problem}`);
    }
    const empty = input.services.length === 0 && input.hosts.length === 0;
    if (empty || (submission.asked !== true && isQuiet(input)))
      return without(base, 'done', 'nothing_to_say', 'No alert is open and nothing is other than before, so no model was asked.');

    const input_sha256 = inputSha256(input);
    const key = sha256(JSON.stringify([PROMPT_VERSION, gateway.kind, gateway.model, input_sha256]));
    const claim = await this.answers.claim(key, randomUUID(), signal);
    if (claim.waitedMs > 0) events.waited(claim.waitedMs / 1000, claim.kind === 'ours' ? 'taken_over' : claim.kind);
    if (claim.kind === 'gave_up') return without({ ...base, input_sha256 }, 'failed', 'timeout', 'Another process has been asking the same for too long.');
    if (claim.kind === 'answered') return this.reused({ ...base, input_sha256 }, claim.answered, submission);
    try {
      return await this.ask({ ...base, input_sha256 }, key, claim.lease, submission, signal);
    } finally {
      await claim.lease.release().catch(() => undefined);
    }
  }

  private async ask(base: ModelPart, key: string, lease: Lease, submission: Submission, signal: AbortSignal): Promise<Submitted> {
    const { gateway, state, config, now } = this.doors;
    const text = canonicalJson(submission.input);
    const head = {
      input_sha256: base.input_sha256!,
      insight: submission.insightId,
      gateway: gateway.name,
      host: gateway.host,
      model: gateway.model,
      input: text,
      aliases: submission.aliases,
    };
    const sent = new Sent(state, head, config.keep_ms, now);
    const matter = {
      insight: submission.insightId,
      input: text,
      key,
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      maxOutputTokens: config.gateway.max_output_tokens,
    };
    const asking = new Asking({ gateway, formats: this.formats, budget: this.budget, prices: config.budget, events: this.doors.events }, matter, sent);
    const began = performance.now();
    const asked = await this.within(asking, signal);
    await sent.save();
    const went = sent.count > 0;
    const model: ModelPart = {
      ...base,
      // Names a record: there is none where nothing went out.
      input_sha256: went ? base.input_sha256 : null,
      sent_at: sent.firstAt,
      took_ms: went ? Math.round(performance.now() - began) : null,
      attempts: sent.count,
      repaired: asking.repaired,
      format: went ? asking.format : null,
      tokens: asking.tokens,
      cost_usd: asking.costUsd,
      request_id: asking.requestId,
    };
    if (asked.kind === 'failed') return without(model, 'failed', asked.reason, asked.detail);
    const { sent_at, repaired, format, request_id } = model;
    await lease.answered({ answer: asked.answer, facts: { sent_at, repaired, format, request_id } });
    return this.resolved(model, asked.answer, submission);
  }

  /** What came of asking, in time. @throws the signal's reason, and what the store throws */
  private async within(asking: Asking, signal: AbortSignal): Promise<Asked> {
    const { deadline_ms } = this.doors.config.gateway;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), deadline_ms);
    try {
      return await asking.ask(AbortSignal.any([signal, late.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BudgetError) return { kind: 'failed', reason: error.reason, detail: error.message };
      const told = gatewayError(error);
      if (told) return { kind: 'failed', reason: told.reason, detail: told.message };
      if (late.signal.aborted) return { kind: 'failed', reason: 'timeout', detail: `There was no whole answer within gateway.deadline_ms (${deadline_ms} ms).` };
      if (error instanceof StateStoreError) throw error;
      this.doors.events.unexpected(error);
      return { kind: 'failed', reason: 'internal', detail: 'An error of Headwater itself kept the model from being asked; the log has it.' };
    } finally {
      clearTimeout(timer);
    }
  }

  private reused(base: ModelPart, { answer, facts }: Answered, submission: Submission): Submitted {
    return this.resolved({ ...base, ...facts, state: 'reused', tokens: { input: 0, output: 0 }, cost_usd: 0 }, answer, submission);
  }

  /** The answer in the words of this fleet; what cites nothing that was sent is left out. */
  private resolved(model: ModelPart, answer: Answer, { input, aliases }: Submission): Submitted {
    const { findings, dropped } = resolve(answer, input, aliases);
    this.doors.events.findings(findings.length, dropped);
    const [reason, detail] = saying(model, answer.findings.length, findings.length);
    return { model: { ...model, reason, detail: detail === null ? null : sentence(detail), dropped }, findings };
  }
}

function saying(model: ModelPart, answered: number, kept: number): [ModelReason | null, string | null] {
  const again = model.state === 'reused' ? `The same was asked at ${model.sent_at}; its answer is used again and nothing was sent.` : null;
  const also = again === null ? '' : ` ${again}`;
  if (answered === 0) return ['nothing_to_say', `The model found nothing that stands out.${also}`];
  if (kept === 0) return ['no_finding_left', `The model answered, but none of its findings (${answered}) rests on what was sent, so none is shown.${also}`];
  return [null, again];
}

function problemOf(input: InsightInput): string | null {
  try {
    checkInput(input);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

function without(base: ModelPart, state: ModelPart['state'], reason: ModelReason, detail: string): Submitted {
  return { model: { ...base, state, reason, detail: sentence(detail) }, findings: [] };
}
