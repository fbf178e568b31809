import type { ModelPart } from '@headwater/insight-rules';
import type { Format, GatewayReason } from '../gateway/port.ts';

/** One question to the gateway with its repeats: what OpenTelemetry's GenAI conventions call a client operation (`gen_ai.operation.name` = `chat`). */
export interface Operation {
  /** of the insight, for the log */
  insight: string;
  /** W3C: 32 hex digits; the gateway was told */
  traceId: string;
  gateway: string;
  /** host and port: `server.address`, `server.port` */
  host: string;
  /** `gen_ai.request.model` */
  model: string;
  format: Format;
  /** `first`: the question; `plainer`: again, since the format was refused; `repair`: again, since the answer could not be used */
  step: 'first' | 'plainer' | 'repair';
  /** `gen_ai.client.operation.duration` */
  seconds: number;
  /** `error.type`; null: it was answered */
  error: GatewayReason | 'aborted' | 'budget_tokens' | 'budget_money' | 'store' | null;
  /** `gen_ai.client.token.usage`, by `gen_ai.token.type` input and output; null: the gateway does not say */
  tokens: { input: number; output: number } | null;
  /** as the gateway says, else by the configured prices; null: unknown */
  costUsd: number | null;
}

/** How a submission ended: `state` of the ModelPart, and its reason where there is one. */
export interface Outcome {
  state: ModelPart['state'];
  reason: ModelPart['reason'];
}

/** Everything that submitting counts and says; report/ turns it into metrics and log lines. None of it holds a secret or a header. */
export interface SubmitEvents {
  /** once for every submission that did not reject */
  submitted(insight: string, outcome: Outcome, model: ModelPart): void;
  /** once for every question that went to the gateway, also where it was never sent (breaker, budget) */
  operation(operation: Operation): void;
  /** what one answer came to: findings kept, and left out by reason */
  findings(kept: number, dropped: Readonly<Record<string, number>>): void;
  /** an answer could not be used and was asked for again; `how` it ended */
  repaired(how: 'repaired' | 'failed'): void;
  /** a format was refused and is not asked for again by this process */
  formatRefused(format: Format): void;
  /** another submission asks the same: this one waits for its answer */
  waited(seconds: number, how: 'answered' | 'taken_over' | 'gave_up'): void;
  /** the input was not as its schema says: a fault of ours, nothing was sent */
  rejectedInput(insight: string, problem: string): void;
  /** an error that is nobody's answer and not the store's: a fault of ours */
  unexpected(error: unknown): void;
}

/** Bounds of histograms, as the GenAI conventions advise. */
export const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];
export const SECONDS_BUCKETS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
