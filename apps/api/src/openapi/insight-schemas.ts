import { SEVERITIES } from '@headwater/alert-rules';
import { CONFIDENCES, EVIDENCE_KINDS, INSIGHT_STATES, MODEL_REASONS, TRIGGERS } from '@headwater/insight-rules';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const count: Schema = { type: 'integer', minimum: 0 };
const amount: Schema = { type: 'number', minimum: 0 };
const id: Schema = { type: 'string', pattern: '^[0-9a-f]{32}$' };
const figures: Schema = { type: 'object', additionalProperties: { type: ['number', 'string'] } };

function object(properties: Record<string, Schema>, optional: readonly string[] = [], more: Schema = {}): Schema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties).filter((k) => !optional.includes(k)), properties, ...more };
}
const ref = (schema: string): Schema => ({ $ref: `#/components/schemas/${schema}` });
const nullable = (type: string, description: string, more: Schema = {}): Schema => ({ type: [type, 'null'], ...more, description });
const nullableTime = (description: string): Schema => nullable('string', description, { format: 'date-time' });
const orNull = (schema: Schema, description: string): Schema => ({ anyOf: [schema, { type: 'null' }], description });

const subject: Schema = object({ service: text, host: text }, ['service', 'host'], { description: 'A service or a host; empty: the fleet.' });
const span = object({ start: time, end: time });

/** What an id of the input stands for: everything of an evidence but its id and its figures. */
const PLACE: Record<string, Schema> = {
  kind: { type: 'string', enum: EVIDENCE_KINDS },
  label: { ...text, description: 'For people: `GET /orders/{int} of shop`.' },
  service: text,
  method: text,
  route: text,
  status: { type: 'integer' },
  error_type: text,
  header: text,
  host: text,
  alert: { ...text, description: 'Id of the alert.' },
};
const PLACE_OPTIONAL = Object.keys(PLACE).filter((k) => k !== 'kind' && k !== 'label');

const evidence = object(
  {
    id: { ...text, description: 'As in what was sent: `ep_3`.' },
    ...PLACE,
    figures: { ...figures, description: 'What was said of it, as it was sent; units in the names.' },
    href: { ...text, description: 'Path of the page of the dashboard that shows it, over the window of the insight.' },
  },
  PLACE_OPTIONAL,
  { description: 'A figure that a finding rests on.' },
);

const finding = object(
  {
    id: { ...text, description: 'Within its insight; stays while the insight is revised.' },
    source: {
      type: 'string',
      enum: ['rules', 'model'],
      description: '`rules`: computed, always there; `model`: written by a language model and checked against what it was told.',
    },
    rule: { ...text, description: 'Of source `rules`: which one.' },
    severity: { type: 'string', enum: SEVERITIES, description: '`page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.' },
    title: { ...text, description: 'Plain text, as all texts of a finding: never markup.' },
    what_changed: text,
    likely_cause: nullable('string', 'null: unknown.'),
    check_next: { type: 'array', items: text },
    confidence: { type: 'string', enum: CONFIDENCES },
    evidence: { type: 'array', items: ref('InsightEvidence'), minItems: 1 },
  },
  ['rule'],
);

const model = object(
  {
    state: {
      type: 'string',
      enum: ['off', 'pending', 'done', 'reused', 'failed'],
      description: '`off`: no gateway is configured; `pending`: it is being asked, or will be; `reused`: the same input was answered before.',
    },
    reason: { type: ['string', 'null'], enum: [...MODEL_REASONS, null], description: 'Why there is no finding of a model, or no more.' },
    detail: nullable('string', 'The same in a sentence.'),
    gateway: nullable('string', 'Name of the gateway.'),
    model: nullable('string', 'As the gateway calls it.'),
    input_sha256: nullable('string', 'SHA-256 of the input that was sent, hex; `links.sent` shows it.'),
    sent_at: nullableTime('null: nothing was sent.'),
    took_ms: nullable('number', 'From the first request to the last answer.', { minimum: 0 }),
    attempts: { ...count, description: 'Requests that went out, the repair of an answer included.' },
    repaired: { type: 'boolean', description: 'The first answer was not valid, and the model was told so.' },
    format: { type: ['string', 'null'], enum: ['json_schema', 'json_object', 'plain', null], description: 'How the answer was asked for.' },
    tokens: orNull(object({ input: count, output: count }), 'null: the gateway did not say.'),
    cost_usd: nullable('number', 'As the gateway says, or by the configured price; null: unknown.', { minimum: 0 }),
    request_id: nullable('string', 'Of the gateway or its provider, for their logs.'),
    dropped: { type: 'object', additionalProperties: count, description: 'Findings of the answer that were left out, by reason.' },
  },
  [],
  { description: 'What became of asking the model.' },
);

const insight = object({
  schema: { type: 'integer', enum: [1] },
  id: { ...id, description: 'Of trigger, subject and window: asking twice is asking once.' },
  trigger: { type: 'string', enum: TRIGGERS, description: '`alert`: alerts of its subject are open; `digest`: the hour is over; `request`: somebody asked.' },
  subject,
  state: {
    type: 'string',
    enum: INSIGHT_STATES,
    description:
      '`done`: the findings by rules are there; those of a model come when `model.state` is no longer `pending`. `failed`: not even the findings by rules could be made.',
  },
  failure: nullable('string', 'Of state `failed`: why.'),
  window: { ...span, description: 'Half-open; whole minutes.' },
  compared_with: orNull(span, 'What the window is compared with; null: nothing was there, or it has not begun yet.'),
  created_at: time,
  updated_at: time,
  alerts: { type: 'array', items: text, description: 'Ids of the alerts it looks at.' },
  complete: { type: 'boolean', description: 'false: something of the window was lost or not closed yet.' },
  findings: {
    type: 'array',
    items: ref('InsightFinding'),
    description: 'Of the model first, then by rules; each by severity. Those that rest on what the token may not see (hosts without `fleet:read`, other services) are left out.',
  },
  model: ref('InsightModel'),
  requested_by: nullable('string', 'Client id, of trigger `request`.'),
  revision: { type: 'integer', minimum: 1, description: 'Grows with every change.' },
  links: object({
    self: text,
    events: { ...text, description: 'Server-sent events while it is being made.' },
    sent: nullable('string', 'What was sent to the gateway; null: nothing was.'),
  }),
});

const budget = (unit: Schema): Schema => object({ used: unit, limit: unit, left: unit });
const status: Record<string, Schema> = {
  gateway: orNull(
    object({ name: text, kind: { type: 'string', enum: ['openai-compatible', 'wealthsimple'] }, model: text, host: { ...text, description: 'With `fleet:read`.' } }, ['host']),
    'null: none is configured.',
  ),
  breaker: orNull(
    object({ state: { type: 'string', enum: ['closed', 'open', 'half_open'] }, until: nullableTime('When it is tried again.') }),
    'open: the gateway failed again and again and is left alone for a while.',
  ),
  queued: { ...count, description: 'Insights that wait.' },
  budget: object({ day: { ...text, description: 'UTC.' }, tokens: budget(count), usd: orNull(budget(amount), 'null: tokens are the only bound.') }, [], {
    description: 'What may be spent in a day, by all processes together.',
  }),
  last_success_at: nullableTime('null: none that is remembered.'),
  last_failure: orNull(object({ at: time, reason: { type: 'string', enum: MODEL_REASONS }, detail: text }), 'null: none that is remembered.'),
};

export const INSIGHT_SCHEMAS: Readonly<Record<string, Schema>> = {
  InsightEvidence: evidence,
  InsightFinding: finding,
  InsightModel: model,
  Insight: insight,
  InsightList: object({ range: span, data: { type: 'array', items: ref('Insight') }, next_cursor: { ...text, description: 'There is a next page.' } }, ['next_cursor']),
  InsightRequest: object(
    {
      service: { type: 'string', minLength: 1, maxLength: 254, description: 'About this service. Neither service nor host: about the fleet.' },
      host: { type: 'string', minLength: 1, maxLength: 254, description: 'About this host.' },
      start: { ...text, description: 'RFC 3339, unix seconds or `now-15m`; floored to the minute. Default: 15 minutes before end.' },
      end: { ...text, description: 'The same; ceiled to the minute, and not after the last closed one. Default: the end of the last closed minute.' },
    },
    ['service', 'host', 'start', 'end'],
  ),
  InsightSent: object({
    schema: { type: 'integer', enum: [1] },
    input_sha256: { ...text, description: 'SHA-256 of `input`, hex.' },
    insight: { ...id, description: 'The insight for which it was sent: another one, where its answer was reused.' },
    sent_at: time,
    gateway: text,
    host: { ...text, description: 'Host and port it went to.' },
    model: text,
    input: { ...text, description: 'What the model was told of the fleet, as it was sent: JSON.' },
    requests: {
      type: 'array',
      description: 'Every request that went out, the repair included. Keys and headers of the connection are not kept.',
      items: object({
        at: time,
        body: { ...text, description: 'To the byte.' },
        status: nullable('integer', 'null: no answer came.'),
        answer: nullable('string', 'Its first 16 KiB, as it came: text of others, never to be run or rendered.'),
        error: nullable('string', 'Why nothing came, or what was wrong with it.'),
      }),
    },
    aliases: {
      type: 'object',
      additionalProperties: object(PLACE, PLACE_OPTIONAL),
      description: 'What the ids of the input stand for: never sent. Hosts are left out without `fleet:read`.',
    },
  }),
  InsightGateway: object({
    configured: { type: 'boolean', description: 'A process that makes insights reports, and has a gateway.' },
    how: nullable('string', 'How to get what is missing, in a sentence; null: nothing is.'),
    accepts_requests: { type: 'boolean', description: 'POST /v1/insights is taken here (setting `bus`).' },
    ...status,
    budget: orNull(status['budget'] as Schema, 'What may be spent in a day, by all processes together; null: none reports.'),
    processes: {
      type: 'array',
      items: object({ instance: { ...text, description: 'With `fleet:read`.' }, at: time, ...status }, ['instance']),
      description: 'Those that were heard of within a minute.',
    },
  }),
};
