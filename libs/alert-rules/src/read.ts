import { LineCounter, isMap, isNode, isScalar, parseDocument, stringify, visit, type Document } from 'yaml';
import { DEFAULTS } from './built-in.ts';
import { RulesError, problemsError, type RulesProblem } from './errors.ts';
import type { Rule, RulesDocument } from './rule.ts';
import { schemaErrors } from './schema.ts';
import { findings, type Wrong } from './sentences.ts';

/** Two hundred rules are about 60 kB. */
export const MAX_RULES_BYTES = 256 * 1024;
/** Finding the line of a key costs a walk through its group. */
const LOCATED = 100;

/** A rule as it is written: what it does not say has the default of its kind. */
type Written = Partial<Rule> & Pick<Rule, 'id' | 'kind'>;

function short(message: string): string {
  const line = message.replace(/\s+/g, ' ');
  return line.length > 160 ? `${line.slice(0, 160)}...` : line;
}

function fieldOf({ path, key }: Wrong): string {
  const whole = key === undefined ? path : [...path, key];
  return whole
    .map((s) => (typeof s === 'number' ? `[${s}]` : `.${s}`))
    .join('')
    .replace(/^\./, '');
}

/** Where it is written; a missing key where its group begins. */
function offsetOf(doc: Document, { path, key }: Wrong): number {
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

/** Keys that are written twice: the library's own check compares each with each, which takes minutes for a hostile text. */
function twice(doc: Document): { at: number; field: string }[] {
  const found: { at: number; field: string }[] = [];
  visit(doc, {
    Map(_, map) {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const field = String(key.value);
        if (keys.has(field)) found.push({ at: key.range?.[0] ?? 0, field });
        keys.add(field);
      }
    },
  });
  return found;
}

/** What the schema cannot say: ids are unique, a short window is the shorter one. */
function contradictions(rules: readonly Rule[]): Wrong[] {
  const wrong: Wrong[] = [];
  const seen = new Map<string, number>();
  for (const [i, rule] of rules.entries()) {
    const first = seen.get(rule.id);
    if (first !== undefined) wrong.push({ path: ['rules', i, 'id'], message: `is "${rule.id}", as that of rules[${first}]: ids are unique` });
    else seen.set(rule.id, i);
    if (rule.kind !== 'error_burn' && rule.kind !== 'latency_burn') continue;
    for (const [w, { short_minutes, long_minutes }] of rule.windows.entries())
      if (short_minutes > long_minutes)
        wrong.push({ path: ['rules', i, 'windows', w, 'short_minutes'], message: `is ${short_minutes}: must be at most long_minutes, ${long_minutes}` });
  }
  return wrong;
}

/**
 * Rules from YAML or JSON text, with the defaults of their kinds where they say nothing.
 * @param source what the text is called in errors, such as the file's path
 * @throws RulesError HW_RULES_SIZE, HW_RULES_SYNTAX or HW_RULES_FIELD, with everything that is wrong in the message
 */
export function readRules(text: string | Uint8Array, source: string): Rule[] {
  const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;
  if (bytes > MAX_RULES_BYTES) throw new RulesError('HW_RULES_SIZE', `${source}: has ${bytes} bytes, and rules have at most ${MAX_RULES_BYTES}`);
  const lines = new LineCounter();
  const at = (offset: number, field: string, message: string): RulesProblem => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col, field, message };
  };
  let doc: Document;
  let value: unknown;
  try {
    doc = parseDocument(typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text), {
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
      schema: 'core',
      logLevel: 'error',
    });
    const broken = [...doc.errors, ...doc.warnings].map((e) => at(e.pos[0], '', short(e.message)));
    if (broken.length === 0) broken.push(...twice(doc).map((t) => at(t.at, t.field, 'is given twice; leave one out')));
    if (broken.length > 0) throw problemsError('HW_RULES_SYNTAX', source, broken);
    value = doc.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    if (cause instanceof RulesError) throw cause;
    const message = cause instanceof TypeError ? `is not UTF-8 text (${cause.message})` : short(`cannot be read: ${(cause as Error).message}`);
    throw problemsError('HW_RULES_SYNTAX', source, [{ line: 0, column: 0, field: '', message }]);
  }
  const refuse = (wrong: readonly Wrong[]) => {
    if (wrong.length > 0)
      throw problemsError(
        'HW_RULES_FIELD',
        source,
        wrong.slice(0, LOCATED).map((w) => at(offsetOf(doc, w), fieldOf(w), w.message)),
      );
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse([{ path: [], message: 'is no document of rules: it begins with schema: 1 and rules:' }]);
  refuse(findings(schemaErrors(value).slice(0, LOCATED)));
  const rules = (value as { rules: Written[] }).rules.map((r) => ({ ...DEFAULTS[r.kind], ...r }) as Rule);
  refuse(contradictions(rules));
  return rules;
}

/** The rules as a document (YAML) that says all of them. */
export function writeRules(rules: readonly Rule[]): string {
  const document: RulesDocument = { schema: 1, rules: [...rules] };
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 });
}
