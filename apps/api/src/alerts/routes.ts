import type { Documented } from '../openapi/documented.ts';
import { oneOf, PARAMETERS, type Parameter } from '../query/parameters.ts';

const { start, end, state, severity, rule, service, host, id, limit, cursor } = PARAMETERS;

const SUBJECT = { service: 'shop', method: 'POST', route: '/orders' };
const VALUES = { failures: 312, exchanges: 4_120, error_ratio: 0.075728, burn_rate_long: 15.2, burn_rate_short: 75.7 };
const ALERT = {
  schema: 1,
  id: '3f0c4a6b1de7a2985f0c4a6b1de7a298',
  rule: 'error-burn-fast',
  kind: 'error_burn',
  severity: 'page',
  subject: { service: 'shop' },
  state: 'open',
  title: 'shop spends its error budget 75.7 times as fast as its objective allows (312 of 4,120 exchanges failed in 5 minutes)',
  description: 'At this rate the budget of 30 days is gone in under 10 hours. Look at the failing routes of shop first.',
  opened_at: '2026-11-22T09:41:00Z',
  opening_window: { start: '2026-11-22T09:40:00Z', end: '2026-11-22T09:41:00Z' },
  resolved_at: null,
  resolution: null,
  values: VALUES,
  last_values: { ...VALUES, failures: 401, exchanges: 4_090 },
  complete: true,
  muted_by: null,
  revision: 3,
  muted: false,
};
const RULE = {
  id: 'new-failing-route',
  kind: 'new_failing_route',
  severity: 'ticket',
  enabled: true,
  subjects: [],
  resolve_after_minutes: 10,
  quiet_hours: 24,
  min_failures: 10,
  min_ratio: 0.05,
  within_minutes: 10,
  client_errors: false,
};
const MUTE_REQUEST = { match: { service: 'shop', severity: 'page' }, ends_at: '2026-11-22T12:00:00Z', comment: 'Release 4.2: errors are expected until the migration is through.' };
const MUTE = {
  schema: 1,
  id: '9b1f0c4a6b1de7a2985f0c4a6b1de7a2',
  ...MUTE_REQUEST,
  starts_at: '2026-11-22T10:00:00Z',
  created_by: 'admin',
  created_at: '2026-11-22T10:00:00Z',
  state: 'active',
};

const ALERT_PARAMETERS = {
  start: { ...start, description: 'Alerts that were open at any time from here (RFC 3339, unix seconds or `now-1d`). Default: seven days before end.' },
  end: { ...end, description: 'End of the range, excluded.' },
  state,
  severity,
  rule,
  service,
  host,
  id,
  limit,
  cursor,
} satisfies Record<string, Parameter>;

/** What the routes of alerts take and answer: read by the controller (checks) and by OpenAPI (documentation). */
export const ALERT_ROUTES = {
  alerts: {
    operationId: 'listAlerts',
    summary: 'Alerts that were open at any time in the range: open ones first, then by severity, then the newest',
    description: 'Alerts about hosts need the scope `fleet:read` and are not shown to a token narrowed to services, which sees those of its services only.',
    parameters: ALERT_PARAMETERS,
    conditional: true,
    answer: {
      status: 200,
      description: 'The alerts.',
      schema: 'AlertList',
      example: { range: { start: '2026-11-15T10:00:00Z', end: '2026-11-22T10:00:00Z' }, data: [ALERT] },
    },
  },
  rules: {
    operationId: 'listAlertRules',
    summary: 'The alert rules in force, with how often they fired',
    parameters: { view: oneOf(['preview'], '`preview`: each rule also has how often it would have opened in the last 24 hours of closed windows.') },
    conditional: true,
    answer: {
      status: 200,
      description: 'The rules.',
      schema: 'AlertRuleList',
      example: { source: 'built-in', loaded_at: '2026-11-22T08:00:00Z', data: [{ ...RULE, open: 0, fired_last_day: 2 }] },
    },
  },
  preview: {
    operationId: 'previewAlertRule',
    summary: 'When a rule would have opened and resolved, and for what: changes nothing',
    description: 'Over at most 24 hours of closed windows. Rules about hosts (`agent_silent`, `capture_incomplete`) need the scope `fleet:read`.',
    parameters: {},
    failures: [[409, 'It would go through too much: more than 150,000 minutes of services.']],
    body: { schema: 'AlertRulePreviewRequest', example: { rule: RULE, start: 'now-6h' } },
    answer: {
      status: 200,
      description: 'What it would have done.',
      schema: 'AlertRulePreview',
      example: {
        range: { start: '2026-11-22T04:00:00Z', end: '2026-11-22T10:00:00Z' },
        rule: RULE,
        fired: 1,
        data: [
          {
            subject: SUBJECT,
            title: 'POST /orders of shop began to fail',
            opened_at: '2026-11-22T09:14:00Z',
            resolved_at: '2026-11-22T09:52:00Z',
            values: { failures: 14, exchanges: 120, error_ratio: 0.116667 },
          },
        ],
        quality: { complete: true, lost: 0, lost_by: {}, lost_batches: 0, lost_exchanges: 0, sampling: null, hosts: 3, coverage: 1 },
      },
    },
  },
  mutes: {
    operationId: 'listMutes',
    summary: 'Mutes and maintenance windows: in force, planned, and ended in the last 7 days',
    parameters: {},
    conditional: true,
    answer: { status: 200, description: 'The mutes.', schema: 'MuteList', example: { data: [MUTE] } },
  },
  mute: {
    operationId: 'getMute',
    summary: 'One mute',
    parameters: {},
    path: { id: 'Id of the mute.' },
    conditional: true,
    answer: { status: 200, description: 'The mute.', schema: 'Mute', example: MUTE },
    failures: [[404, 'There is none with this id, or none the token may see.']],
  },
  createMute: {
    operationId: 'createMute',
    summary: 'Keeps alerts that match from being delivered for a while, now or later (a maintenance window)',
    description: 'Alerts are recorded, published and shown all the same. At most 30 days long and 500 in all. A token narrowed to services mutes those only.',
    parameters: {},
    body: { schema: 'MuteRequest', example: MUTE_REQUEST },
    idempotent: true,
    answer: {
      status: 201,
      description: 'It is in force from starts_at on.',
      schema: 'Mute',
      example: MUTE,
      headers: { Location: { schema: { type: 'string' }, description: 'Path of the mute.' } },
    },
    failures: [
      [409, 'There are 500 already.'],
      [422, 'The Idempotency-Key came with another mute before.'],
    ],
  },
  deleteMute: {
    operationId: 'deleteMute',
    summary: 'Ends a mute, or calls maintenance off',
    parameters: {},
    path: { id: 'Id of the mute.' },
    answer: { status: 204, description: 'It is gone.' },
    failures: [[404, 'There is none with this id, or none the token may see.']],
  },
} as const satisfies Record<string, Documented>;
