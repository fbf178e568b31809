import type { Answer, AnswerFinding } from './answer.ts';
import { ANSWER_LIMITS as LIMITS } from './answer-schema.ts';
import type { Aliases, InsightInput } from './input.ts';
import type { Evidence, Finding } from './insight.ts';
import { plainText } from './safe-text.ts';

export const DROP_REASONS = ['unknown_evidence', 'no_evidence', 'repeated', 'too_many'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Keys that name other elements: what they stand for is in the evidence itself. */
const REFERENCES: ReadonlySet<string> = new Set(['id', 'service', 'endpoint', 'about', 'name']);

/** The elements of an input by id, as evidence: in the words of this fleet, with the figures as they were sent. */
export function evidenceOf(input: InsightInput, aliases: Aliases): Map<string, Evidence> {
  const all = [...input.services, ...input.endpoints, ...input.failures, ...input.headers, ...input.hosts, ...input.alerts];
  const found = new Map<string, Evidence>();
  for (const element of all) {
    const alias = aliases[element.id];
    if (alias !== undefined) found.set(element.id, { id: element.id, ...alias, figures: figuresOf(element, element.id.startsWith('hdr_')) });
  }
  return found;
}

function figuresOf(element: object, isHeader: boolean): Record<string, number | string> {
  const figures: Record<string, number | string> = {};
  for (const [key, value] of Object.entries(element) as [string, unknown][]) {
    if (REFERENCES.has(key) && !(isHeader && key === 'name')) continue;
    if (typeof value === 'number' || typeof value === 'string') figures[key] = value;
    else if (typeof value === 'object' && value !== null)
      for (const [inner, v] of Object.entries(value) as [string, unknown][])
        if (typeof v === 'number' || typeof v === 'string') figures[key === 'values' ? inner : `${key}_${inner}`] = v;
  }
  return figures;
}

/**
 * A model's findings in the words of this fleet. What cites nothing that is in the input, says the same again or is too much is left out
 * and counted. Texts are one line without control characters; markup in them is text.
 * @returns findings with the ids `m1`, `m2` ...
 */
export function resolve(answer: Answer, input: InsightInput, aliases: Aliases): { findings: Finding[]; dropped: Partial<Record<DropReason, number>> } {
  const evidence = evidenceOf(input, aliases);
  const dropped: Partial<Record<DropReason, number>> = {};
  const seen = new Set<string>();
  const findings: Finding[] = [];
  const say = (text: string, most: number) => plainText(inWords(text, evidence), most);
  const reasonAgainst = (f: AnswerFinding, cited: readonly Evidence[], keys: readonly string[]): DropReason | null => {
    if (f.evidence.length === 0) return 'no_evidence';
    if (cited.length === 0) return 'unknown_evidence';
    if (keys.some((k) => seen.has(k))) return 'repeated';
    return findings.length >= LIMITS.findings ? 'too_many' : null;
  };
  for (const f of answer.findings) {
    const ids = [...new Set(f.evidence.flatMap((id) => (evidence.has(id) ? [id] : (id.match(ID) ?? []))))];
    const cited = ids.flatMap((id) => evidence.get(id) ?? []).slice(0, LIMITS.evidence);
    const keys = [`title ${normal(f.title)}`, `says ${normal(f.what_changed)}`];
    const reason = reasonAgainst(f, cited, keys);
    if (reason !== null) {
      dropped[reason] = (dropped[reason] ?? 0) + 1;
      continue;
    }
    for (const key of keys) seen.add(key);
    const cause = say(f.likely_cause, LIMITS.text);
    findings.push({
      id: '',
      source: 'model',
      severity: f.severity,
      title: say(f.title, LIMITS.title) || '(no title)',
      what_changed: say(f.what_changed, LIMITS.text),
      likely_cause: cause === '' ? null : cause,
      check_next: f.check_next
        .map((c) => say(c, LIMITS.check))
        .filter((c) => c !== '')
        .slice(0, LIMITS.check_next),
      confidence: f.confidence,
      evidence: cited,
    });
  }
  findings.sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
  return { findings: findings.map((f, i) => ({ ...f, id: `m${i + 1}` })), dropped };
}

const ORDER = { page: 0, ticket: 1, info: 2 };

/** An id where words may stand around it: some models write `ep_1 (GET /x)`. */
const ID = /(?<![A-Za-z0-9_])(?:svc|ep|fail|hdr|host|alert)_[1-9][0-9]{0,2}(?![A-Za-z0-9_])/g;

function normal(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Ids of the input as what they stand for; others stay as they are. */
function inWords(text: string, evidence: ReadonlyMap<string, Evidence>): string {
  return text.replace(ID, (id) => evidence.get(id)?.label ?? id);
}
