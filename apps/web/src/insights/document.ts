import type { Severity, Subject as AlertSubject } from '../alerts/alert.ts';

/** The documents of `/v1/insights`, until the API's OpenAPI document has them. */
export interface Evidence {
  id: string;
  kind: 'service' | 'endpoint' | 'failure' | 'header' | 'host' | 'alert';
  label: string;
  service?: string;
  method?: string;
  route?: string;
  status?: number;
  error_type?: string;
  header?: string;
  host?: string;
  alert?: string;
  figures: Record<string, number | string>;
}
export interface Finding {
  id: string;
  source: 'rules' | 'model';
  rule?: string;
  severity: Severity;
  title: string;
  what_changed: string;
  likely_cause: string | null;
  check_next: string[];
  confidence: 'high' | 'medium' | 'low';
  evidence: Evidence[];
}
export interface ModelPart {
  state: 'off' | 'pending' | 'done' | 'reused' | 'failed';
  reason:
    | 'no_gateway'
    | 'nothing_to_say'
    | 'budget_tokens'
    | 'budget_money'
    | 'breaker_open'
    | 'denied'
    | 'rate_limited'
    | 'overloaded'
    | 'upstream_down'
    | 'unreachable'
    | 'timeout'
    | 'cut'
    | 'too_large'
    | 'not_a_completion'
    | 'refused'
    | 'answer_invalid'
    | 'no_finding_left'
    | 'rejected'
    | 'not_allowed'
    | 'internal'
    | null;
  detail: string | null;
  gateway: string | null;
  model: string | null;
  input_sha256: string | null;
  sent_at: string | null;
  took_ms: number | null;
  attempts: number;
  repaired: boolean;
  format: 'json_schema' | 'json_object' | 'plain' | null;
  tokens: { input: number; output: number } | null;
  cost_usd: number | null;
  request_id: string | null;
  dropped: Record<string, number>;
}
export interface Insight {
  schema: 1;
  id: string;
  trigger: 'alert' | 'digest' | 'request';
  subject: Pick<AlertSubject, 'service' | 'host'>;
  state: 'queued' | 'running' | 'done' | 'failed';
  failure: string | null;
  window: { start: string; end: string };
  compared_with: { start: string; end: string } | null;
  created_at: string;
  updated_at: string;
  alerts: string[];
  complete: boolean;
  findings: Finding[];
  model: ModelPart;
  requested_by: string | null;
  revision: number;
}
