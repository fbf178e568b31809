import { LineCounter, isAlias, isMap, isNode, isPair, isScalar, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import type { PolicyDocument } from './document.ts';
import { PolicyError, problemsError } from './errors.ts';
import type { PolicyProblem } from './errors.ts';
import { unreachable } from './reach.ts';
import { schemaErrors } from './schema.ts';
import { findings } from './sentences.ts';
import type { Finding } from './sentences.ts';

/** A thousand rules are about 100 kB. */
export const MAX_POLICY_BYTES = 256 * 1024;

/** Finding the line of a key costs a walk through its group. */
const LOCATED = 100;

const TOO_DEEP = 'is nested too deeply for a policy';

/** The library quotes what it could not read, however long that is. */
function short(message: string): string {
  const line = message.replace(/\s+/g, ' ');
  return line.length > 160 ? `${line.slice(0, 160)}...` : line;
}

function fieldOf(path: readonly (string | number)[]): string {
  const written = path.map((s) => (typeof s === 'number' ? `[${s}]` : `.${s}`));
  return written.join('').replace(/^\./, '');
}

function offsetOf(doc: Document, { path, key }: Finding): number {
  // A missing key is told where its group begins.
  for (let depth = path.length; depth >= 0; depth--) {
    const node = doc.getIn(path.slice(0, depth), true);
    if (depth === path.length && key !== undefined && isMap(node)) {
      const pair = node.items.find((p) => String(isScalar(p.key) ? p.key.value : p.key) === key);
      if (pair && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
    }
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}

/** What YAML offers and a policy does not need: names for parts, tags, the same key twice. */
function beyond(doc: Document): { at: number; field: string; message: string }[] {
  const found: { at: number; field: string; message: string }[] = [];
  visit(doc, (_, node) => {
    if (isAlias(node)) found.push({ at: node.range?.[0] ?? 0, field: '', message: `*${node.source} refers to another place: write it out` });
    else if (isNode(node) && 'anchor' in node && node.anchor !== undefined)
      found.push({ at: node.range?.[0] ?? 0, field: '', message: `&${node.anchor} names a part for later: leave it out` });
    else if (isNode(node) && node.tag !== undefined) found.push({ at: node.range?.[0] ?? 0, field: '', message: `the tag ${node.tag} has no meaning here: leave it out` });
    if (!isMap(node)) return;
    const keys = new Set<string>();
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const key = String(pair.key.value);
      if (keys.has(key)) found.push({ at: pair.key.range?.[0] ?? 0, field: key, message: 'is given twice; leave one out' });
      keys.add(key);
    }
  });
  return found;
}

function parsed(text: string, lines: LineCounter): Document {
  // Keys are compared below: the library's own comparison takes the square of their number.
  return parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, schema: 'core', logLevel: 'error' });
}

/**
 * A policy document from YAML or JSON text.
 * @param name what the text is called in errors, such as the file's path
 * @throws PolicyError HW_POLICY_SIZE, HW_POLICY_SYNTAX or HW_POLICY_FIELD, with everything that is wrong in the message
 */
export function readPolicy(text: string | Uint8Array, name: string): PolicyDocument {
  const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;
  if (bytes > MAX_POLICY_BYTES) throw new PolicyError('HW_POLICY_SIZE', `${name}: has ${bytes} bytes, and a policy has at most ${MAX_POLICY_BYTES}`);
  const lines = new LineCounter();
  const at = (offset: number, of: string, message: string): PolicyProblem => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, field: of, message };
  };
  let doc: Document;
  let value: unknown;
  try {
    doc = parsed(typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text), lines);
    // The library reports its own recursion's end as an error of the text.
    const broken = [...doc.errors, ...doc.warnings].map((e) => at(e.pos[0], '', /stack/i.test(e.message) ? TOO_DEEP : short(e.message)));
    const more = broken.length > 0 ? [] : beyond(doc).map((b) => at(b.at, b.field, b.message));
    if (broken.length + more.length > 0) throw problemsError('HW_POLICY_SYNTAX', name, [...broken, ...more]);
    value = doc.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    if (cause instanceof PolicyError) throw cause;
    const message = cause instanceof RangeError ? TOO_DEEP : `is not UTF-8 text (${(cause as Error).message})`;
    throw problemsError('HW_POLICY_SYNTAX', name, [{ line: 0, column: 0, field: '', message }]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw problemsError('HW_POLICY_FIELD', name, [{ line: 1, column: 1, field: '', message: 'is no policy: it begins with schema: 1, id and version' }]);
  const wrong = findings(schemaErrors(value));
  const all = (wrong.length > 0 ? wrong : unreachable(value as PolicyDocument)).slice(0, LOCATED);
  if (all.length > 0)
    throw problemsError(
      'HW_POLICY_FIELD',
      name,
      all.map((f) => at(offsetOf(doc, f), fieldOf(f.key === undefined ? f.path : [...f.path, f.key]), f.message)),
    );
  return value as PolicyDocument;
}
