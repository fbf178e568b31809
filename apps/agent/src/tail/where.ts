import { globMatcher } from './glob.ts';
import type { Row } from './row.ts';
import { UsageError } from './usage-error.ts';

type Test = (row: Row) => boolean;
type Operator = '=' | '!=' | '>' | '>=' | '<' | '<=';

const TERM = /^([a-z]+|header\.[^=!<>]+?)\s*(!=|>=|<=|=|>|<)\s*(.*)$/is;

const TEXTS: Record<string, (row: Row) => string> = {
  method: (row) => row.text('http.request.method'),
  path: (row) => row.text('url.path'),
  route: (row) => row.text('http.route'),
  service: (row) => row.text('service.name'),
  host: (row) => row.host,
  role: (row) => row.role,
  error: (row) => row.text('error.type'),
};

/** Numbers: how to read one of a row (-1: unknown, matches nothing) and one of the term. */
const NUMBERS: Record<string, { of: (row: Row) => number; parse: (text: string) => number | null; like: string }> = {
  status: { of: (row) => row.number('http.response.status_code'), parse: (t) => (/^\d{1,3}$/.test(t) ? Number(t) : null), like: '404, 5xx, 200-299; 0 is no response' },
  latency: { of: (row) => row.wide('headwater.total_ns'), parse: nanoseconds, like: '100ms, 1.5s, 250us' },
  ttfb: { of: (row) => row.wide('headwater.ttfb_ns'), parse: nanoseconds, like: '100ms, 1.5s, 250us' },
  bytes: { of: (row) => row.wide('http.response.size'), parse: byteCount, like: '1000, 64k, 10M' },
};

const FIELDS = [...Object.keys(TEXTS), ...Object.keys(NUMBERS), 'header.NAME'].join(', ');

/**
 * A filter of rows: commas join terms that must all hold, several texts are alternatives; none at all lets everything
 * through. A comma inside of a value is written `\,`.
 * @throws UsageError that names the term and the fix
 */
export function parseWhere(texts: readonly string[]): Test {
  const alternatives = texts.map((text) => {
    const terms = text
      .split(/(?<!\\),/)
      .map((t) => t.replaceAll('\\,', ',').trim())
      .filter((t) => t !== '');
    if (terms.length === 0) throw new UsageError(`--where "${text}" holds no term; write it as --where status=5xx,method=GET`);
    const tests = terms.map(parseTerm);
    return (row: Row) => tests.every((test) => test(row));
  });
  return alternatives.length === 0 ? () => true : (row) => alternatives.some((test) => test(row));
}

function parseTerm(term: string): Test {
  const parts = TERM.exec(term);
  if (!parts) throw new UsageError(`--where ${term}: write it as FIELD=VALUE, FIELD!=VALUE or FIELD>VALUE, with one of the fields ${FIELDS}`);
  const field = parts[1]!.toLowerCase();
  const operator = parts[2] as Operator;
  const value = parts[3]!.trim();
  if (field.startsWith('header.')) return headerTest(term, field.slice('header.'.length).trim(), operator, value);
  const text = TEXTS[field];
  const number = NUMBERS[field];
  if (text) return textTest(term, field, text, operator, value);
  if (number) return numberTest(term, field, number, operator, value);
  throw new UsageError(`--where ${term}: there is no field ${field}; the fields are ${FIELDS}`);
}

function textTest(term: string, field: string, of: (row: Row) => string, operator: Operator, value: string): Test {
  if (operator !== '=' && operator !== '!=') throw new UsageError(`--where ${term}: ${field} is text and is compared with = or !=, and * stands for anything`);
  if (field === 'role' && value !== 'server' && value !== 'client') throw new UsageError(`--where ${term}: role is server or client`);
  const matches = globMatcher(field === 'method' ? value.toUpperCase() : value);
  return operator === '=' ? (row) => matches(of(row)) : (row) => !matches(of(row));
}

/** Any field of the name, in either direction; the value as the host let it leave. `!=`: no such field has it. */
function headerTest(term: string, name: string, operator: Operator, value: string): Test {
  if (operator !== '=' && operator !== '!=') throw new UsageError(`--where ${term}: a header is compared with = or !=; header.${name}=* asks whether it is there`);
  const matches = globMatcher(value);
  const has = (row: Row): boolean => {
    for (const list of ['http.request.headers', 'http.response.headers'] as const) {
      for (const h of row.headers(list)) if (h.name.toLowerCase() === name && matches(h.value)) return true;
    }
    return false;
  };
  return operator === '=' ? has : (row) => !has(row);
}

function numberTest(term: string, field: string, { of, parse, like }: (typeof NUMBERS)[string], operator: Operator, value: string): Test {
  const range = rangeOf(field, value, parse);
  if (!range) throw new UsageError(`--where ${term}: ${value === '' ? 'a value is missing' : `${value} is no value of ${field}`}; write it like ${like}`);
  const [low, high] = range;
  switch (operator) {
    case '=':
      return (row) => of(row) >= low && of(row) <= high;
    case '!=':
      return (row) => of(row) < low || of(row) > high;
    case '>':
      return (row) => of(row) > high;
    case '>=':
      return (row) => of(row) >= low;
    case '<':
      return (row) => of(row) >= 0 && of(row) < low;
    case '<=':
      return (row) => of(row) >= 0 && of(row) <= high;
  }
}

/** `5xx`, `200-299` or one value as its lowest and highest. */
function rangeOf(field: string, value: string, parse: (text: string) => number | null): [number, number] | null {
  const family = field === 'status' ? /^([1-9])xx$/i.exec(value) : null;
  if (family) return [Number(family[1]) * 100, Number(family[1]) * 100 + 99];
  const [from = '', to = from, ...more] = value.split('-').map((t) => t.trim());
  const low = parse(from);
  const high = parse(to);
  return low === null || high === null || more.length > 0 || low > high ? null : [low, high];
}

function nanoseconds(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m)$/i.exec(text);
  if (!parts) return null;
  const unit = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9 }[parts[2]!.toLowerCase()];
  return unit === undefined ? null : Math.round(Number(parts[1]) * unit);
}

/** `1000`, `64k`, `100M`, `1G` (powers of 1024); null when it is none of these. */
export function byteCount(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)([kmg]?)i?b?$/i.exec(text);
  if (!parts) return null;
  return Math.round(Number(parts[1]) * { '': 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 }[parts[2]!.toLowerCase() as '' | 'k' | 'm' | 'g']);
}
