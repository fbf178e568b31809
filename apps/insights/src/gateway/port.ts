import type { ModelReason } from '@headwater/insight-rules';

/**
 * The AI gateway: one question, one answer. Adapters: `openai-compatible`, `wealthsimple`; they pass one contract suite. An adapter makes
 * one HTTP request a call and never repeats it: retries, breaker and limits stand around it (`guarded.ts`), in this one layer.
 */
export interface InsightGateway {
  /** preset or kind, for logs, metrics and `ModelPart.gateway` */
  readonly name: string;
  readonly kind: 'openai-compatible' | 'wealthsimple';
  /** host and port it talks to */
  readonly host: string;
  readonly model: string;
  /** Resolves with what a schema-checked 200 said; rejects with GatewayError, whatever went wrong, and with the signal's reason when aborted. */
  complete(prompt: Prompt, options: CallOptions): Promise<Completion>;
  /** Gives connections back. */
  close(): Promise<void>;
}

/** How the answer's shape is asked for. */
export const FORMATS = ['json_schema', 'json_object', 'plain'] as const;
export type Format = (typeof FORMATS)[number];

export interface Prompt {
  system: string;
  user: string;
  /** a repair: what the model answered, and what is wrong with it */
  repair?: { answer: string; problem: string };
  format: Format;
  /** of format `json_schema`: its name and the schema (strict: every property required, none beside) */
  schema: { name: string; schema: object };
  maxOutputTokens: number;
}

export interface CallOptions {
  signal: AbortSignal;
  /** sent as `Idempotency-Key`: most gateways drop it, it harms none */
  idempotencyKey: string;
  /** W3C trace context, for whoever looks for the call in the gateway's logs */
  traceparent: string;
  /**
   * Awaited by the adapter right before each HTTP request, repeats included, with the body as it will go out, to the byte: what is sent is
   * written down and paid for before it is sent. When it rejects nothing is sent, and complete() rejects with the very same error (no
   * GatewayError: not tried again, nothing to the breaker).
   */
  sending: (body: string) => Promise<void>;
  /** Awaited by the adapter when a request that went out has ended, also one that will be tried again; never rejects. `aborted`: the caller's signal ended it. */
  ended: (outcome: Completion | GatewayError | 'aborted') => Promise<void>;
}

export interface Completion {
  /** null: the model refused or was stopped */
  text: string | null;
  finish: 'stop' | 'length' | 'content_filter' | 'refusal' | 'other';
  tokens: { input: number; output: number } | null;
  /** as the gateway says (LiteLLM); null: it does not */
  costUsd: number | null;
  requestId: string | null;
  /** body that was sent, and body that came, to the byte as text; only the connection's own key or secret is `{redacted}` where it is echoed */
  sent: string;
  received: string;
}

export type GatewayReason = Exclude<ModelReason, 'no_gateway' | 'nothing_to_say' | 'budget_tokens' | 'budget_money' | 'answer_invalid' | 'no_finding_left' | 'internal'>;

export interface GatewayErrorFacts {
  retryable: boolean;
  retryLimit?: number | null;
  retryAfterMs?: number | null;
  formatRefused?: boolean;
  status?: number | null;
  sent?: string | null;
  received?: string | null;
}

/** `detail` is scrubbed: one line, no secrets, no markup, at most 300 characters (gateways put upstream bodies and headers into theirs). */
export class GatewayError extends Error {
  readonly reason: GatewayReason;
  /** the very same request may succeed later */
  readonly retryable: boolean;
  /** how often one may repeat it because of this, where that is less than the settings allow (a 500 that says nothing: once) */
  readonly retryLimit: number | null;
  /** how long the gateway asked to wait, ms, at most a minute; of `breaker_open` until it is asked again; null: it did not say */
  readonly retryAfterMs: number | null;
  /** the format was refused: ask with a plainer one */
  readonly formatRefused: boolean;
  readonly status: number | null;
  /** body that was sent, and what came back (its beginning), for the record of what was sent; the connection's own key or secret is `{redacted}` where it is echoed */
  readonly sent: string | null;
  readonly received: string | null;
  constructor(reason: GatewayReason, detail: string, more: GatewayErrorFacts, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'GatewayError';
    this.reason = reason;
    this.retryable = more.retryable;
    this.retryLimit = more.retryLimit ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.formatRefused = more.formatRefused ?? false;
    this.status = more.status ?? null;
    this.sent = more.sent ?? null;
    this.received = more.received ?? null;
  }

  /** The same failure with more known of it, or in other words. */
  with(more: Partial<GatewayErrorFacts>, detail = this.message): GatewayError {
    const { retryable, retryLimit, retryAfterMs, formatRefused, status, sent, received } = this;
    return new GatewayError(this.reason, detail, { retryable, retryLimit, retryAfterMs, formatRefused, status, sent, received, ...more });
  }
}

/** What `openGateway` gives: an adapter behind retries, breaker and bulkhead. `complete` also ends by `deadline_ms`, as `timeout` or with its last failure. */
export interface GuardedGateway extends InsightGateway {
  /** words of `GatewayStatus` */
  status(): GuardStatus;
}

export interface GuardStatus {
  /** `half_open`: the next request decides; `until`: RFC 3339, while open */
  breaker: { state: 'closed' | 'open' | 'half_open'; until: string | null };
  /** RFC 3339 */
  last_success_at: string | null;
  last_failure: { at: string; reason: GatewayReason; detail: string } | null;
}

/** What the guard counts; whoever opens the gateway turns it into metrics and log lines. */
export interface GuardReport {
  /** an attempt has ended; one whose key or token could not be had sent nothing */
  attempt(outcome: 'completed' | 'aborted' | GatewayReason, tookMs: number): void;
  /** a pause before a repeat */
  retry(reason: GatewayReason, waitMs: number): void;
  /** no repeat although one may be tried: what held it back */
  gaveUp(why: 'attempts' | 'deadline' | 'budget' | 'breaker', reason: GatewayReason): void;
  breaker(state: 'closed' | 'open' | 'half_open', detail: string | null): void;
}
