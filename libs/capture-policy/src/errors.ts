/** Codes of PolicyError; a code is never reused. */
export const POLICY_ERRORS = {
  HW_POLICY_READ: 'the file cannot be read',
  HW_POLICY_SIZE: 'the text is larger than a policy may be',
  HW_POLICY_SYNTAX: 'the text is neither YAML nor JSON, or more than a policy needs of them',
  HW_POLICY_FIELD: 'a field is unknown, missing, of the wrong kind or out of range',
  HW_POLICY_KEY_FILE: 'a key file is missing, of another kind, or readable by others',
  HW_POLICY_RECORD: 'a record has no usable key or headers',
  HW_POLICY_UNSIGNED: 'a record carries no signature',
  HW_POLICY_KEY_UNKNOWN: 'a record names a key that is not trusted',
  HW_POLICY_SIGNATURE: 'a signature does not fit the document, the record key and the key',
  HW_POLICY_OLDER: 'a document is not newer than one that was taken before',
  HW_POLICY_REMOVED: 'a record was deleted; that removes no narrowing',
  HW_POLICY_UNUSABLE: 'a document asks for what this host cannot do',
} as const;

export type PolicyErrorCode = keyof typeof POLICY_ERRORS;

/** One thing that is wrong with a document. */
export interface PolicyProblem {
  /** from 1; 0 where the text has no such place */
  line: number;
  column: number;
  /** `headers[2].action`; empty for the document itself */
  field: string;
  /** what is wrong, and what to write */
  message: string;
}

/** `problems` is not empty for HW_POLICY_SYNTAX and HW_POLICY_FIELD; the message lists them all. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;
  readonly problems: readonly PolicyProblem[];
  constructor(code: PolicyErrorCode, message: string, options?: { cause?: unknown; problems?: readonly PolicyProblem[] }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.problems = options?.problems ?? [];
  }
}

const SHOWN = 20;

/** As compilers say it: `policy.yaml:7:13: headers[2].action: ...`, one a line, in the order of the text. */
export function problemsError(code: 'HW_POLICY_SYNTAX' | 'HW_POLICY_FIELD', name: string, problems: readonly PolicyProblem[]): PolicyError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.slice(0, SHOWN).map((p) => `${name}${p.line > 0 ? `:${p.line}:${p.column}` : ''}: ${p.field === '' ? '' : `${p.field}: `}${p.message}`);
  if (sorted.length > SHOWN) lines.push(`${name}: and ${sorted.length - SHOWN} more`);
  return new PolicyError(code, lines.join('\n'), { problems: sorted });
}
