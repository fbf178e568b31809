import type { RuleKind, Severity } from '@headwater/alert-rules';
import type { Evidence } from './insight.ts';

/**
 * Everything that a model is told: aggregates only, by JSON Schema (`INPUT_SCHEMA`), nothing beside it. Services, hosts and clients go by
 * alias (`svc_1`); no header value, no id, no address. Every number is keyed, has at most three decimals and eight digits (a count from
 * 1e8 on is text, `1.2e8`), and no list holds bare numbers: what Wealthsimple's scrubber would take for a card or a phone is never written.
 */
export interface InsightInput {
  schema: 1;
  /** RFC 3339 with Z, whole seconds */
  window: { start: string; end: string };
  compared_with: { start: string; end: string } | null;
  quality: { complete: boolean; lost_exchanges: Count; coverage_pct: number; hosts: Count };
  services: InputService[];
  endpoints: InputEndpoint[];
  failures: InputFailure[];
  headers: InputHeader[];
  hosts: InputHost[];
  alerts: InputAlert[];
  /** what was left out so that the rest fits, by list: the least telling first */
  truncated: Record<string, Count>;
}

export type Count = number | string;

/** Rates and times of an equally long time before; null: nothing was there. */
export interface InputBefore {
  exchanges_per_s: number;
  error_pct: number;
  p50_ms: number | null;
  p99_ms: number | null;
}

export interface InputService {
  /** `svc_1` */
  id: string;
  /** only where `send_service_names` allows it */
  name?: string;
  exchanges: Count;
  exchanges_per_s: number;
  /** 5xx, and exchanges without a whole response */
  error_pct: number;
  client_error_pct: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  before: InputBefore | null;
}

export interface InputEndpoint {
  /** `ep_1` */
  id: string;
  service: string;
  method: string;
  /** template, made safe: what looks like an id, a secret or an address is `{redacted}`; at most 128 characters */
  route: string;
  exchanges: Count;
  error_pct: number;
  client_error_pct: number;
  p50_ms: number | null;
  p99_ms: number | null;
  /** the five most frequent, `200:10482; 404:312`; `none` had no answer */
  statuses: string;
  before: InputBefore | null;
  change: 'new' | 'vanished' | 'none';
}

export interface InputFailure {
  /** `fail_1` */
  id: string;
  endpoint: string;
  status: number | null;
  error_type: string | null;
  exchanges: Count;
  /** of the endpoint's exchanges */
  share_pct: number;
  before_share_pct: number | null;
  first_seen: string | null;
}

export interface InputHeader {
  /** `hdr_1` */
  id: string;
  service: string;
  /** what is noticed about it */
  kind: 'appeared' | 'vanished' | 'more_often' | 'less_often' | 'credential_in_clear' | 'credential_in_query' | 'missing_security_header';
  /** field name, lower case, at most 64 characters */
  name: string;
  direction: 'request' | 'response';
  share_pct: number;
  before_share_pct: number | null;
}

export interface InputHost {
  /** `host_1` */
  id: string;
  /** that came of it */
  exchanges: Count;
  lost_exchanges: Count;
  coverage_pct: number;
  /** since its last heartbeat; null: it is heard */
  silent_s: number | null;
}

export interface InputAlert {
  /** `alert_1` */
  id: string;
  kind: RuleKind;
  severity: Severity;
  /** `svc_1`, `ep_1` or `host_1` */
  about: string;
  opened_at: string;
  values: Record<string, number | string>;
}

/** What the ids of one input stand for. Never leaves the fleet; an answer is put back into words with it. */
export type Aliases = Record<string, Omit<Evidence, 'id' | 'figures'>>;
