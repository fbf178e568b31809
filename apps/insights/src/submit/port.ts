import type { Aliases, Finding, InsightInput, ModelPart } from '@headwater/insight-rules';

export interface Submission {
  insightId: string;
  /** somebody asked for it: then a model is asked also where nothing stands out */
  asked?: boolean;
  input: InsightInput;
  aliases: Aliases;
}

export interface Submitted {
  /** never `pending` */
  model: ModelPart;
  /** of source `model`, aliases put back into words, evidence resolved; ids `m1`, `m2` ... */
  findings: Finding[];
}

/** Asks the model, within budget, and keeps what was sent. Whatever goes wrong is in `model`; it rejects only when aborted or when the state store is away. */
export interface Submitter {
  submit(submission: Submission, signal: AbortSignal): Promise<Submitted>;
}
