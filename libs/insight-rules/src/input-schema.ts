import { RULE_KINDS, SEVERITIES } from '@headwater/alert-rules';
import { checkOf, placeOf, wrongOf } from './check.ts';
import type { InsightInput } from './input.ts';

const HEADER_KINDS = ['appeared', 'vanished', 'more_often', 'less_often', 'credential_in_clear', 'credential_in_query', 'missing_security_header'];
const LISTS = ['services', 'endpoints', 'failures', 'headers', 'hosts', 'alerts', 'unsafe'];

const NUMBER = { type: 'number', minimum: 0, maximum: 99_999_999 };
const PERCENT = { type: 'number', minimum: 0, maximum: 100 };
const OR_NULL = { anyOf: [NUMBER, { type: 'null' }] };
const PERCENT_OR_NULL = { anyOf: [PERCENT, { type: 'null' }] };
const LARGE = { type: 'string', pattern: '^[1-9](?:\\.[0-9])?e[0-9]{1,2}$' };
const COUNT = { anyOf: [{ type: 'integer', minimum: 0, maximum: 99_999_999 }, LARGE] };
const TIME = { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$' };
const SPAN = closed({ start: TIME, end: TIME });
const id = (prefix: string) => ({ type: 'string', pattern: `^${prefix}_[1-9][0-9]{0,2}$` });
const token = (most: number) => ({ type: 'string', pattern: `^(?:[A-Za-z0-9_.-]{1,${most}}|\\{redacted\\}|\\{other\\})$` });
const BEFORE = { anyOf: [closed({ exchanges_per_s: NUMBER, error_pct: PERCENT, p50_ms: OR_NULL, p99_ms: OR_NULL }), { type: 'null' }] };

/** All keys are required and there are no others, but for those named as optional. */
function closed(properties: Record<string, object>, optional: readonly string[] = []): object {
  return { type: 'object', required: Object.keys(properties).filter((k) => !optional.includes(k)), properties, additionalProperties: false };
}

const list = (items: object, maxItems: number) => ({ type: 'array', maxItems, items });

/** What may be told to a model, as JSON Schema 2020-12: an allow-list. What `checkInput` holds beside it: digits of numbers, and that ids are there. */
export const INPUT_SCHEMA: object = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:headwater:schema:insight-input.v1',
  title: 'What a model is told, version 1',
  ...closed({
    schema: { const: 1 },
    window: SPAN,
    compared_with: { anyOf: [SPAN, { type: 'null' }] },
    quality: closed({ complete: { type: 'boolean' }, lost_exchanges: COUNT, coverage_pct: PERCENT, hosts: COUNT }),
    services: list(
      closed(
        {
          id: id('svc'),
          name: token(64),
          exchanges: COUNT,
          exchanges_per_s: NUMBER,
          error_pct: PERCENT,
          client_error_pct: PERCENT,
          p50_ms: OR_NULL,
          p95_ms: OR_NULL,
          p99_ms: OR_NULL,
          before: BEFORE,
        },
        ['name'],
      ),
      24,
    ),
    endpoints: list(
      closed({
        id: id('ep'),
        service: id('svc'),
        method: token(16),
        route: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9/_.~:;=+,*%{}()-]+$' },
        exchanges: COUNT,
        error_pct: PERCENT,
        client_error_pct: PERCENT,
        p50_ms: OR_NULL,
        p99_ms: OR_NULL,
        statuses: { type: 'string', pattern: '^(?:(?:[0-9]{1,5}|none):[0-9][0-9.e]{0,7}(?:; |$)){0,5}$' },
        before: BEFORE,
        change: { enum: ['new', 'vanished', 'none'] },
      }),
      48,
    ),
    failures: list(
      closed({
        id: id('fail'),
        endpoint: id('ep'),
        status: { anyOf: [{ type: 'integer', minimum: 1, maximum: 65_535 }, { type: 'null' }] },
        error_type: { anyOf: [token(64), { type: 'null' }] },
        exchanges: COUNT,
        share_pct: PERCENT,
        before_share_pct: PERCENT_OR_NULL,
        first_seen: { anyOf: [TIME, { type: 'null' }] },
      }),
      32,
    ),
    headers: list(
      closed({
        id: id('hdr'),
        service: id('svc'),
        kind: { enum: HEADER_KINDS },
        name: token(64),
        direction: { enum: ['request', 'response'] },
        share_pct: PERCENT,
        before_share_pct: PERCENT_OR_NULL,
      }),
      32,
    ),
    hosts: list(closed({ id: id('host'), exchanges: COUNT, lost_exchanges: COUNT, coverage_pct: PERCENT, silent_s: OR_NULL }), 24),
    alerts: list(
      closed({
        id: id('alert'),
        kind: { enum: RULE_KINDS },
        severity: { enum: SEVERITIES },
        about: { type: 'string', pattern: '^(?:svc|ep|host)_[1-9][0-9]{0,2}$' },
        opened_at: TIME,
        values: {
          type: 'object',
          propertyNames: { pattern: '^[a-z][a-z0-9_]{0,47}$' },
          maxProperties: 24,
          additionalProperties: { anyOf: [NUMBER, LARGE] },
        },
      }),
      32,
    ),
    truncated: { type: 'object', propertyNames: { enum: LISTS }, additionalProperties: COUNT },
  }),
};

const check = checkOf(INPUT_SCHEMA);

/**
 * Holds a value against what may be told. Nothing is sent that does not pass.
 * @throws Error naming the place, never the value
 */
export function checkInput(value: unknown): asserts value is InsightInput {
  const [wrong] = check(value);
  if (wrong) throw new Error(`input for the model: ${wrongOf(wrong)}`);
  digits(value, '');
  const input = value as InsightInput;
  const ids = new Set<string>();
  for (const { id: own } of [...input.services, ...input.endpoints, ...input.failures, ...input.headers, ...input.hosts, ...input.alerts]) {
    if (ids.has(own)) throw new Error(`input for the model: the id ${own} is given twice`);
    ids.add(own);
  }
  const named = [...input.endpoints.map((e) => e.service), ...input.failures.map((f) => f.endpoint), ...input.headers.map((h) => h.service), ...input.alerts.map((a) => a.about)];
  for (const other of named) if (!ids.has(other)) throw new Error(`input for the model: ${other} is named and not there`);
}

/** No number has more than three decimals or eight digits. */
function digits(value: unknown, pointer: string): void {
  if (typeof value === 'number') {
    if (!/^\d{1,8}$|^(?=[\d.]{3,9}$)\d+\.\d{1,3}$/.test(String(value))) throw new Error(`input for the model: ${placeOf(pointer)} has more digits than come through`);
  } else if (typeof value === 'object' && value !== null) for (const [key, v] of Object.entries(value)) digits(v, `${pointer}/${key}`);
}
