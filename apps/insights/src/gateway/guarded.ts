import { setTimeout as sleep } from 'node:timers/promises';
import { BrokenCircuitError, bulkhead, BulkheadRejectedError, TaskCancelledError, type BulkheadPolicy } from 'cockatiel';
import { Breaker } from './breaker.ts';
import { GatewayError, type CallOptions, type Completion, type GuardedGateway, type GuardReport, type GuardStatus, type InsightGateway, type Prompt } from './port.ts';
import { RetryBudget } from './retry-budget.ts';
import { LONGEST_WAIT_MS } from './retry-after.ts';
import { scrubbed } from './words.ts';

/** Requests at a time, and calls that may wait for that. */
const AT_ONCE = 2;
const WAITING = 16;

/** Full jitter: any pause up to a bound that doubles. */
const PAUSE_MS = { first: 500, longest: 20_000 };

export interface GuardSettings {
  /** requests of one call at most, first included */
  maxAttempts: number;
  /** of one call, with all requests and pauses, ms */
  deadlineMs: number;
}

/** What tests replace. */
export interface GuardParts {
  nowMs(): number;
  /** 0 to 1 */
  random(): number;
  /** rejects when aborted */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const REAL: GuardParts = {
  nowMs: () => Date.now(),
  random: Math.random,
  pause: (ms, signal) => sleep(ms, undefined, { signal }),
};

const SILENT: GuardReport = { attempt() {}, retry() {}, gaveUp() {}, breaker() {} };

/**
 * The one layer of resilience around a gateway: repeats with pauses, a breaker and a bulkhead. Pauses are ours: cockatiel's cannot be ended early,
 * and a process that stops must not wait for one.
 */
export function guarded(gateway: InsightGateway, settings: GuardSettings, report: GuardReport = SILENT, parts: GuardParts = REAL): GuardedGateway {
  return new Guard(gateway, settings, report, parts);
}

class Guard implements GuardedGateway {
  readonly #gateway: InsightGateway;
  readonly #settings: GuardSettings;
  readonly #report: GuardReport;
  readonly #parts: GuardParts;
  readonly #budget: RetryBudget;
  readonly #breaker: Breaker;
  readonly #bulkhead: BulkheadPolicy = bulkhead(AT_ONCE, WAITING);
  #lastSuccessAt: string | null = null;
  #lastFailure: GuardStatus['last_failure'] = null;

  constructor(gateway: InsightGateway, settings: GuardSettings, report: GuardReport, parts: GuardParts) {
    this.#gateway = gateway;
    this.#settings = settings;
    this.#report = report;
    this.#parts = parts;
    this.#budget = new RetryBudget(parts.nowMs);
    this.#breaker = new Breaker(parts.nowMs, (state, detail) => report.breaker(state, detail));
  }

  get name(): string {
    return this.#gateway.name;
  }
  get kind(): InsightGateway['kind'] {
    return this.#gateway.kind;
  }
  get host(): string {
    return this.#gateway.host;
  }
  get model(): string {
    return this.#gateway.model;
  }

  status(): GuardStatus {
    return { breaker: this.#breaker.state(), last_success_at: this.#lastSuccessAt, last_failure: this.#lastFailure };
  }

  async close(): Promise<void> {
    await this.#gateway.close();
  }

  async complete(prompt: Prompt, options: CallOptions): Promise<Completion> {
    options.signal.throwIfAborted();
    const { deadlineMs } = this.#settings;
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new GatewayError('timeout', `No answer within ${deadlineMs} ms (gateway.deadline_ms), pauses included`, { retryable: true })),
      deadlineMs,
    );
    const endsAtMs = this.#parts.nowMs() + deadlineMs;
    try {
      return await this.#untilDone(prompt, { ...options, signal: AbortSignal.any([options.signal, late.signal]) }, endsAtMs);
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #untilDone(prompt: Prompt, options: CallOptions, endsAtMs: number): Promise<Completion> {
    this.#budget.earn();
    let failure: GatewayError | null = null;
    /** repeats of failures that may be repeated only so often */
    let limited = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#through(prompt, options);
      } catch (error) {
        if (!(error instanceof GatewayError) || options.signal.aborted) throw error;
        // What happened says more than that the breaker opened because of it.
        if (error.reason === 'breaker_open' && failure !== null) {
          this.#report.gaveUp('breaker', failure.reason);
          throw failure;
        }
        failure = error;
      }
      const waitMs = this.#waitBefore(attempt, limited, failure, endsAtMs);
      if (waitMs === null) throw failure;
      if (failure.retryLimit !== null) limited++;
      this.#report.retry(failure.reason, waitMs);
      try {
        await this.#parts.pause(waitMs, options.signal);
      } catch {
        throw options.signal.reason;
      }
    }
  }

  /** ms; null: it is not repeated */
  #waitBefore(attempt: number, limited: number, failure: GatewayError, endsAtMs: number): number | null {
    if (!failure.retryable || failure.reason === 'breaker_open') return null;
    const gaveUp = (why: 'attempts' | 'deadline' | 'budget' | 'breaker'): null => {
      this.#report.gaveUp(why, failure.reason);
      return null;
    };
    if (attempt >= this.#settings.maxAttempts || (failure.retryLimit !== null && limited >= failure.retryLimit)) return gaveUp('attempts');
    // Open already: a pause would end before it closes.
    if (this.#breaker.state().state === 'open') return gaveUp('breaker');
    const jitter = this.#parts.random() * Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** (attempt - 1));
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(jitter, failure.retryAfterMs ?? 0));
    if (this.#parts.nowMs() + waitMs >= endsAtMs) return gaveUp('deadline');
    return this.#budget.spend() ? waitMs : gaveUp('budget');
  }

  /** Bulkhead, breaker, request. What has not begun ends with the signal at once. */
  async #through(prompt: Prompt, options: CallOptions): Promise<Completion> {
    const { signal } = options;
    let begun = false;
    const work = this.#bulkhead.execute(
      () =>
        this.#breaker.policy.execute(() => {
          begun = true;
          return this.#attempt(prompt, options);
        }, signal),
      signal,
    );
    const unbegun = Promise.withResolvers<never>();
    const abort = (): void => {
      if (!begun) unbegun.reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([work, unbegun.promise]);
    } catch (error) {
      throw this.#told(error, signal);
    } finally {
      signal.removeEventListener('abort', abort);
      work.catch(() => undefined);
    }
  }

  #told(error: unknown, signal: AbortSignal): unknown {
    if (error instanceof BulkheadRejectedError) return new GatewayError('overloaded', `More than ${WAITING} calls wait for the gateway already`, { retryable: true });
    if (error instanceof TaskCancelledError) return signal.reason;
    if (!(error instanceof BrokenCircuitError)) return error;
    const { until } = this.#breaker.state();
    const after = this.#lastFailure === null ? '' : `, since: ${this.#lastFailure.detail}`;
    const detail = scrubbed(`The gateway is left alone${until === null ? '' : ` until ${until}`}${after}`);
    return new GatewayError('breaker_open', detail, { retryable: true, retryAfterMs: this.#breaker.waitMs });
  }

  async #attempt(prompt: Prompt, options: CallOptions): Promise<Completion> {
    options.signal.throwIfAborted();
    const startedMs = this.#parts.nowMs();
    const took = (): number => this.#parts.nowMs() - startedMs;
    try {
      const completion = await this.#gateway.complete(prompt, options);
      this.#lastSuccessAt = new Date(this.#parts.nowMs()).toISOString();
      this.#report.attempt('completed', took());
      return completion;
    } catch (error) {
      if (error instanceof GatewayError) {
        this.#lastFailure = { at: new Date(this.#parts.nowMs()).toISOString(), reason: error.reason, detail: error.message };
        if (error.reason === 'upstream_down') this.#breaker.openAtOnce();
        this.#report.attempt(error.reason, took());
      } else if (options.signal.aborted) this.#report.attempt('aborted', took());
      throw error;
    }
  }
}
