import { SEVERITIES } from '@headwater/alert-rules';
import { Problem, type ParameterError } from '../http/problem.ts';
import { parseStatus } from './status.ts';

/** One query parameter: what it takes (for OpenAPI) and how it is checked. `check` answers what is wrong, or null. */
export interface Parameter {
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly example?: string;
  check?(value: string): string | null;
}

const time = 'RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`.';

/** A parameter that takes one of a few words. */
export function oneOf(words: readonly string[], description: string, fallback?: string): Parameter {
  return {
    description,
    schema: { type: 'string', enum: words, ...(fallback === undefined ? {} : { default: fallback }) },
    check: (v) => (words.includes(v) ? null : `"${v}" is not known here; use ${words.join(' or ')}`),
  };
}

/** A parameter that takes some of a few words, with commas. */
export function severalOf(words: readonly string[], description: string): Parameter {
  const word = `(${words.join('|')})`;
  return {
    description: `${description}, with commas: ${words.join(', ')}.`,
    schema: { type: 'string', pattern: `^${word}(,${word})*$` },
    check: (v) => {
      const bad = v.split(',').find((w) => !words.includes(w));
      return bad === undefined ? null : `"${bad}" is not known here; use ${words.join(', ')}`;
    },
  };
}

export const PARAMETERS = {
  start: { description: `Start of the range, included; floored to the step. ${time} Default: one hour before end.`, schema: { type: 'string' }, example: 'now-1h' },
  end: { description: `End of the range, excluded; ceiled to the step. ${time}`, schema: { type: 'string', default: 'now' }, example: 'now' },
  step: {
    description:
      'Width of a point: a multiple of 10 seconds, as `10s`, `1m`, `1h` or seconds. Default: by range, at most 360 points. What is older than 24 hours is kept in minutes, what is older than 7 days in hours.',
    schema: { type: 'string' },
    example: '1m',
  },
  role: {
    description: 'Side of the exchange that was watched. Where both ends are watched an exchange is seen once in each role; nothing sums over roles.',
    schema: { type: 'string', enum: ['server', 'client'], default: 'server' },
    check: (v) => (v === 'server' || v === 'client' ? null : `"${v}" is neither server nor client`),
  },
  service: { description: 'Only this service.', schema: { type: 'string', minLength: 1 }, check: (v) => (Buffer.byteLength(v) > 254 ? 'is longer than 254 bytes' : null) },
  route: { description: 'Only this route template, e.g. `/users/{int}`.', schema: { type: 'string', minLength: 1 } },
  method: { description: 'Only this method, as sent.', schema: { type: 'string', minLength: 1 }, example: 'GET' },
  status: {
    description: 'Only these statuses: `404`, `4xx`, or several with commas. 0: there was no response.',
    schema: { type: 'string', pattern: '^(0|[1-9][0-9]{2}|[1-9]xx)(,(0|[1-9][0-9]{2}|[1-9]xx))*$' },
    check: (v) => (parseStatus(v) === null ? `"${v}" is no status; use 404, 4xx or several with commas` : null),
  },
  direction: {
    description: 'Only headers of requests or of responses.',
    schema: { type: 'string', enum: ['request', 'response'] },
    check: (v) => (v === 'request' || v === 'response' ? null : `"${v}" is neither request nor response`),
  },
  name: { description: 'Only this header, case-insensitively.', schema: { type: 'string', minLength: 1 } },
  client: {
    description: 'Only this client: its name where the host knows it, else its address as the policy let it leave; `{other}` is what is over the budget.',
    schema: { type: 'string', minLength: 1 },
  },
  host: { description: 'Only this host.', schema: { type: 'string', minLength: 1 } },
  state: oneOf(['open', 'resolved', 'all'], 'Which alerts.', 'all'),
  severity: severalOf(SEVERITIES, 'Only these severities'),
  rule: { description: 'Only alerts of this rule.', schema: { type: 'string', minLength: 1 } },
  id: {
    description: 'Only the alert with this id, whenever it was.',
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    check: (v) => (/^[0-9a-f]{32}$/.test(v) ? null : `"${v}" is no id of an alert: 32 hex digits`),
  },
  error_type: {
    description:
      'Only exchanges without a whole response for these reasons, with commas: `connection_reset`, `connection_closed`, `no_response`, `malformed_response`. Where nothing of the response was seen the status is 0.',
    schema: { type: 'string', pattern: '^[^,]+(,[^,]+)*$' },
    example: 'connection_reset,no_response',
    check: (v) => (v.split(',').includes('') ? 'has an empty name' : null),
  },
  limit: {
    description: 'Rows of one page.',
    schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    check: (v) => (/^\d{1,4}$/.test(v) && Number(v) >= 1 && Number(v) <= 1000 ? null : `"${v}" is no number from 1 to 1000`),
  },
  slo: {
    description: 'Service level objective for `burn_rate`: the percentage of exchanges that must not fail.',
    schema: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 100, default: 99.9 },
    example: '99.9',
    check: (v) => (/^\d{1,2}(\.\d{1,6})?$/.test(v) && Number(v) > 0 ? null : `"${v}" is no percentage above 0 and below 100, such as 99.9`),
  },
  metric: oneOf(['ttfb', 'total'], 'Which latency the heatmap shows: time to first byte, or total time.', 'ttfb'),
  cursor: { description: '`next_cursor` of the page before, with the same other parameters.', schema: { type: 'string' } },
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof PARAMETERS | 'group_by' | 'view' | 'sort' | 'trigger' | 'source' | 'alert';
export type Query = Partial<Record<ParameterName, string>>;

/** `group_by` of a route: which keys it takes. */
export function groupByParameter(keys: readonly string[], fallback: readonly string[], more = ''): Parameter {
  return {
    description: `Keys of a row, with commas: any of ${keys.join(', ')}.${more === '' ? '' : ` ${more}`}`,
    schema: { type: 'string', default: fallback.join(',') },
    check(v) {
      const asked = v.split(',');
      const bad = asked.find((k) => !keys.includes(k));
      if (bad !== undefined) return `"${bad}" cannot be grouped by; use any of ${keys.join(', ')}`;
      return new Set(asked).size === asked.length ? null : 'names a key twice';
    },
  };
}

/** Checks a raw query string against what the route takes; every wrong parameter is named at once. */
export function readQuery(raw: string, taken: Readonly<Record<string, Parameter>>): Query {
  const given = new URLSearchParams(raw);
  const errors: ParameterError[] = [];
  const query: Record<string, string> = {};
  for (const name of new Set(given.keys())) {
    const parameter = Object.hasOwn(taken, name) ? taken[name] : undefined;
    const values = given.getAll(name);
    const [value = ''] = values;
    if (parameter === undefined) errors.push({ parameter: name, detail: `is not known here; this route takes ${Object.keys(taken).join(', ') || 'none'}` });
    else if (values.length > 1) errors.push({ parameter: name, detail: 'is given twice' });
    else if (value === '') errors.push({ parameter: name, detail: 'is empty' });
    else {
      const wrong = parameter.check?.(value) ?? null;
      if (wrong === null) query[name] = value;
      else errors.push({ parameter: name, detail: wrong });
    }
  }
  if (errors.length > 0) throw new Problem('invalid_parameter', errors.map((e) => `${e.parameter}: ${e.detail}`).join('; '), { errors });
  return query as Query;
}
