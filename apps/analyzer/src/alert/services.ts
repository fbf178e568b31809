import { ALERT_KEYS, HOUR_MS, MINUTE_MS, ServiceHistory, advanceService, emptyMemory, factsOf, type Rule } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';
import type { SummaryStore } from '@headwater/summary-store';
import { SubjectMemory } from './memory.ts';
import { readService, type Minute } from './reading.ts';

/** What rules look back on: three days of hours (and the one they begin in), and minutes for windows of six hours. */
const HOURS_MS = 75 * HOUR_MS;
const MINUTES_MS = 6 * HOUR_MS;

/** One service as this analyzer knows it. */
export class Service {
  readonly subject: string;
  readonly memory: SubjectMemory;
  /** where it is judged from when nothing is remembered of it, ms */
  readonly sinceMs: number;
  history: ServiceHistory | null = null;
  /** the history holds all that is known up to here, ms */
  untilMs = 0;

  constructor(state: StateStore, subject: string, sinceMs: number) {
    this.subject = subject;
    this.memory = new SubjectMemory(state, subject);
    this.sinceMs = sinceMs;
  }

  get name(): string {
    return this.subject.slice(2);
  }

  forget(): void {
    this.history = null;
    this.memory.stored = null;
  }

  /** Loads what is remembered of it and, from the windows that are kept, what its rules look back on. */
  async take(store: SummaryStore, topic: string, rules: readonly Rule[], untilMs: number): Promise<void> {
    const stored = await this.memory.load();
    const from = Math.min(stored?.memory.evaluatedUntilMs ?? this.sinceMs, untilMs);
    const history = new ServiceHistory(this.name, rules);
    const hour = untilMs - (untilMs % HOUR_MS);
    const wholeHour = (ms: number) => ms - (ms % HOUR_MS);
    for await (const w of readService(store, topic, this.subject, '1h', wholeHour(untilMs - HOURS_MS), hour))
      history.add(factsOf(w.window, w.startMs, w.lengthMs, rules, w.complete));
    const minutes = Math.max(from - MINUTES_MS, untilMs - 2 * MINUTES_MS);
    for await (const w of readService(store, topic, this.subject, '1m', minutes - (minutes % MINUTE_MS), untilMs))
      history.add(factsOf(w.window, w.startMs, w.lengthMs, rules, w.complete));
    this.history = history;
    this.untilMs = untilMs;
  }

  /** The next minute, of which `minute` holds what there is. */
  add(minute: Minute, rules: readonly Rule[], startMs: number, complete: boolean): void {
    const whole = minute.services.get(this.subject);
    if (whole) this.history!.add(factsOf(whole.window, whole.startMs, whole.lengthMs, rules, whole.complete && complete));
    this.untilMs = startMs + MINUTE_MS;
  }

  judge(rules: readonly Rule[]): ReturnType<typeof advanceService> {
    const memory = this.memory.stored?.memory ?? emptyMemory(this.sinceMs);
    return advanceService(memory, this.history!, rules, this.untilMs);
  }
}

/** Services that something is remembered of, and until when the newest was judged. */
export async function remembered(state: StateStore): Promise<{ subjects: string[]; untilMs: number }> {
  let untilMs = 0;
  const subjects: string[] = [];
  for (const { key, value } of await state.list(`${ALERT_KEYS.memories}s:`)) {
    subjects.push(key.slice(ALERT_KEYS.memories.length));
    untilMs = Math.max(untilMs, (JSON.parse(value) as { memory: { evaluatedUntilMs: number } }).memory.evaluatedUntilMs);
  }
  return { subjects, untilMs };
}
