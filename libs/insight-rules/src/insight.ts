import type { Severity } from '@headwater/alert-rules';

/** What an insight is to everyone who meets one: `insights.v1`, `/v1/insights`, the state store. Keys are as they travel. */

export const TRIGGERS = ['alert', 'digest', 'request'] as const;
/** `alert`: alerts of its subject are open; `digest`: the hour is over; `request`: somebody asked. */
export type Trigger = (typeof TRIGGERS)[number];

export const INSIGHT_STATES = ['queued', 'running', 'done', 'failed'] as const;
/** `failed`: not even the findings by rules could be made (`failure` says why); a model that could not be asked is `done`. */
export type InsightState = (typeof INSIGHT_STATES)[number];

export const CONFIDENCES = ['high', 'medium', 'low'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** What an insight is about; empty: the fleet. */
export interface InsightSubject {
  service?: string;
  host?: string;
}

export const EVIDENCE_KINDS = ['service', 'endpoint', 'failure', 'header', 'host', 'alert'] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** A figure that a finding rests on: under the id that was sent, in the words of this fleet. */
export interface Evidence {
  /** `ep_3`: as in what was sent */
  id: string;
  kind: EvidenceKind;
  /** for people: `GET /orders/{int} of shop` */
  label: string;
  service?: string;
  method?: string;
  route?: string;
  status?: number;
  error_type?: string;
  header?: string;
  host?: string;
  /** id of the alert */
  alert?: string;
  /** what was said of it, with units in the names; as it was sent */
  figures: Record<string, number | string>;
}

export interface Finding {
  /** `f1`, `f2` ... within its insight; stays while the insight is revised */
  id: string;
  /** `rules`: computed, always there; `model`: written by a language model, checked against the input */
  source: 'rules' | 'model';
  /** of source `rules`: which one */
  rule?: string;
  /** words of alerts: `page`, `ticket`, `info` */
  severity: Severity;
  title: string;
  what_changed: string;
  /** null: unknown */
  likely_cause: string | null;
  check_next: string[];
  confidence: Confidence;
  /** at least one */
  evidence: Evidence[];
}

export const MODEL_REASONS = [
  'no_gateway',
  'nothing_to_say',
  'budget_tokens',
  'budget_money',
  'breaker_open',
  'denied',
  'rate_limited',
  'overloaded',
  'upstream_down',
  'unreachable',
  'timeout',
  'cut',
  'too_large',
  'not_a_completion',
  'refused',
  'answer_invalid',
  'no_finding_left',
  'rejected',
  'not_allowed',
  'internal',
] as const;
/** Why there is no finding of a model, or no more. Words for people stand in `ModelPart.detail`. */
export type ModelReason = (typeof MODEL_REASONS)[number];

/** What became of asking the model. */
export interface ModelPart {
  /** `off`: no gateway is configured; `pending`: it is being asked; `reused`: the same input was answered before */
  state: 'off' | 'pending' | 'done' | 'reused' | 'failed';
  reason: ModelReason | null;
  /** one sentence, without secrets and without markup, at most 300 characters */
  detail: string | null;
  gateway: string | null;
  model: string | null;
  /** names what was sent: `/v1/insights/{id}/sent` */
  input_sha256: string | null;
  sent_at: string | null;
  took_ms: number | null;
  /** requests that went out, the repair included */
  attempts: number;
  repaired: boolean;
  format: 'json_schema' | 'json_object' | 'plain' | null;
  tokens: { input: number; output: number } | null;
  /** what the gateway said it cost, or the configured price; null: unknown */
  cost_usd: number | null;
  /** of the gateway or its provider, for their logs */
  request_id: string | null;
  /** findings of the answer that were left out, by reason (`unknown_evidence`, `no_evidence`, `repeated`, `too_many`) */
  dropped: Record<string, number>;
}

/** One insight over its whole life. */
export interface Insight {
  schema: 1;
  /** 32 hex digits; the same trigger, subject and window give the same */
  id: string;
  trigger: Trigger;
  subject: InsightSubject;
  state: InsightState;
  /** of state `failed`: one sentence */
  failure: string | null;
  /** RFC 3339, half-open; whole minutes */
  window: { start: string; end: string };
  compared_with: { start: string; end: string } | null;
  created_at: string;
  updated_at: string;
  /** alerts it looks at, ids */
  alerts: string[];
  /** false: something of the window was lost or not closed yet, so figures are at least / at most */
  complete: boolean;
  /** of the model first, then by rules; each by severity */
  findings: Finding[];
  model: ModelPart;
  /** who asked, of trigger `request`: client id of the token */
  requested_by: string | null;
  /** 1 when queued, grows with every change */
  revision: number;
}

/** Record of `insight-requests.v1`, key = id. */
export interface InsightRequest {
  schema: 1;
  /** id of the insight that answers it */
  id: string;
  subject: InsightSubject;
  window: { start: string; end: string };
  requested_at: string;
  requested_by: string;
}

/** What was sent to the gateway, to the byte, and what came back. Secrets of the connection (keys, headers) are not part of it. */
export interface SentRecord {
  schema: 1;
  /** SHA-256 of `input`: hex */
  input_sha256: string;
  insight: string;
  sent_at: string;
  gateway: string;
  /** host and port it went to */
  host: string;
  model: string;
  /** the InsightInput as it was sent, JSON */
  input: string;
  /** bodies of the requests that went out, the repair included; each with what came back (its first 16 KiB) or why nothing did */
  requests: { at: string; body: string; status: number | null; answer: string | null; error: string | null }[];
  /** stays here: what the ids of the input stand for */
  aliases: Record<string, Omit<Evidence, 'id' | 'figures'>>;
}

/** How the model's side is doing, by every process that asks it; lives a minute. */
export interface GatewayStatus {
  schema: 1;
  instance: string;
  at: string;
  /** null: no gateway is configured */
  gateway: { name: string; kind: 'openai-compatible' | 'wealthsimple'; host: string; model: string } | null;
  breaker: { state: 'closed' | 'open' | 'half_open'; until: string | null } | null;
  queued: number;
  budget: { day: string; tokens: { used: number; limit: number }; usd: { used: number; limit: number } | null };
  last_success_at: string | null;
  last_failure: { at: string; reason: ModelReason; detail: string } | null;
}

/** Keys of the state store: who writes them is said beside each. */
export const INSIGHT_KEYS = {
  /** `Insight` as JSON: by the API when somebody asks (state `queued`), then by apps/insights; lives `keep_ms` */
  insight: (id: string): string => `insight/${id}`,
  insights: 'insight/',
  /** `SentRecord` as JSON by apps/insights; lives `keep_ms` */
  sent: (inputSha256: string): string => `insight-sent/${inputSha256}`,
  /** `GatewayStatus` as JSON by every apps/insights; lives a minute */
  status: (instance: string): string => `insight-gateway/${instance}`,
  statuses: 'insight-gateway/',
} as const;

/** Longest and shortest window that can be asked about, and the default before now; ms. */
export const INSIGHT_WINDOW = { least: 60_000, most: 86_400_000, default: 900_000 } as const;
