import { readFileSync, statSync } from 'node:fs';
import { ALERT_KEYS, BUILT_IN_RULES, readRules, type Rule, type RulesInForce } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';
import type { AlertReport } from './report.ts';

const LOOK_EVERY_MS = 5_000;
const BUILT_IN = 'built-in';

/**
 * The rules that are evaluated: the file's, read again when it changes, else the built-in ones. A file that is not valid changes
 * nothing: what was in force stays, also over a restart, as it is kept in the state store.
 */
export class RulesInEffect {
  current: RulesInForce = { source: BUILT_IN, loaded_at: '', rules: [...BUILT_IN_RULES] };
  /** why the file that is there now is not in force, or null */
  refused: string | null = null;
  private seen = '';
  private lookedMs = -Infinity;
  private written = false;
  private readonly file: string | undefined;
  private readonly state: StateStore;
  private readonly report: AlertReport;
  private readonly now: () => number;

  constructor(file: string | undefined, state: StateStore, report: AlertReport, now: () => number) {
    this.file = file;
    this.state = state;
    this.report = report;
    this.now = now;
  }

  get rules(): readonly Rule[] {
    return this.current.rules;
  }

  /** Looks at the file now and then, and writes down what is in force. @throws whatever the store throws */
  async look(): Promise<void> {
    if (this.now() - this.lookedMs < LOOK_EVERY_MS) return;
    const first = this.seen === '' && !this.written;
    if (this.file === undefined) {
      if (first) this.take(BUILT_IN, BUILT_IN_RULES);
    } else await this.read(this.file, first);
    if (!this.written) await this.state.set(ALERT_KEYS.rules, JSON.stringify(this.current));
    this.written = true;
    this.lookedMs = this.now();
  }

  private async read(file: string, first: boolean): Promise<void> {
    let text;
    try {
      const { mtimeMs, size, ino } = statSync(file);
      const now = `${mtimeMs} ${size} ${ino}`;
      if (now === this.seen) return;
      text = readFileSync(file, 'utf8');
      this.seen = now;
      this.take(file, readRules(text, file));
      this.refused = null;
      return;
    } catch (error) {
      const why = `alerts.rules_file: ${(error as Error).message}`;
      if (why !== this.refused) this.report.rulesRefused(why);
      this.refused = why;
    }
    if (first) await this.asBefore(file);
  }

  private async asBefore(file: string): Promise<void> {
    const stored = await this.state.get(ALERT_KEYS.rules);
    const before = stored ? (JSON.parse(stored.value) as RulesInForce) : null;
    if (before?.source === file) this.current = before;
    else this.take(BUILT_IN, BUILT_IN_RULES);
  }

  private take(source: string, rules: readonly Rule[]): void {
    this.current = { source, loaded_at: new Date(this.now()).toISOString(), rules: [...rules] };
    this.written = false;
    this.report.rules(source, rules.filter((r) => r.enabled).length);
  }
}
