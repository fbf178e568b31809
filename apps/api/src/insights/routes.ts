import { SEVERITIES } from '@headwater/alert-rules';
import { INSIGHT_STATES, TRIGGERS } from '@headwater/insight-rules';
import type { Documented } from '../openapi/documented.ts';
import { oneOf, PARAMETERS, severalOf, type Parameter } from '../query/parameters.ts';

const { start, end, service, host, id, limit, cursor } = PARAMETERS;

const ID = '3f0c4a6b1de7a2985f0c4a6b1de7a298';
const FIGURES = { exchanges: 4_120, error_pct: 7.573, before_error_pct: 0.031 };
const PLACE = { kind: 'endpoint', label: 'POST /orders of shop', service: 'shop', method: 'POST', route: '/orders' };
const INSIGHT = {
  schema: 1,
  id: ID,
  trigger: 'alert',
  subject: { service: 'shop' },
  state: 'done',
  failure: null,
  window: { start: '2026-11-22T09:30:00Z', end: '2026-11-22T09:45:00Z' },
  compared_with: { start: '2026-11-22T09:15:00Z', end: '2026-11-22T09:30:00Z' },
  created_at: '2026-11-22T09:45:40Z',
  updated_at: '2026-11-22T09:45:52Z',
  alerts: ['9b1f0c4a6b1de7a2985f0c4a6b1de7a2'],
  complete: true,
  findings: [
    {
      id: 'm1',
      source: 'model',
      severity: 'page',
      title: 'POST /orders of shop began to fail',
      what_changed: '7.573 % of its exchanges fail, against 0.031 % in the 15 minutes before; the other routes of shop are as they were.',
      likely_cause: 'What POST /orders alone depends on.',
      check_next: ['Compare failed and good exchanges of POST /orders', 'Look at what was released at 09:38'],
      confidence: 'medium',
      evidence: [{ id: 'ep_1', ...PLACE, figures: FIGURES, href: '/services/shop?from=2026-11-22T09:30:00Z&to=2026-11-22T09:45:00Z&method=POST&route=/orders' }],
    },
  ],
  model: {
    state: 'done',
    reason: null,
    detail: null,
    gateway: 'portkey',
    model: 'gpt-5-mini',
    input_sha256: '5f0c4a6b1de7a2983f0c4a6b1de7a2985f0c4a6b1de7a2983f0c4a6b1de7a298',
    sent_at: '2026-11-22T09:45:42Z',
    took_ms: 9_310,
    attempts: 1,
    repaired: false,
    format: 'json_schema',
    tokens: { input: 2_914, output: 412 },
    cost_usd: null,
    request_id: 'req_81723',
    dropped: { unknown_evidence: 1 },
  },
  requested_by: null,
  revision: 4,
  links: { self: `/v1/insights/${ID}`, events: `/v1/insights/${ID}/events`, sent: `/v1/insights/${ID}/sent` },
};
const QUEUED = {
  ...INSIGHT,
  trigger: 'request',
  state: 'queued',
  compared_with: null,
  updated_at: '2026-11-22T09:45:40Z',
  alerts: [],
  complete: false,
  findings: [],
  model: {
    ...INSIGHT.model,
    state: 'pending',
    gateway: null,
    model: null,
    input_sha256: null,
    sent_at: null,
    took_ms: null,
    attempts: 0,
    format: null,
    tokens: null,
    request_id: null,
    dropped: {},
  },
  requested_by: 'reporter',
  revision: 1,
  links: { ...INSIGHT.links, sent: null },
};
const INPUT = '{"schema":1,"window":{"start":"2026-11-22T09:30:00Z","end":"2026-11-22T09:45:00Z"},"services":[]}';

const INSIGHT_PARAMETERS = {
  start: { ...start, description: 'Insights whose window ends after this (RFC 3339, unix seconds or `now-1d`). Default: seven days before end.' },
  end: { ...end, description: 'Insights whose window begins before this.' },
  service: { ...service, description: 'Only those about this service, or with a finding that rests on it.' },
  host: { ...host, description: 'Only those about this host, or with a finding that rests on it.' },
  trigger: severalOf(TRIGGERS, 'Only those of these triggers'),
  state: severalOf(INSIGHT_STATES, 'Only those in these states'),
  severity: oneOf(SEVERITIES, 'Only those with a finding of at least this severity.'),
  source: oneOf(['rules', 'model'], 'Only those with a finding by rules, or of a model. With `severity`: with one that is both.'),
  alert: { ...id, description: 'Only those that look at the alert with this id.' },
  sort: oneOf(['newest'], 'What comes first: what was made last.', 'newest'),
  limit,
  cursor,
} satisfies Record<string, Parameter>;

const SEEN = 'Insights on hosts (with the scope `fleet:read`) and on the fleet are for tokens that are not narrowed to services; such a token sees those on its services.';
const MISSING: [number, string] = [404, 'There is none with this id, or none the token may see.'];
const LOCATION = { Location: { schema: { type: 'string' }, description: 'Path of the insight.' } };
const RETRY = { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds after which asking for it again is worth while.' } };

/** What the routes of insights take and answer: read by the controller (checks) and by OpenAPI (documentation). */
export const INSIGHT_ROUTES = {
  insights: {
    operationId: 'listInsights',
    summary: 'Insights: what stood out in a window, by rules and by a model; the newest first',
    description: SEEN,
    parameters: INSIGHT_PARAMETERS,
    conditional: true,
    answer: {
      status: 200,
      description: 'The insights.',
      schema: 'InsightList',
      example: { range: { start: '2026-11-15T10:00:00Z', end: '2026-11-22T10:00:00Z' }, data: [INSIGHT] },
    },
  },
  insight: {
    operationId: 'getInsight',
    summary: 'One insight',
    description: SEEN,
    parameters: {},
    path: { id: 'Id of the insight.' },
    conditional: true,
    answer: { status: 200, description: 'The insight.', schema: 'Insight', example: INSIGHT },
    failures: [MISSING],
  },
  sent: {
    operationId: 'getInsightSent',
    summary: 'What was sent to the AI gateway for an insight, to the byte, and what came back',
    description: 'Who reads it is written to the log of the API. A token that may not see everything that the input names is refused.',
    parameters: {},
    path: { id: 'Id of the insight.' },
    answer: {
      status: 200,
      description: 'What was sent.',
      schema: 'InsightSent',
      example: {
        schema: 1,
        input_sha256: INSIGHT.model.input_sha256,
        insight: ID,
        sent_at: INSIGHT.model.sent_at,
        gateway: 'portkey',
        host: '127.0.0.1:8787',
        model: 'gpt-5-mini',
        input: INPUT,
        requests: [{ at: INSIGHT.model.sent_at, body: '{"model":"gpt-5-mini","messages":[]}', status: 200, answer: '{"choices":[]}', error: null }],
        aliases: { ep_1: PLACE },
      },
    },
    failures: [[404, 'There is no such insight, nothing was sent for it, or what was sent is no longer kept.']],
  },
  create: {
    operationId: 'createInsight',
    summary: 'Asks for an insight on a service, a host or the fleet',
    description:
      'It is made by `apps/insights`; follow `links.events`, or ask for `Location` again. Whole minutes are looked at: start is floored, end is ceiled, and what is not closed yet (about 40 s) is left out; 24 hours at most. The same subject and window give the same insight: asked again while it is made, or when it is done, nothing is made anew; one that failed is. Findings are in the answer with the scope `insights:read` only. Ten requests a minute and client. A token narrowed to services asks about those only; about hosts the scope `fleet:read` is needed.',
    parameters: {},
    body: { schema: 'InsightRequest', example: { service: 'shop', start: 'now-15m' } },
    idempotent: true,
    answer: { status: 202, description: 'It is queued, or being made.', schema: 'Insight', example: QUEUED, headers: { ...LOCATION, ...RETRY } },
    also: [
      {
        status: 200,
        description: 'It is done already, the model asked too.',
        schema: 'Insight',
        example: { ...INSIGHT, trigger: 'request', alerts: [], requested_by: 'reporter' },
        headers: LOCATION,
      },
    ],
    failures: [
      [422, 'Nothing was seen of the service or host (`unknown-subject`), or the Idempotency-Key came with another request before.'],
      [501, 'This API has no bus to hand requests to (`insights-not-accepted`).'],
    ],
  },
  events: {
    operationId: 'streamInsight',
    summary: 'The insight as server-sent events: one now, one for every revision, and the end when no more is to come',
    description:
      'Event `insight`, its id the revision, its data the insight as JSON. A comment every 15 s keeps the connection. The stream ends with the token; an EventSource then comes back with `Last-Event-ID` and is told 204 when nothing more is to come. Ten streams a client and person.',
    parameters: {},
    path: { id: 'Id of the insight.' },
    answer: { status: 200, description: 'The stream.', media: 'text/event-stream', example: `event: insight\nid: 1\ndata: ${JSON.stringify(QUEUED)}\n\n` },
    also: [{ status: 204, description: 'Last-Event-ID is the last revision there will be.' }],
    failures: [MISSING],
  },
  gateway: {
    operationId: 'getInsightGateway',
    summary: 'How asking the model is doing: gateway, breaker, queue, budget',
    parameters: {},
    conditional: true,
    answer: {
      status: 200,
      description: 'What all processes that make insights say.',
      schema: 'InsightGateway',
      example: {
        configured: true,
        how: null,
        accepts_requests: true,
        gateway: { name: 'portkey', kind: 'openai-compatible', model: 'gpt-5-mini', host: '127.0.0.1:8787' },
        breaker: { state: 'closed', until: null },
        queued: 0,
        budget: { day: '2026-11-22', tokens: { used: 41_220, limit: 300_000, left: 258_780 }, usd: null },
        last_success_at: '2026-11-22T09:45:52Z',
        last_failure: null,
        processes: [
          {
            instance: 'web-1/81723',
            at: '2026-11-22T09:59:58Z',
            gateway: { name: 'portkey', kind: 'openai-compatible', model: 'gpt-5-mini', host: '127.0.0.1:8787' },
            breaker: { state: 'closed', until: null },
            queued: 0,
            budget: { day: '2026-11-22', tokens: { used: 41_220, limit: 300_000, left: 258_780 }, usd: null },
            last_success_at: '2026-11-22T09:45:52Z',
            last_failure: null,
          },
        ],
      },
    },
  },
} as const satisfies Record<string, Documented>;
