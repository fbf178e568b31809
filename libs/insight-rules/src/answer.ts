import type { Severity } from '@headwater/alert-rules';
import type { Confidence } from './insight.ts';

/** What a model answers, by JSON Schema (`ANSWER_SCHEMA`: every property required, none beside). Ids are those of the input. */
export interface Answer {
  findings: AnswerFinding[];
}

export interface AnswerFinding {
  title: string;
  severity: Severity;
  what_changed: string;
  likely_cause: string;
  check_next: string[];
  confidence: Confidence;
  evidence: string[];
}
