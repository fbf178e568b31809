import { ANSWER_SCHEMA, readAnswer, type Answer, type ModelPart, type ModelReason } from '@headwater/insight-rules';
import type { CallOptions, Completion, Format, GatewayError, InsightGateway, Prompt } from '../gateway/port.ts';
import { BudgetError, type Budget, type Reservation } from './budget.ts';
import { microUsd, tokensAtMost, type Prices } from './estimate.ts';
import type { Operation, SubmitEvents } from './events.ts';
import type { Formats } from './formats.ts';
import { REPAIR_CHARACTERS, SYSTEM, TOO_LONG, fenced } from './prompt.ts';
import type { Sent } from './sent.ts';
import { beginning, sentence } from './words.ts';

export interface Doors {
  gateway: InsightGateway;
  formats: Formats;
  budget: Budget;
  /** for answers whose gateway does not say what they cost; 0 and 0: unknown */
  prices: Prices;
  events: SubmitEvents;
}

export interface Matter {
  insight: string;
  /** canonical JSON of the input */
  input: string;
  /** of the question: Idempotency-Key begins with it */
  key: string;
  traceId: string;
  spanId: string;
  maxOutputTokens: number;
}

export type Asked = { kind: 'answer'; answer: Answer } | { kind: 'failed'; reason: ModelReason; detail: string };

type Judged = Asked | { kind: 'invalid'; problem: string; answer: string };

/** One question to the model, with what follows from it: a plainer format where one is refused, one repair of an answer that cannot be used. */
export class Asking {
  repaired = false;
  format: Format;
  requestId: string | null = null;
  /** of all answers; null: one did not say */
  tokens: ModelPart['tokens'] = null;
  costUsd: number | null = null;
  private answers = 0;
  private steps = 0;
  private readonly doors: Doors;
  private readonly matter: Matter;
  private readonly sent: Sent;

  constructor(doors: Doors, matter: Matter, sent: Sent) {
    this.doors = doors;
    this.matter = matter;
    this.sent = sent;
    this.format = doors.formats.current;
  }

  /** @throws GatewayError, BudgetError, the store's errors, and the signal's reason */
  async ask(signal: AbortSignal): Promise<Asked> {
    const first = judge(await this.inSomeFormat(signal));
    if (first.kind !== 'invalid') return first;
    const second = await this.repair(first, signal);
    this.repaired = second.kind === 'answer';
    this.doors.events.repaired(this.repaired ? 'repaired' : 'failed');
    return second;
  }

  private async inSomeFormat(signal: AbortSignal): Promise<Completion> {
    for (let step: Operation['step'] = 'first'; ; step = 'plainer') {
      try {
        return await this.complete(step, undefined, signal);
      } catch (error) {
        const plainer = gatewayError(error)?.formatRefused ? this.doors.formats.refused(this.format) : null;
        if (plainer === null) throw error;
        this.doors.events.formatRefused(this.format);
        this.format = plainer;
      }
    }
  }

  private async repair({ answer, problem }: { answer: string; problem: string }, signal: AbortSignal): Promise<Asked> {
    const first = `The model's answer could not be used (${problem})`;
    try {
      const second = judge(await this.complete('repair', { answer: beginning(answer, REPAIR_CHARACTERS), problem }, signal));
      return second.kind === 'invalid'
        ? { kind: 'failed', reason: 'answer_invalid', detail: sentence(`${first}, and neither could the one after it (${second.problem}).`) }
        : second;
    } catch (error) {
      // What is wrong is the answer; that it could not be mended comes second.
      if (error instanceof BudgetError || gatewayError(error))
        return { kind: 'failed', reason: 'answer_invalid', detail: sentence(`${first}, and asking again failed: ${(error as Error).message}`) };
      throw error;
    }
  }

  private async complete(step: Operation['step'], repair: Prompt['repair'], signal: AbortSignal): Promise<Completion> {
    const { gateway, events } = this.doors;
    const { insight, input, key, traceId, spanId, maxOutputTokens } = this.matter;
    const prompt: Prompt = {
      system: SYSTEM,
      user: fenced(input),
      ...(repair ? { repair } : {}),
      format: this.format,
      schema: { name: 'headwater_insight', schema: ANSWER_SCHEMA },
      maxOutputTokens,
    };
    const watch = this.watched(prompt);
    const options: CallOptions = { signal, idempotencyKey: `${key}-${++this.steps}`, traceparent: `00-${traceId}-${spanId}-01`, ...watch };
    const began = performance.now();
    const tell = (error: Operation['error'], done: Completion | null) =>
      events.operation({
        insight,
        traceId,
        gateway: gateway.name,
        host: gateway.host,
        model: gateway.model,
        format: prompt.format,
        step,
        seconds: (performance.now() - began) / 1000,
        error,
        tokens: done?.tokens ?? null,
        costUsd: done ? this.costOf(done) : null,
      });
    try {
      const done = await gateway.complete(prompt, options);
      this.count(done);
      tell(null, done);
      return done;
    } catch (error) {
      tell(error instanceof BudgetError ? error.reason : (gatewayError(error)?.reason ?? (signal.aborted ? 'aborted' : 'store')), null);
      throw error;
    }
  }

  /** Each request is paid for and written down before it goes out, and settled when it has ended. */
  private watched({ maxOutputTokens }: Prompt): Pick<CallOptions, 'sending' | 'ended'> {
    let open: Reservation | null = null;
    return {
      sending: async (body) => {
        const reservation = await this.doors.budget.reserve({ input: tokensAtMost(body), output: maxOutputTokens });
        try {
          await this.sent.sending(body);
        } catch (error) {
          await reservation.release().catch(() => undefined);
          throw error;
        }
        open = reservation;
      },
      ended: async (outcome) => {
        const reservation = open;
        if (!reservation) return;
        open = null;
        // Where the store is away the reservation stays: the day has less left than it could have.
        await settle(reservation, outcome).catch(() => undefined);
        await this.sent.ended(outcome);
      },
    };
  }

  private count(done: Completion): void {
    this.tokens = plus(this.tokens, done.tokens, this.answers, (a, b) => ({ input: a.input + b.input, output: a.output + b.output }));
    this.costUsd = plus(this.costUsd, this.costOf(done), this.answers, (a, b) => a + b);
    this.requestId = done.requestId;
    this.answers++;
  }

  private costOf({ tokens, costUsd }: Completion): number | null {
    const { prices } = this.doors;
    if (costUsd !== null || tokens === null || (prices.cents_per_million_input === 0 && prices.cents_per_million_output === 0)) return costUsd;
    return microUsd(tokens, prices) / 1_000_000;
  }
}

function plus<T>(sum: T | null, next: T | null, answers: number, add: (a: T, b: T) => T): T | null {
  if (answers === 0) return next;
  return sum === null || next === null ? null : add(sum, next);
}

/**
 * Reasons after which a model may have run and be charged for: nobody knows. After any other failure none did, or its provider does not
 * charge for it; a wrong address that answers with pages must not use up the day.
 */
const MAYBE_CHARGED: ReadonlySet<string> = new Set(['timeout', 'cut', 'too_large']);

async function settle(reservation: Reservation, outcome: Completion | GatewayError | 'aborted'): Promise<void> {
  if (outcome === 'aborted') return reservation.keep();
  if (!(outcome instanceof Error)) return reservation.settle(outcome.tokens, outcome.costUsd);
  return MAYBE_CHARGED.has(outcome.reason) ? reservation.keep() : reservation.release();
}

function judge({ text, finish, tokens }: Completion): Judged {
  if (finish === 'content_filter') return { kind: 'failed', reason: 'refused', detail: "The provider's content filter stopped the answer." };
  if (finish === 'refusal') return { kind: 'failed', reason: 'refused', detail: 'The model refused to answer.' };
  if (text === null || text.trim() === '') {
    if (finish !== 'length') return { kind: 'failed', reason: 'refused', detail: 'The model answered without a text.' };
    const spent = tokens ? ` (${tokens.output})` : '';
    return { kind: 'failed', reason: 'answer_invalid', detail: `The model used up its tokens${spent} before it said anything; raise gateway.max_output_tokens.` };
  }
  const read = readAnswer(text);
  if ('answer' in read) return { kind: 'answer', answer: read.answer };
  return { kind: 'invalid', answer: text, problem: finish === 'length' ? TOO_LONG : read.problem };
}

/** Told by its name: stages share types, not code. */
export function gatewayError(error: unknown): GatewayError | null {
  return error instanceof Error && error.name === 'GatewayError' ? (error as GatewayError) : null;
}
