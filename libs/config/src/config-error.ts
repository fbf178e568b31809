/** One thing that is wrong with the settings: where, what was found there, and what to do about it. */
export interface ConfigProblem {
  /** dotted path of the setting, `bus.brokers` or `issuers.0.issuer` */
  field: string;
  message: string;
}

/** Thrown by `loadConfig` with every problem found, not only the first. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((p) => `${p.field}: ${p.message}`).join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
