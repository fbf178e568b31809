import { RULE_KINDS, SEVERITIES } from '@headwater/alert-rules';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const count: Schema = { type: 'integer', minimum: 0 };
const amount: Schema = { type: 'number', minimum: 0 };
const figures: Schema = { type: 'object', additionalProperties: { type: 'number' } };

function object(properties: Record<string, Schema>, optional: readonly string[] = [], more: Schema = {}): Schema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties).filter((k) => !optional.includes(k)), properties, ...more };
}
const nullable = (schema: Schema, description: string): Schema => ({ anyOf: [schema, { type: 'null' }], description });

const severity: Schema = { type: 'string', enum: SEVERITIES, description: '`page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.' };
const subject: Schema = {
  ...object({ service: text, method: text, route: text, host: text }, ['service', 'method', 'route', 'host']),
  description: 'What the alert is about: a service (with a route, perhaps) or a host.',
};

const alert: Record<string, Schema> = {
  schema: { type: 'integer', enum: [1] },
  id: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'Of rule, subject and opening window: the same wherever it is evaluated.' },
  rule: text,
  kind: { type: 'string', enum: RULE_KINDS },
  severity,
  subject,
  state: { type: 'string', enum: ['open', 'resolved'] },
  title: { ...text, description: 'One sentence with the figures that made it open.' },
  description: text,
  opened_at: { ...time, description: 'End of the window whose closing made it open.' },
  opening_window: object({ start: time, end: time }),
  resolved_at: { type: ['string', 'null'], format: 'date-time' },
  resolution: {
    type: ['string', 'null'],
    enum: ['recovered', 'rule_removed', 'expired', null],
    description: '`recovered`: it no longer holds; `rule_removed`: nor does its rule; `expired`: its subject has not been heard of for long.',
  },
  values: { ...figures, description: 'Of the evaluation that opened it, units in the names.' },
  last_values: { ...figures, description: 'Of the newest evaluation while it is open.' },
  complete: { type: 'boolean', description: 'false: something was lost in the windows it rests on.' },
  muted_by: { type: ['string', 'null'], description: 'Id of the mute that kept it from being delivered.' },
  revision: { type: 'integer', minimum: 1, description: 'Grows with every change.' },
};

const burnWindows: Schema = {
  type: 'array',
  items: object({ long_minutes: amount, short_minutes: amount, burn_rate: amount }),
  description: 'It holds when the budget burns faster than `burn_rate` over both the long and the short window.',
};
const objective: Schema = { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 100, description: 'Percent of exchanges that must be good.' };

const COMMON: Record<string, Schema> = {
  id: { ...text, description: 'A slug; part of the identity of its alerts.' },
  severity,
  enabled: { type: 'boolean', description: 'false: kept but not evaluated.' },
  subjects: { type: 'array', items: text, description: 'Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all.' },
  resolve_after_minutes: { ...count, description: 'Its alerts resolve when it has not been true for so many minutes in a row.' },
};
const KINDS: Record<string, Record<string, Schema>> = {
  error_burn: { objective, windows: burnWindows, min_exchanges: count, min_failures: count },
  latency_burn: { objective, metric: { type: 'string', enum: ['ttfb', 'total'] }, threshold_ms: amount, windows: burnWindows, min_exchanges: count },
  new_failing_route: { quiet_hours: amount, min_failures: count, min_ratio: amount, within_minutes: amount, client_errors: { type: 'boolean' } },
  agent_silent: { after_seconds: amount, expire_hours: amount },
  capture_incomplete: { max_lost_ratio: amount, min_coverage: amount, within_minutes: amount, min_started: count },
};
/** A rule of any kind, with further properties beside. */
function rule(more: Record<string, Schema> = {}, optional: readonly string[] = []): Schema {
  return { oneOf: Object.entries(KINDS).map(([kind, own]) => object({ kind: { type: 'string', enum: [kind] }, ...COMMON, ...own, ...more }, optional)) };
}

const MATCH_NAME = { type: 'string', minLength: 1, maxLength: 254 };
const match: Schema = {
  ...object(
    {
      rule: { ...MATCH_NAME, description: 'Id of a rule.' },
      severity,
      service: { ...MATCH_NAME, description: 'Or a glob: `shop-*`.' },
      route: { ...MATCH_NAME, maxLength: 512, description: 'Or a glob.' },
      host: { ...MATCH_NAME, description: 'Or a glob.' },
    },
    ['rule', 'severity', 'service', 'route', 'host'],
  ),
  minProperties: 1,
  description: 'All that are given must match.',
};
const comment: Schema = { type: 'string', minLength: 1, maxLength: 1_000, description: 'Why.' };

const mute: Record<string, Schema> = {
  schema: { type: 'integer', enum: [1] },
  id: text,
  match,
  starts_at: time,
  ends_at: { ...time, description: 'Excluded.' },
  comment,
  created_by: { ...text, description: 'Subject of the token or session.' },
  created_at: time,
  state: { type: 'string', enum: ['planned', 'active', 'ended'] },
};

const range = object({ start: time, end: time });

export const ALERT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Alert: object({ ...alert, muted: { type: 'boolean', description: 'A mute that is in force now keeps it from being delivered.' } }),
  AlertList: object({ range, data: { type: 'array', items: { $ref: '#/components/schemas/Alert' } }, next_cursor: { ...text, description: 'There is a next page.' } }, [
    'next_cursor',
  ]),
  AlertRule: rule(),
  AlertRuleRow: rule(
    {
      open: { ...count, description: 'Alerts of it that are open.' },
      fired_last_day: { ...count, description: 'Alerts of it that opened in the last 24 hours.' },
      would_have_fired: {
        type: ['integer', 'null'],
        minimum: 0,
        description: 'With `view=preview`: how often it would have opened in the `preview` range; null where that cannot be told.',
      },
    },
    ['would_have_fired'],
  ),
  AlertRuleList: object(
    {
      source: { type: ['string', 'null'], description: '`built-in` or the path of the file; null: no analyzer has said yet which rules are in force.' },
      loaded_at: { type: ['string', 'null'], format: 'date-time' },
      preview: {
        ...object({ start: time, end: time, complete: { type: 'boolean', description: 'false: windows of the range are open, or something was lost.' } }),
        description: 'With `view=preview`: what `would_have_fired` rests on.',
      },
      data: { type: 'array', items: { $ref: '#/components/schemas/AlertRuleRow' } },
    },
    ['preview'],
  ),
  AlertRulePreviewRequest: object(
    {
      rule: { type: 'object', additionalProperties: true, description: 'One rule, as in the rule document (alert-rules.v1.schema.json); what has a default may be left out.' },
      start: { ...text, description: 'RFC 3339, unix seconds or `now-6h`. Default: 24 hours before end.' },
      end: { ...text, description: 'The same. Default: now.' },
    },
    ['start', 'end'],
  ),
  AlertRulePreview: object({
    range,
    rule: { $ref: '#/components/schemas/AlertRule' },
    fired: { ...count, description: 'How often it would have opened.' },
    data: {
      type: 'array',
      items: object({
        subject,
        title: text,
        opened_at: time,
        resolved_at: { ...nullable(time, 'null: it would still be open at the end of the range.') },
        values: { ...figures, description: 'Of the evaluation that would have opened it.' },
      }),
      description: 'The newest 1,000, the newest first.',
    },
    quality: { $ref: '#/components/schemas/Quality' },
  }),
  MuteRequest: object({ match, starts_at: { ...time, description: 'Default: now.' }, ends_at: { ...time, description: 'Excluded; at most 30 days after starts_at.' }, comment }, [
    'starts_at',
  ]),
  Mute: object(mute),
  MuteList: object({ data: { type: 'array', items: { $ref: '#/components/schemas/Mute' } } }),
};
