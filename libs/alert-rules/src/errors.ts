/** Codes of RulesError; a code is never reused. */
export const RULES_ERRORS = {
  HW_RULES_SIZE: 'the text is larger than a document of rules may be',
  HW_RULES_SYNTAX: 'the text is neither YAML nor JSON, or more than rules need of them',
  HW_RULES_FIELD: 'a field is unknown, missing, of the wrong kind or out of range',
} as const;

export type RulesErrorCode = keyof typeof RULES_ERRORS;

/** One thing that is wrong with a document. */
export interface RulesProblem {
  /** from 1; 0 where the text has no such place */
  line: number;
  column: number;
  /** `rules[2].min_ratio`; empty for the document itself */
  field: string;
  /** what is wrong, and what to write */
  message: string;
}

/** The message lists all problems, as compilers do: `rules.yaml:7:13: rules[2].min_ratio: ...`. */
export class RulesError extends Error {
  override readonly name = 'RulesError';
  readonly code: RulesErrorCode;
  readonly problems: readonly RulesProblem[];
  constructor(code: RulesErrorCode, message: string, problems: readonly RulesProblem[] = []) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}

const SHOWN = 20;

export function problemsError(code: RulesErrorCode, name: string, problems: readonly RulesProblem[]): RulesError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.slice(0, SHOWN).map((p) => `${name}${p.line > 0 ? `:${p.line}:${p.column}` : ''}: ${p.field === '' ? '' : `${p.field}: `}${p.message}`);
  if (sorted.length > SHOWN) lines.push(`${name}: and ${sorted.length - SHOWN} more`);
  return new RulesError(code, lines.join('\n'), sorted);
}
