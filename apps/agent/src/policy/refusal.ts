import { PolicyError } from '@headwater/capture-policy';
import type { PolicyErrorCode } from '@headwater/capture-policy';

/** A policy that was offered and is not in force; the one before it still is. */
export interface Refusal {
  code: PolicyErrorCode;
  source: 'file' | 'topic';
  /** `id@version`; the file or the record key where the document could not be read so far */
  policy: string;
  /** everything that is wrong, one a line */
  reason: string;
  /** RFC 3339 */
  at: string;
}

/** The heartbeat carries one line. */
const SHORT = 300;

export function refusal(source: Refusal['source'], policy: string, error: unknown): Refusal {
  const reason = error instanceof Error ? error.message : String(error);
  return { code: error instanceof PolicyError ? error.code : 'HW_POLICY_UNUSABLE', source, policy, reason, at: new Date().toISOString() };
}

export function oneLine(reason: string): string {
  const [first = '', ...more] = reason.split('\n');
  return `${first.slice(0, SHORT)}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
}
