import type { HeaderField } from './exchange.ts';

/** One thing the host said of a secret in place of it. */
export interface Fact {
  id: 'scheme' | 'fingerprint' | 'names' | 'name' | 'attributes' | 'alg' | 'iss' | 'aud' | 'expiry' | 'scope' | 'error';
  label: string;
  text: string;
  /** what equality goes by: an expiry counts as past or to come, not by its seconds, which differ in every exchange */
  key: string;
}

/** A header's value as what it is: the value, or what the host let leave in its place. */
export type Shown =
  | { kind: 'text'; text: string }
  | { kind: 'empty' }
  /** it was there; the value stayed on the host */
  | { kind: 'present' }
  /** letters as a, digits as 0 */
  | { kind: 'shape'; text: string }
  | { kind: 'secret'; facts: Fact[] };

const LABELS: Readonly<Record<string, [Fact['id'], string]>> = {
  fp: ['fingerprint', 'fingerprint'],
  names: ['names', 'cookies'],
  name: ['name', 'cookie'],
  attributes: ['attributes', 'attributes'],
  alg: ['alg', 'JWT signed with'],
  iss: ['iss', 'issuer'],
  aud: ['aud', 'audience'],
  scope: ['scope', 'scopes'],
  error: ['error', 'error'],
};

/** `exp_s=-3600`: seconds from the exchange to the token's end. */
function expiry(seconds: number): Fact {
  const past = seconds < 0;
  const length = span(Math.abs(seconds));
  return { id: 'expiry', label: past ? 'expired' : 'expires', text: past ? `${length} before this exchange` : `${length} after this exchange`, key: past ? 'expired' : 'valid' };
}

function span(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ];
  for (const [size, unit] of units) if (seconds >= size) return `${Math.round(seconds / size)}\u00a0${unit}`;
  return `${seconds}\u00a0s`;
}

/** The summary's grammar is the capture core's: words `key=value` by spaces, a scheme without `=` first, `jwt` before its facts. */
function summary(value: string): Shown {
  const facts: Fact[] = [];
  for (const word of value.split(' ')) {
    if (word === '' || word === 'jwt' || word === 'present') continue;
    const eq = word.indexOf('=');
    if (eq === -1) {
      facts.push({ id: 'scheme', label: 'scheme', text: word === 'other' ? 'none known' : word, key: word });
      continue;
    }
    const name = word.slice(0, eq);
    const text = word.slice(eq + 1);
    if (name === 'exp_s') {
      const seconds = Number(text);
      if (Number.isFinite(seconds)) facts.push(expiry(seconds));
      continue;
    }
    const [id, label] = LABELS[name] ?? ['attributes', name];
    facts.push({ id, label, text: id === 'fingerprint' ? text : text.replaceAll(',', ', '), key: text });
  }
  return facts.length === 0 ? { kind: 'present' } : { kind: 'secret', facts };
}

export function shownValue({ value, action }: HeaderField): Shown {
  switch (action) {
    case 'keep':
      return value === '' ? { kind: 'empty' } : { kind: 'text', text: value };
    case 'hash':
      return { kind: 'secret', facts: [{ id: 'fingerprint', label: 'fingerprint', text: value, key: value }] };
    case 'mask':
      return { kind: 'shape', text: value };
    case 'summary':
      return summary(value);
    default:
      return { kind: 'present' };
  }
}

/** Equal texts: as far as is known, equal values. */
export function comparable(field: HeaderField): string {
  const shown = shownValue(field);
  if (shown.kind === 'secret') return `secret ${shown.facts.map((f) => `${f.id}=${f.key}`).join(' ')}`;
  return shown.kind === 'text' || shown.kind === 'shape' ? `${shown.kind} ${shown.text}` : shown.kind;
}

/** In words, for one line of text. */
export function valueText(field: HeaderField): string {
  const shown = shownValue(field);
  switch (shown.kind) {
    case 'text':
      return shown.text;
    case 'empty':
      return '(empty)';
    case 'present':
      return '(present; the value stayed on the host)';
    case 'shape':
      return `${shown.text} (shape)`;
    case 'secret':
      return shown.facts.map((f) => (f.id === 'scheme' ? f.text : `${f.label} ${f.text}`)).join(', ');
  }
}
