#!/usr/bin/env node
// Writes schemas/*.json and asyncapi.yaml from the table of columns (src/schema.ts) and of topics (src/topics.ts).
//   node gen.mjs            write
//   node gen.mjs --check    exit 1 where a file differs from what would be written
// Needs Node 24 (it reads TypeScript) and nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import { EVENT_COLUMNS, EVENT_FLAGS, HEADER_ACTIONS } from './src/schema.ts';
import { ABSENT } from './src/codec/absent.ts';
import { ALWAYS } from './src/json.ts';
import { ARROW_STREAM, RECORD_HEADERS, TOPICS, topicName } from './src/topics.ts';

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const id = (name) => `urn:headwater:schema:${name}`;
const count = (description, more = {}) => ({ type: 'integer', minimum: 0, ...(description && { description }), ...more });
const text = (description, more = {}) => ({ type: 'string', ...(description && { description }), ...more });
const counts = (description) => ({ type: 'object', description, additionalProperties: { type: 'integer', minimum: 0 } });
const object = (properties, more = {}) => ({ type: 'object', required: Object.keys(properties), properties, ...more });

const ARROW = {
  time_ns: 'timestamp[ns, tz=UTC]',
  i64: 'int64',
  u64: 'uint64',
  u32: 'uint32',
  i32: 'int32',
  u16: 'uint16',
  u8: 'uint8',
  string: 'dictionary<values=utf8, indices=int32>',
  headers: 'list<struct<name: dictionary, value: dictionary, action: uint8>>',
};

const PHASES = ['complete', 'begin', 'end'];
const ROLES = ['server', 'client'];
const RANGES = { u8: [0, 255], u16: [0, 65_535], u32: [0, 4_294_967_295], i32: [-2_147_483_648, 2_147_483_647] };
const TIME = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$';

/**
 * How a column of the Arrow batch becomes this property: its type, the value that means absent (the property is
 * then left out), and `enum` where the number is an index into it or, for flags, bit i means its i-th name.
 */
function arrow({ name, type }) {
  const absent = type === 'string' ? '' : ALWAYS.has(name) || name === 'headwater.flags' ? undefined : ABSENT[name];
  return { 'x-arrow': { type: ARROW[type], ...(absent === undefined ? {} : { absent }) } };
}

const column = (spec) => ({ ...property(spec), ...arrow(spec) });

function property({ name, type, description }) {
  if (name === 'headwater.phase')
    return text('complete; or begin and end of a long exchange. Count and ttfb from complete or begin; total and sizes from complete or end.', { enum: PHASES });
  if (name === 'headwater.role') return text('Both ends on watched hosts are two events: choose one role, never sum over roles.', { enum: ROLES });
  if (name === 'headwater.flags')
    return { type: 'array', description: 'What is known to be imperfect in this row.', items: { type: 'string', enum: Object.keys(EVENT_FLAGS) }, uniqueItems: true };
  switch (type) {
    case 'headers':
      return {
        type: 'array',
        description: `${description} In wire order, casing and repeats kept; each UTF-16 code unit is one byte of the wire (latin-1).`,
        items: { $ref: '#/$defs/header' },
      };
    case 'string':
      return text(`${description} Left out when absent.`, { minLength: 1 });
    case 'time_ns':
      return text(description, { pattern: TIME });
    case 'u64':
      return text(`${description} Decimal, because it has 64 bits.`, { pattern: '^[0-9]{1,20}$' });
    case 'i64':
      return count(`${description} Left out when unknown.`);
    default:
      return { type: 'integer', minimum: RANGES[type][0], maximum: RANGES[type][1], description };
  }
}

const headerEvent = {
  $schema: DRAFT,
  $id: id('header-event.v1'),
  title: 'Header event, version 1',
  description:
    'One HTTP exchange (or one phase of a long one) as JSON: the columns of the Arrow batches of header-events.v1, by the same names. v1 only grows: readers ignore what they do not know.',
  ...object(Object.fromEntries(EVENT_COLUMNS.map((c) => [c.name, column(c)])), {
    required: [
      'start_time',
      'headwater.phase',
      'headwater.role',
      'http.request.headers',
      'http.response.headers',
      'headwater.connection',
      'headwater.ordinal',
      'headwater.weight',
      'headwater.flags',
    ],
  }),
  $defs: {
    header: object({ name: text('As sent.'), value: text('After redaction.'), action: text('What happened to the value at the host.', { enum: [...HEADER_ACTIONS, 'unknown'] }) }),
  },
};

const starts = (what) =>
  object(
    {
      started: count(`${what} whose first byte was seen`),
      emitted: count('of them in this batch, after pairing'),
      filtered: counts('left out on purpose, by reason'),
      lost: counts('lost, by reason'),
      in_flight: count('state at until_unix_ms, not a delta', {}),
    },
    { description: `${what}: started = emitted + filtered + lost + in_flight, summed over the batches of an agent.` },
  );

const batchAccount = {
  $schema: DRAFT,
  $id: id('batch-account.v1'),
  title: 'Account of a batch, version 1',
  description: `Record header ${RECORD_HEADERS.account} of header-events.v1: what the batch says of the capture since the batch before it.`,
  ...object({
    watermark_unix_ms: count('every exchange that started before this instant has been sent, is in flight, or is counted'),
    since_unix_ms: count('the deltas cover (since, until]'),
    until_unix_ms: count(),
    request: starts('requests'),
    response: starts('responses'),
    exchanges: count('exchanges in this batch, after weights; an `end` row is not one more'),
    unread: counts('chunks in scope that could not be read, by reason'),
    coverage: { type: 'number', minimum: 0, maximum: 1, description: 'exchanges read / (read + known unread)' },
    source: text('live, or replay of recorded traffic', { minLength: 1, maxLength: 64 }),
  }),
};
batchAccount.properties.exchanges_before = count(
  "exchanges in this incarnation's batches with smaller numbers, as they were numbered: what is missing between two batches is known in exchanges",
);
batchAccount.properties.exchanges_after = count('the same, up to and with this batch');
batchAccount.properties.sampling = object(
  {
    reason: { enum: ['policy', 'governor'], description: 'who asked for it: filters of the policy, or the agent to stay below its CPU ceiling' },
    one_in: count('the strongest rate in force', { minimum: 1 }),
    exchanges: count('exact: exchanges that the filters let through, before sampling'),
    kept: count('exact: those of them that left as rows'),
  },
  { description: 'Only while rows are left out by a declared sample rate; errors and slow exchanges never are.' },
);

const agentStatus = {
  $schema: DRAFT,
  $id: id('agent-status.v1'),
  title: 'Agent status, version 1',
  description: 'Heartbeat of an agent, every 5 s.',
  ...object({
    host: text('host id', { minLength: 1 }),
    incarnation: text('changes with every start of the agent', { minLength: 1 }),
    version: text(),
    started_at: text('', { format: 'date-time' }),
    seen_at: text('', { format: 'date-time' }),
    hooks: text('how the kernel is watched'),
    scope: { type: 'array', items: { type: 'string' } },
    policy: text('redaction policy as id@version'),
    source: { enum: ['live', 'replay'] },
    losses: counts('since the start, by reason'),
    filtered: counts('since the start, by reason'),
    exchanges: count('since the start'),
    coverage: { type: 'number', minimum: 0, maximum: 1 },
    lag_ms: { type: 'number', minimum: 0, description: 'age of the oldest exchange not yet acknowledged by the bus' },
    kernel: text(),
  }),
};
const orNull = (schema) => ({ anyOf: [schema, { type: 'null' }] });
const time = (description) => text(description, { format: 'date-time' });
Object.assign(agentStatus.properties, {
  ended: { const: true, description: 'its last one: the agent ends in order' },
  hooks_why: text('why these hooks: what was asked for, or what auto found'),
  policy_state: object(
    {
      host: text("the host's own policy, id@version"),
      source: { enum: ['built-in', 'file'] },
      loaded_at: time(),
      narrowing: orNull(object({ policy: text('id@version'), key: text('id of the key that signed it'), accepted_at: time() })),
      refused: orNull(object({ policy: text(), source: { enum: ['file', 'topic'] }, reason: text(), at: time() })),
    },
    { description: 'the policies in force and what became of the last one offered' },
  ),
  sampling: object({ reason: { enum: ['policy', 'governor'] }, one_in: count('', { minimum: 1 }), since: time() }, { description: 'only while rows are sampled' }),
  cpu_percent: { type: 'number', minimum: 0, description: 'CPU of agent and probe over the last 10 s, percent of one core' },
  cpu_ceiling_percent: { type: 'number', minimum: 0, description: 'above it the agent samples; 0: no ceiling' },
  spool: object({ bytes: count(), batches: count(), oldest_at: orNull(time()) }, { description: 'batches that wait on disk' }),
  unread_by: {
    type: 'array',
    description: 'message starts in scope that could not be read, since the start',
    items: object({ executable: text(), reason: text(), messages: count() }),
  },
});

Object.values(EVENT_FLAGS).forEach((bit, i) => {
  if (bit !== 1 << i) throw new Error('EVENT_FLAGS: the order of names is published as the order of bits');
});

const nullable = (schema) => ({ anyOf: [schema, { type: 'null' }] });
const figures = (description) => ({ type: 'object', description, additionalProperties: { type: 'number' } });
/** `AlertEvent` of libs/alert-rules, which this package may not import: a test of the analyzer checks real events against it. */
const alertEvent = {
  $schema: DRAFT,
  $id: id('alert-event.v1'),
  title: 'Alert event, version 1',
  description: 'An alert opened or was resolved: record of alerts.v1 and body of a webhook. At least once; event_id tells repeats. v1 only grows.',
  ...object({
    schema: { const: 1 },
    event: { enum: ['opened', 'resolved'] },
    event_id: text('<alert id>/opened or <alert id>/resolved: there is one of each', { pattern: '^[0-9a-f]{32}/(opened|resolved)$' }),
    at: text('when it was decided', { format: 'date-time' }),
    alert: object(
      {
        schema: { const: 1 },
        id: text('hash of rule, subject and opening window: the same wherever it is evaluated', { pattern: '^[0-9a-f]{32}$' }),
        rule: text('id of the rule', { minLength: 1 }),
        kind: { enum: ['error_burn', 'latency_burn', 'new_failing_route', 'agent_silent', 'capture_incomplete'] },
        severity: { enum: ['page', 'ticket', 'info'] },
        subject: {
          type: 'object',
          description: 'a service (with a route, perhaps) or a host',
          properties: { service: text(), method: text(), route: text(), host: text() },
        },
        state: { enum: ['open', 'resolved'] },
        title: text('one sentence with the figures that made it open'),
        description: text('what it means and what to look at next'),
        opened_at: text('end of the minute whose closing made it open (hosts: the instant)', { format: 'date-time' }),
        opening_window: object({ start: text('', { format: 'date-time' }), end: text('', { format: 'date-time' }) }),
        resolved_at: nullable(text('', { format: 'date-time' })),
        resolution: { enum: ['recovered', 'rule_removed', 'expired', null] },
        values: figures('of the evaluation that opened it, with units in their names'),
        last_values: figures('of the newest evaluation while it was open'),
        complete: { type: 'boolean', description: 'false: something was lost in the windows it rests on' },
        muted_by: nullable(text('id of the mute that keeps it from being delivered')),
        revision: count('1 when opened, grows with every change', { minimum: 1 }),
      },
      { description: 'the alert as it was then' },
    ),
  }),
};

const dateTime = (description = '') => text(description, { format: 'date-time' });
const sha = (digits, description) => text(description, { pattern: `^[0-9a-f]{${digits}}$` });
const span = (description) => object({ start: dateTime(), end: dateTime() }, { description });
const texts = (description) => ({ type: 'array', description, items: text() });
const insightSubject = { type: 'object', description: 'a service or a host; empty: the fleet', properties: { service: text(), host: text() }, additionalProperties: false };

/** `Insight` and `InsightRequest` of libs/insight-rules: as above, a test of apps/insights checks real ones. */
const insight = {
  $schema: DRAFT,
  $id: id('insight.v1'),
  title: 'Insight, version 1',
  description: 'What was found about a subject in a window, by rules and by a model: record of insights.v1. A higher revision replaces a lower one. v1 only grows.',
  ...object({
    schema: { const: 1 },
    id: sha(32, 'the same trigger, subject and window give the same'),
    trigger: { enum: ['alert', 'digest', 'request'] },
    subject: insightSubject,
    state: { enum: ['queued', 'running', 'done', 'failed'] },
    failure: nullable(text('of state failed: one sentence')),
    window: span('half-open, whole minutes'),
    compared_with: nullable(span('as long, before')),
    created_at: dateTime(),
    updated_at: dateTime(),
    alerts: texts('ids of the alerts it looks at'),
    complete: { type: 'boolean', description: 'false: something of the window was lost or not closed yet' },
    findings: {
      type: 'array',
      items: object({
        id: text('within its insight'),
        source: { enum: ['rules', 'model'], description: 'model: written by a language model and checked against the input' },
        severity: { enum: ['page', 'ticket', 'info'] },
        title: text(),
        what_changed: text(),
        likely_cause: nullable(text()),
        check_next: texts('what to look at next'),
        confidence: { enum: ['high', 'medium', 'low'] },
        evidence: {
          type: 'array',
          minItems: 1,
          items: object({
            id: text('as in what was sent'),
            kind: { enum: ['service', 'endpoint', 'failure', 'header', 'host', 'alert'] },
            label: text('for people'),
            figures: { type: 'object', description: 'as they were sent, with units in their names', additionalProperties: { type: ['number', 'string'] } },
          }),
        },
      }),
    },
    model: object(
      {
        state: { enum: ['off', 'pending', 'done', 'reused', 'failed'] },
        reason: nullable(text('why there is no finding of a model, a word')),
        detail: nullable(text('the same for a person')),
        gateway: nullable(text()),
        model: nullable(text()),
        input_sha256: nullable(sha(64, 'names what was sent')),
        sent_at: nullable(dateTime()),
        took_ms: nullable({ type: 'number', minimum: 0 }),
        attempts: count(),
        repaired: { type: 'boolean' },
        format: { enum: ['json_schema', 'json_object', 'plain', null] },
        tokens: nullable(object({ input: count(), output: count() })),
        cost_usd: nullable({ type: 'number', minimum: 0 }),
        request_id: nullable(text()),
        dropped: counts('findings of the answer that were left out, by reason'),
      },
      { description: 'what became of asking the model' },
    ),
    requested_by: nullable(text('client id of the token, of trigger request')),
    revision: count('1 when queued, grows with every change', { minimum: 1 }),
  }),
};

const insightRequest = {
  $schema: DRAFT,
  $id: id('insight-request.v1'),
  title: 'Request for an insight, version 1',
  description: 'Record of insight-requests.v1: the insight of this id is to be made. At least once; repeats are one insight.',
  ...object({
    schema: { const: 1 },
    id: sha(32, 'id of the insight that answers it'),
    subject: insightSubject,
    window: span('half-open, whole minutes'),
    requested_at: dateTime(),
    requested_by: text('client id of the token'),
  }),
};

const KEYS = {
  headerEvents: 'host id; the partition is FNV-1a 32 of it modulo the partitions, fixed per agent incarnation',
  headerEventsJson: 'service',
  summaries: 'service; (service, start, revision) identifies a message, a higher revision replaces a lower one',
  alerts: 'alert id; after compaction the newest event of each stays',
  insights: 'insight id',
  insightRequests: 'request id',
  agentStatus: 'host id',
  capturePolicy: '`fleet` or a host id',
  deadLetter: '<topic>/<partition>/<offset> of the record',
};

function asyncApi() {
  const channels = {};
  const messages = {
    HeaderEventBatch: {
      title: 'A batch of header events',
      summary: 'One Arrow IPC stream of one record batch; all string columns share dictionary 0. Readers select columns by name.',
      contentType: ARROW_STREAM,
      headers: object({
        [RECORD_HEADERS.contentType]: { const: ARROW_STREAM },
        [RECORD_HEADERS.schema]: text('schema version; refuse a greater one', { const: '1' }),
        [RECORD_HEADERS.agent]: text('<host id>/<incarnation>'),
        [RECORD_HEADERS.seq]: text('1, 2, 3 ... per incarnation: repeats are repeats, gaps are loss', { pattern: '^[1-9][0-9]*$' }),
        [RECORD_HEADERS.crc32]: text('CRC-32 (that of zlib) of the bytes of the account header, then of the value', { pattern: '^[0-9a-f]{8}$' }),
        [RECORD_HEADERS.account]: text('JSON, see schemas/batch-account.v1.schema.json'),
      }),
      payload: {
        schemaFormat: 'application/vnd.apache.arrow.stream',
        schema: { columns: EVENT_COLUMNS.map(({ name, type }) => ({ name, type: ARROW[type] })), metadata: { 'headwater.schema': '1' } },
      },
    },
    HeaderEvent: {
      title: 'One header event',
      summary: 'At least once: the id in the headers tells repeats. A service of one host is in order.',
      contentType: 'application/json',
      headers: object({
        'content-type': { const: 'application/json' },
        'headwater-event-id': text('<host id>/<incarnation>/<seq>/<row>: names the row, wherever and however often it is sent', { pattern: '^.+/[^/]+/[1-9][0-9]*/[0-9]+$' }),
      }),
      payload: { $ref: './schemas/header-event.v1.schema.json' },
    },
    AgentStatus: { title: 'Heartbeat of an agent', contentType: 'application/json', payload: { $ref: './schemas/agent-status.v1.schema.json' } },
    DeadLetter: {
      title: 'A record that could not be read',
      summary: 'The bytes and the headers as they were, and the reason.',
      headers: object({ 'headwater-dead-letter-reason': text('why it could not be read, a word'), 'headwater-dead-letter-detail': text('the same for a person') }),
      payload: { type: 'string', format: 'binary' },
    },
    Summary: {
      title: 'A closed minute of one service',
      summary: 'Patterns, failures, latencies and headers of one minute; sent again with a higher revision when late data changes it. At least once.',
      contentType: 'application/json',
      headers: object({
        'content-type': { const: 'application/json' },
        'headwater-revision': text('the revision of the message, to be told without parsing it', { pattern: '^[1-9][0-9]*$' }),
      }),
      payload: { $ref: './schemas/summary.v1.schema.json' },
    },
    CapturePolicy: {
      title: 'A signed policy that narrows what hosts let leave',
      summary: 'Signature over `headwater-capture-policy.v1\\n<record key>\\n` and the value. A deleted record changes nothing; a newer signed document does.',
      contentType: 'application/json',
      headers: object({
        'content-type': { const: 'application/json' },
        'headwater-policy-key': text('id of the key that signed it'),
        'headwater-signature': text('Ed25519, base64'),
      }),
      payload: { $ref: '../capture-policy/capture-policy.v1.schema.json' },
    },
    AlertEvent: {
      title: 'An alert opened or was resolved',
      summary: 'At least once: event_id (also the record header) tells repeats, which have the same bytes. The two events of an alert come in their order.',
      contentType: 'application/json',
      headers: object({ 'content-type': { const: 'application/json' }, 'headwater-event-id': text('event_id, to be told without parsing the value') }),
      payload: { $ref: './schemas/alert-event.v1.schema.json' },
    },
    Insight: {
      title: 'An insight on a service, a host or the fleet',
      summary: 'Sent when it is done, and again with a higher revision when it changes. At least once.',
      contentType: 'application/json',
      headers: object({
        'content-type': { const: 'application/json' },
        'headwater-revision': text('the revision of the insight, to be told without parsing it', { pattern: '^[1-9][0-9]*$' }),
      }),
      payload: { $ref: './schemas/insight.v1.schema.json' },
    },
    InsightRequest: {
      title: 'An insight is asked for',
      contentType: 'application/json',
      headers: object({ 'content-type': { const: 'application/json' } }),
      payload: { $ref: './schemas/insight-request.v1.schema.json' },
    },
  };
  const MESSAGE = {
    headerEvents: 'HeaderEventBatch',
    headerEventsJson: 'HeaderEvent',
    summaries: 'Summary',
    alerts: 'AlertEvent',
    insights: 'Insight',
    insightRequests: 'InsightRequest',
    agentStatus: 'AgentStatus',
    capturePolicy: 'CapturePolicy',
    deadLetter: 'DeadLetter',
  };
  const operations = {};
  for (const [key, topic] of Object.entries(TOPICS)) {
    const message = MESSAGE[key];
    channels[key] = {
      address: topicName('headwater', key),
      messages: { [message]: { $ref: `#/components/messages/${message}` } },
      bindings: { kafka: { partitions: topic.partitions, topicConfiguration: { 'cleanup.policy': [topic.cleanup], 'retention.ms': topic.retentionMs } } },
      description: `Key: ${KEYS[key]}. Compression zstd.`,
    };
    operations[`read_${key}`] = { action: 'receive', channel: { $ref: `#/channels/${key}` } };
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Headwater',
      version: '1.0.0',
      description: 'HTTP header events of a fleet, as any Kafka consumer reads them. Topic prefix `headwater` is configurable.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels,
    operations,
    components: { messages },
  };
}

/** YAML of plain data: block style, every text quoted as in JSON. */
function yaml(value, indent = '') {
  const entries = Array.isArray(value) ? value.map((v) => ['-', v]) : Object.entries(value).map(([k, v]) => [`${/^[a-z_]\w*$/i.test(k) ? k : JSON.stringify(k)}:`, v]);
  return entries
    .map(([head, v]) => {
      if (typeof v !== 'object' || v === null) return `${indent}${head} ${JSON.stringify(v)}\n`;
      if (Object.keys(v).length === 0) return `${indent}${head} ${Array.isArray(v) ? '[]' : '{}'}\n`;
      return head === '-' ? `${indent}- ${yaml(v, `${indent}  `).trimStart()}` : `${indent}${head}\n${yaml(v, `${indent}  `)}`;
    })
    .join('');
}

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const files = {
  'schemas/header-event.v1.schema.json': json(headerEvent),
  'schemas/batch-account.v1.schema.json': json(batchAccount),
  'schemas/agent-status.v1.schema.json': json(agentStatus),
  'schemas/alert-event.v1.schema.json': json(alertEvent),
  'schemas/insight.v1.schema.json': json(insight),
  'schemas/insight-request.v1.schema.json': json(insightRequest),
  'asyncapi.yaml': `# Generated by gen.mjs from src/schema.ts and src/topics.ts.\n${yaml(asyncApi())}`,
};
let differ = 0;
for (const [name, content] of Object.entries(files)) {
  const path = new URL(name, import.meta.url);
  if (!process.argv.includes('--check')) {
    writeFileSync(path, content);
    continue;
  }
  let present = '';
  try {
    present = readFileSync(path, 'utf8');
  } catch {
    // reported as different
  }
  if (present !== content) {
    differ++;
    console.error(`libs/header-event/${name} is not what gen.mjs writes; run: npm run gen`);
  }
}
process.exitCode = differ > 0 ? 1 : 0;
