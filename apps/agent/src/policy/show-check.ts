import type { ExchangeDecision, ExchangeSample, HeaderDecision } from '@headwater/capture';
import { policyName, toLayer } from '@headwater/capture-policy';
import type { PolicyDocument } from '@headwater/capture-policy';
import type { Checked } from './check.ts';

type Valid = Extract<Checked, { valid: true }>;

/** What came from outside cannot steer the terminal. */
const printable = (text: string): string => text.replace(/[\0-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);

/** Left-aligned columns, two spaces apart; all but the last are cut at 60 characters. */
function columns(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell, i) => (i < row.length - 1 && cell.length > 60 ? `${cell.slice(0, 59)}…` : cell)));
  const widths = cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0))) ?? [];
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function matching(match: object): string {
  const terms = Object.entries(match).map(([key, v]: [string, unknown]) => {
    const value = Array.isArray(v) ? v.join(',') : typeof v === 'object' && v !== null ? Object.values(v).join(' ') : String(v);
    return `${key}=${value}`;
  });
  return terms.length > 0 ? terms.join(' ') : 'everything';
}

function summary(doc: PolicyDocument, title: string): string {
  const layer = toLayer(doc);
  const rules = layer.rules.map((r, i) => [
    `  rule ${i + 1}`,
    r.header,
    [r.direction, r.service && `service ${r.service}`, r.route && `route ${r.route}`].filter((t) => t).join(', ') || 'everywhere',
    r.action,
  ]);
  const filters = (doc.filters ?? []).map((f, i) => [`  filter ${i + 1}`, matching(f.match ?? {}), typeof f.log === 'object' ? `one in ${f.log.one_in}` : f.log]);
  return [
    `${title}: ${policyName(doc)}\n`,
    columns([
      ['  url.path', layer.path === 'keep' ? 'as sent' : 'route template'],
      ['  query', layer.queryNames ? 'names of parameters' : 'nothing'],
      ['  client.address', layer.clientAddress],
    ]),
    rules.length > 0 ? columns(rules) : '',
    '  other headers: values of the built-in allow-list of harmless ones; of the rest, that they are there; credentials as summaries\n',
    filters.length > 0 ? columns(filters) : '',
    `  other exchanges: all; sampling leaves out no error, and nothing slower than ${layer.keepSlowerThanMs} ms\n`,
  ].join('');
}

function headerRows(title: string, list: readonly HeaderDecision[]): string {
  if (list.length === 0) return '';
  return `\n${columns([[title, 'ACTION', 'WHAT LEAVES', 'BY'], ...list.map((h) => [printable(h.name), h.action, printable(h.value) || '-', h.by])])}`;
}

function decisionText(d: ExchangeDecision, s: ExchangeSample): string {
  const logged = d.logged ? (d.weight > 1 ? `one of ${d.weight}, with the weight ${d.weight}` : 'yes') : 'no';
  return [
    `\n${s.method} ${printable(s.target)} -> ${s.status === 0 ? 'no response' : s.status} in ${s.totalMs} ms, ${s.role} side${s.service ? ` of ${s.service}` : ''}, port ${s.port}\n`,
    columns([['logged', logged, d.by]]),
    d.logged ? whatLeaves(d) : 'Nothing of it leaves: the exchange is counted as filtered (policy).\n',
  ].join('');
}

function whatLeaves(d: ExchangeDecision): string {
  return [
    columns([
      ['route', printable(d.route)],
      ['url.path', printable(d.path) || '-'],
      ['url.query', printable(d.query) || '-'],
      ['client.address', printable(d.clientAddress) || '-'],
    ]),
    headerRows('REQUEST HEADER', d.requestHeaders),
    headerRows('RESPONSE HEADER', d.responseHeaders),
  ].join('');
}

/** For people. */
export function showCheck(file: string, checked: Valid): string {
  const { document, narrowing, sample, decision } = checked;
  const hashes = [document, narrowing].some((d) => d && (d.client_address === 'hash' || d.headers?.some((r) => r.action === 'hash')));
  return [
    summary(document, `${file} is valid`),
    narrowing ? summary(narrowing, 'narrowed by') : '',
    decision && sample ? decisionText(decision, sample) : '',
    hashes ? '\nhash needs a key on the host (fingerprints.key_file); without one the policy is refused there.\n' : '',
  ].join('');
}

/** For programs; fields only grow. */
export function checkJson(checked: Checked): string {
  if (!checked.valid) return `${JSON.stringify({ schema: 1, valid: false, errors: checked.errors }, null, 2)}\n`;
  const { document, narrowing, sample, decision } = checked;
  return `${JSON.stringify({ schema: 1, valid: true, policy: policyName(document), narrowing: narrowing && policyName(narrowing), sample, decision }, null, 2)}\n`;
}
