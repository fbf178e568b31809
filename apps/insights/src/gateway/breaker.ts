import { circuitBreaker, CircuitState, DelegateBackoff, handleWhen, type CircuitBreakerPolicy, type IBreaker } from 'cockatiel';
import { GatewayError, type GatewayReason, type GuardStatus } from './port.ts';

/** Failures one after the other. */
const IN_A_ROW = 5;
/** Or this share of the last calls, once there are so many. */
const OF_LAST = 20;
const SHARE = 0.5;

/** First pause and longest; each that follows a failed probe is twice the one before. */
const PAUSE_MS = { first: 30_000, longest: 300_000 };
/** A provider that its gateway gave up stays so until somebody saves its settings. */
const DOWN_PAUSE_MS = { first: 120_000, longest: 1_800_000 };

/** These say nothing about how the gateway is doing: it answered, but not to this. */
const NOT_ITS_FAULT: ReadonlySet<GatewayReason> = new Set(['rejected', 'too_large']);

/** Leaves a gateway alone that fails. cockatiel's breaker; what opens it and for how long is ours. */
export class Breaker {
  readonly policy: CircuitBreakerPolicy;
  readonly #judge = new Judge();
  readonly #nowMs: () => number;
  #untilMs = 0;

  /** @param changed hears of every state, with the failure that led to it */
  constructor(nowMs: () => number, changed: (state: GuardStatus['breaker']['state'], detail: string | null) => void) {
    this.#nowMs = nowMs;
    const counts = (error: unknown): boolean => {
      // While one request decides, only an answer shows that the gateway is well: neither an abort nor a key that is not there does.
      if (this.policy.state === CircuitState.HalfOpen) return !(error instanceof GatewayError && NOT_ITS_FAULT.has(error.reason));
      if (!(error instanceof GatewayError) || NOT_ITS_FAULT.has(error.reason)) return false;
      // Of a key file that cannot be read the gateway knows nothing.
      return error.reason !== 'denied' || error.sent !== null;
    };
    this.policy = circuitBreaker(handleWhen(counts), {
      breaker: this.#judge,
      halfOpenAfter: new DelegateBackoff(({ attempt, result }) => {
        const error = 'error' in result && result.error instanceof GatewayError ? result.error : null;
        const { first, longest } = error?.reason === 'upstream_down' ? DOWN_PAUSE_MS : PAUSE_MS;
        const pauseMs = Math.max(Math.min(longest, first * 2 ** (attempt - 1)), error?.retryAfterMs ?? 0);
        this.#untilMs = this.#nowMs() + pauseMs;
        return pauseMs;
      }),
    });
    this.policy.onBreak((why) => changed('open', 'error' in why && why.error instanceof Error ? why.error.message : null));
    this.policy.onHalfOpen(() => changed('half_open', null));
    this.policy.onReset(() => changed('closed', null));
  }

  /** To be told right before a failure is thrown through the policy: this one opens it whatever came before. */
  openAtOnce(): void {
    this.#judge.atOnce = true;
  }

  state(): GuardStatus['breaker'] {
    const { state } = this.policy;
    if (state === CircuitState.Closed) return { state: 'closed', until: null };
    // It changes when the next request comes; that one decides.
    if (state === CircuitState.HalfOpen || this.#nowMs() >= this.#untilMs) return { state: 'half_open', until: null };
    return { state: 'open', until: new Date(this.#untilMs).toISOString() };
  }

  /** ms until the next request is let through; 0: now */
  get waitMs(): number {
    return Math.max(0, this.#untilMs - this.#nowMs());
  }
}

/** When it opens. */
class Judge implements IBreaker {
  atOnce = false;
  #inARow = 0;
  /** of the last calls, true: failed */
  #last: boolean[] = [];

  get state(): unknown {
    return { inARow: this.#inARow, last: [...this.#last] };
  }

  set state(_: unknown) {
    throw new Error('not restored');
  }

  success(state: CircuitState): void {
    this.#inARow = 0;
    if (state === CircuitState.HalfOpen) this.#last = [];
    this.#note(false);
  }

  failure(): boolean {
    this.#inARow++;
    this.#note(true);
    const failed = this.#last.filter(Boolean).length;
    const open = this.atOnce || this.#inARow >= IN_A_ROW || (this.#last.length === OF_LAST && failed >= SHARE * OF_LAST);
    this.atOnce = false;
    return open;
  }

  #note(failed: boolean): void {
    this.#last.push(failed);
    if (this.#last.length > OF_LAST) this.#last.shift();
  }
}
