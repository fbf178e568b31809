import { SEVERITIES } from '@headwater/alert-rules';
import type { Answer } from './answer.ts';
import { checkOf, wrongOf } from './check.ts';
import { CONFIDENCES } from './insight.ts';

/** What stays of an answer; the rest is cut or dropped, and dropped findings are counted. */
export const ANSWER_LIMITS = { findings: 8, title: 120, text: 600, check_next: 5, check: 200, evidence: 12 } as const;
/** An answer that is larger than this many times its limits was not written to be read: it is asked for again. */
const TOLERANCE = 4;

const text = (description: string) => ({ type: 'string', description });

/**
 * The shape of an answer for OpenAI's strict structured outputs: every property required, none beside, no keyword that strict mode refuses.
 * What it cannot say (lengths) is said to the model in words and held by `readAnswer`.
 */
export const ANSWER_SCHEMA: object = {
  type: 'object',
  required: ['findings'],
  additionalProperties: false,
  properties: {
    findings: {
      type: 'array',
      description: `Most important first, at most ${ANSWER_LIMITS.findings}; empty when nothing deserves attention.`,
      items: {
        type: 'object',
        required: ['title', 'severity', 'what_changed', 'likely_cause', 'check_next', 'confidence', 'evidence'],
        additionalProperties: false,
        properties: {
          title: text(`One line, at most ${ANSWER_LIMITS.title} characters.`),
          severity: { type: 'string', enum: [...SEVERITIES], description: 'page: wake somebody; ticket: in working hours; info: worth knowing.' },
          what_changed: text(`With the figures that say so, against the time before; at most ${ANSWER_LIMITS.text} characters.`),
          likely_cause: text(`Empty when the input does not tell; at most ${ANSWER_LIMITS.text} characters.`),
          check_next: {
            type: 'array',
            description: `What a person should look at, at most ${ANSWER_LIMITS.check_next} of at most ${ANSWER_LIMITS.check} characters.`,
            items: { type: 'string' },
          },
          confidence: { type: 'string', enum: [...CONFIDENCES] },
          evidence: { type: 'array', description: `Ids of the input that this rests on, at least one, at most ${ANSWER_LIMITS.evidence}.`, items: { type: 'string' } },
        },
      },
    },
  },
};

const bounded = (maxLength: number, more: object = {}) => ({ type: 'string', maxLength: TOLERANCE * maxLength, ...more });
const bounds = {
  ...ANSWER_SCHEMA,
  properties: {
    findings: {
      type: 'array',
      maxItems: TOLERANCE * ANSWER_LIMITS.findings,
      items: {
        type: 'object',
        properties: {
          title: bounded(ANSWER_LIMITS.title, { minLength: 1 }),
          what_changed: bounded(ANSWER_LIMITS.text, { minLength: 1 }),
          likely_cause: bounded(ANSWER_LIMITS.text),
          check_next: { type: 'array', maxItems: TOLERANCE * ANSWER_LIMITS.check_next, items: bounded(ANSWER_LIMITS.check) },
          evidence: { type: 'array', maxItems: TOLERANCE * ANSWER_LIMITS.evidence, items: bounded(64) },
        },
      },
    },
  },
};
const shape = checkOf(ANSWER_SCHEMA);
const size = checkOf(bounds);

/**
 * The answer in a model's text: JSON alone, in a fenced block, or with words around it.
 * `problem` is one short sentence that says what to do better, without anything of the text in it.
 */
export function readAnswer(text: string): { answer: Answer } | { problem: string } {
  const value = jsonIn(text);
  if (value === undefined) return { problem: 'The answer holds no JSON object: answer with the JSON object alone.' };
  const wrong = shape(value)[0] ?? size(value)[0];
  return wrong ? { problem: `The JSON does not fit the schema: ${wrongOf(wrong)}.` } : { answer: value as Answer };
}

/** undefined: there is none. One pass over the text, however hostile. */
function jsonIn(text: string): unknown {
  const trimmed = text.trim().replace(/^\uFEFF/, '');
  const whole = parsed(trimmed);
  if (isObject(whole)) return whole;
  for (const [, body] of trimmed.matchAll(/```[a-zA-Z]*[ \t]*\r?\n([^]*?)```/g)) {
    const value = parsed(body!.trim());
    if (isObject(value)) return value;
  }
  // The first balanced group that is JSON; words before it may hold a stray brace.
  for (let from = trimmed.indexOf('{'), tries = 0; from >= 0 && tries < 8; tries++) {
    const end = endOf(trimmed, from);
    const value = end < 0 ? undefined : parsed(trimmed.slice(from, end));
    if (isObject(value)) return value;
    from = trimmed.indexOf('{', end < 0 ? from + 1 : end);
  }
  return undefined;
}

/** Past the brace that closes the one here, -1: none does. Braces in strings do not count. */
function endOf(text: string, from: number): number {
  let depth = 0;
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b) depth++;
    else if (c === 0x7d && --depth === 0) return i + 1;
  }
  return -1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, or nested deeper than the parser goes.
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
