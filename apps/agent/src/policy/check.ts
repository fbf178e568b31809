import { randomBytes } from 'node:crypto';
import { DEFAULT_CAPTURE_OPTIONS, explainExchange } from '@headwater/capture';
import type { CaptureRules, ExchangeDecision, ExchangeSample } from '@headwater/capture';
import { PolicyError, toLayer } from '@headwater/capture-policy';
import type { PolicyDocument } from '@headwater/capture-policy';
import { readPolicyFile } from './host-file.ts';

export interface CheckError {
  file: string;
  /** from 1; 0 where the file has no such place */
  line: number;
  column: number;
  field: string;
  message: string;
}

/** What `policy check` found. */
export type Checked =
  | { valid: false; errors: CheckError[]; text: string }
  | { valid: true; document: PolicyDocument; narrowing: PolicyDocument | null; sample: ExchangeSample | null; decision: ExchangeDecision | null };

function read(file: string): PolicyDocument | { errors: CheckError[]; text: string } {
  try {
    return readPolicyFile(file);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const problems = error.problems.length > 0 ? error.problems : [{ line: 0, column: 0, field: '', message: error.message }];
    return { errors: problems.map((p) => ({ file, ...p })), text: error.message };
  }
}

/**
 * Reads one policy, or one and what narrows it, and tells what would leave of the sample by the code of the capture.
 * Fingerprints are made with a key thrown away afterwards: they show the shape, not what a host would send.
 */
export function checkPolicies(file: string, narrowingFile: string | undefined, sample: ExchangeSample | null): Checked {
  const host = read(file);
  const narrowing = narrowingFile === undefined ? null : read(narrowingFile);
  const bad = [host, narrowing].filter((r) => r !== null && 'errors' in r);
  if (bad.length > 0) return { valid: false, errors: bad.flatMap((b) => b.errors), text: bad.map((b) => b.text).join('\n') };
  const [document, narrow] = [host as PolicyDocument, narrowing as PolicyDocument | null];
  const rules: CaptureRules = {
    policy: toLayer(document),
    ...(narrow ? { narrowing: toLayer(narrow) } : {}),
    key: { id: 'check', hex: randomBytes(32).toString('hex') },
    services: DEFAULT_CAPTURE_OPTIONS.services,
  };
  return { valid: true, document, narrowing: narrow, sample, decision: sample && explainExchange(rules, sample) };
}
