import { createHash } from 'node:crypto';
import type { InsightSubject } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { Picture } from './news.ts';

export const SUBJECTS = 'insight-subject/';
/** Longer than any alert is told again, and than the longest min_interval_ms. */
const KEEP_MS = 48 * 3_600_000;
const MOST_SEEN = 500;

/** What is remembered of a subject with alerts, under `insight-subject/<kind>:<name>`. */
export interface Subject {
  schema: 1;
  subject: InsightSubject;
  /** alert -> when it got its insight, ms: a record that comes again makes none */
  seen: Record<string, number>;
  /** its insight that waits or is made, and since when */
  job: { id: string; at_ms: number } | null;
  /** the last look at it */
  last: { at_ms: number; end_ms: number; picture: Picture | null; open: boolean } | null;
}

export interface HeldSubject {
  known: Subject;
  version: number | null;
}

export function subjectKey({ service, host }: InsightSubject): string {
  const name = service !== undefined ? `s:${service}` : `h:${host}`;
  // Names come from traffic; a key does not grow with them.
  return SUBJECTS + (name.length <= 200 ? name : `${name.slice(0, 2)}#${createHash('sha256').update(name).digest('hex')}`);
}

/** Subjects in the state store. @throws whatever the store throws */
export class Subjects {
  private readonly state: StateStore;
  private readonly now: () => number;

  constructor(state: StateStore, now: () => number) {
    this.state = state;
    this.now = now;
  }

  async get(subject: InsightSubject): Promise<HeldSubject> {
    const entry = await this.state.get(subjectKey(subject));
    return { known: (entry && parse(entry.value)) ?? { schema: 1, subject, seen: {}, job: null, last: null }, version: entry?.version ?? null };
  }

  async list(): Promise<HeldSubject[]> {
    return (await this.state.list(SUBJECTS)).flatMap(({ value, version }) => {
      const known = parse(value);
      return known ? [{ known, version }] : [];
    });
  }

  /** False: somebody wrote since. */
  put({ version }: HeldSubject, next: Subject): Promise<boolean> {
    const seen = Object.fromEntries(
      Object.entries(next.seen)
        .filter(([, at]) => at > this.now() - KEEP_MS)
        .sort((a, b) => b[1] - a[1])
        .slice(0, MOST_SEEN),
    );
    return this.state.compareAndSet(subjectKey(next.subject), version, JSON.stringify({ ...next, seen }), { ttlMs: KEEP_MS });
  }

  /** An insight on it has come to its end: whoever asked for it is answered. */
  async looked(subject: InsightSubject, id: string, alerts: readonly string[], last: Omit<NonNullable<Subject['last']>, 'at_ms'> | null): Promise<void> {
    for (;;) {
      const held = await this.get(subject);
      const { known } = held;
      const at = this.now();
      const seen = { ...known.seen, ...Object.fromEntries(alerts.filter((a) => !(a in known.seen)).map((a) => [a, at])) };
      const newest = last && (known.last === null || last.end_ms >= known.last.end_ms) ? { ...last, at_ms: at } : known.last && { ...known.last, at_ms: at };
      if (await this.put(held, { ...known, seen, job: known.job?.id === id ? null : known.job, last: newest })) return;
    }
  }
}

function parse(value: string): Subject | null {
  try {
    const known = JSON.parse(value) as Partial<Subject> | null;
    return known?.schema === 1 && typeof known.subject === 'object' && typeof known.seen === 'object' ? (known as Subject) : null;
  } catch {
    return null;
  }
}
