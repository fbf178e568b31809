import {
  LATE_LOOK_MS,
  LATE_MS,
  SERIES_KEYS,
  SeriesError,
  advance,
  countLate,
  decodeSeries,
  encodeSeries,
  hostSlots,
  hourOf,
  patternSlots,
  type Cumulative,
  type WindowRows,
} from '@headwater/fleet-series';
import type { StateStore } from '@headwater/state-store';
import type { SummaryStore } from '@headwater/summary-store';
import type { SeriesCounts } from './counts.ts';
import { HOSTS_SUBJECT, RowReader, decodeCounts, decodeRows, type Found } from './windows.ts';

const MINUTE_MS = 60_000;
/** A service that was silent for so long begins anew when it speaks again. */
const KEEP_MS = 30 * 86_400_000;
/** How often it is looked for data that came too late. */
const LATE_EVERY_MS = 60_000;
/** How often services are looked for that we took over and that say nothing: they have totals, too. */
const LIST_EVERY_MS = 300_000;
/** A series further behind is read on its own. */
const CATCH_UP_MS = 5 * MINUTE_MS;
const MOST_HOSTS = 4096;
const SERVICE = 's:';

/** Whose windows are ours, and which have come to their time: the pipeline's. */
export interface Ours {
  owns(subject: string): boolean;
  readonly closedBefore: number | null;
}

interface Held {
  series: Cumulative | null;
  version: number | null;
  /** of the windows that `series.total` was last made of */
  signature: string;
}

/**
 * Keeps the totals of the services (and of the hosts) whose windows are ours, in the state store. A round reads what is stored, then the
 * windows, and writes by compare-and-set: so each state continues the one before it, and two owners in one moment cannot count
 * twice; the slower one is refused and reads again.
 */
export class SeriesKeeper {
  private readonly state: StateStore;
  private readonly ours: Ours;
  private readonly counts: SeriesCounts;
  private readonly maxPatterns: number;
  private readonly now: () => number;
  private readonly rows: RowReader;
  private readonly lateCounts: RowReader;
  private readonly held = new Map<string, Held>();
  private lateLookedMs = 0;
  private listedMs = 0;

  constructor(doors: { store: SummaryStore; state: StateStore; ours: Ours; counts: SeriesCounts }, settings: { topic: string; maxPatterns: number }, now: () => number) {
    this.state = doors.state;
    this.ours = doors.ours;
    this.counts = doors.counts;
    this.maxPatterns = settings.maxPatterns;
    this.now = now;
    this.rows = new RowReader(doors.store, settings.topic, decodeRows, doors.counts.unreadable);
    this.lateCounts = new RowReader(doors.store, settings.topic, decodeCounts, () => undefined);
  }

  /** Series of the services that are ours, as they were last written. */
  *services(): Generator<[service: string, series: Cumulative]> {
    for (const [subject, { series }] of this.held) if (series && subject.startsWith(SERVICE) && this.ours.owns(subject)) yield [subject.slice(SERVICE.length), series];
  }

  async round(): Promise<void> {
    const before = this.ours.closedBefore;
    if (before === null) return;
    const owns = (subject: string) => this.ours.owns(subject);
    for (const subject of this.held.keys()) if (!owns(subject)) this.held.delete(subject);
    const closed = Math.floor(before / MINUTE_MS) * MINUTE_MS;
    const tried = await this.loadListed(owns);
    const { start, horizon, end, found } = await this.look(closed, (subject) => owns(subject) && !tried.has(subject));
    for (const subject of this.held.keys()) {
      const of = found.get(subject);
      if (of || this.hasMore(subject, start)) await this.step(subject, of ?? { windows: [], signature: '' }, { start, horizon, end });
      else this.pass(subject, horizon, end);
    }
    this.rows.forget(horizon - MINUTE_MS, owns);
    if (this.now() - this.lateLookedMs >= LATE_EVERY_MS) {
      this.lateLookedMs = this.now();
      await this.lookForLate(horizon);
    }
    this.counts.kept(this.held.size);
  }

  /** The windows of all that is held. Stored series come before the windows they are continued with: where others of ours are met, it looks again. */
  private async look(closed: number, isNew: (subject: string) => boolean): Promise<{ start: number; horizon: number; end: number; found: Map<string, Found> }> {
    for (let again = true; ; again = false) {
      const series = [...this.held.values()].flatMap((held) => held.series ?? []);
      // Partitions that were just taken over may lag: what was in the totals once stays in them.
      const end = Math.max(closed, ...series.map((s) => s.endMs));
      const horizon = end - LATE_MS;
      // Those that were kept up stand at the horizon of the round before.
      const start = Math.max(horizon - CATCH_UP_MS, Math.min(closed - LATE_MS, ...series.map((s) => s.untilMs)));
      const strangers = new Set<string>();
      const wanted = (subject: string): boolean => {
        if (this.held.has(subject)) return true;
        if (isNew(subject)) strangers.add(subject);
        return false;
      };
      const found = await this.rows.read({ start, end, coarsest: '1m' }, wanted, true);
      if (strangers.size === 0 || !again) return { start, horizon, end, found };
      for (const subject of strangers) await this.load(subject);
    }
  }

  private async loadListed(owns: (subject: string) => boolean): Promise<Set<string>> {
    const subjects = new Set<string>();
    if (owns(HOSTS_SUBJECT)) subjects.add(HOSTS_SUBJECT);
    if (this.now() - this.listedMs >= LIST_EVERY_MS) {
      this.listedMs = this.now();
      for (const { key } of await this.state.list(SERIES_KEYS.services)) {
        const subject = SERVICE + key.slice(SERIES_KEYS.services.length);
        if (owns(subject)) subjects.add(subject);
      }
    }
    for (const subject of subjects) if (!this.held.has(subject)) await this.load(subject);
    return subjects;
  }

  private async load(subject: string): Promise<void> {
    const entry = await this.state.get(keyOf(subject));
    let series: Cumulative | null = null;
    try {
      series = entry ? decodeSeries(subject, entry.value) : null;
    } catch (error) {
      if (!(error instanceof SeriesError)) throw error;
      this.counts.unreadable(subject, 0);
      // A newer version's is its own; what is damaged begins anew.
      if (error.code === 'newer_version') return;
    }
    this.held.set(subject, { series, version: entry?.version ?? null, signature: '' });
  }

  private async step(subject: string, found: Found, at: { start: number; horizon: number; end: number }): Promise<void> {
    const held = this.held.get(subject);
    if (!held) return;
    const { series } = held;
    const signature = `${at.horizon} ${at.end} ${found.signature}`;
    if (signature === held.signature) return;
    let { windows } = found;
    if (series) {
      // Behind the others (a new owner, a long pause): what it missed is read on its own.
      if (series.untilMs < at.start) windows = [...(await this.missed(subject, series.untilMs, at.start)), ...windows];
      windows = windows.filter((w) => w.startMs >= series.untilMs);
    }
    const max = this.maxPatterns;
    const slots =
      subject === HOSTS_SUBJECT ? (labels: Iterable<readonly string[]>) => hostSlots(MOST_HOSTS, labels) : (labels: Iterable<readonly string[]>) => patternSlots(max, labels);
    const step = advance(subject, series, { windows, horizonMs: at.horizon, endMs: Math.max(at.end, series?.endMs ?? 0), slots });
    if (!step) return;
    const next = series ? step : await this.withHistory(subject, step, at.horizon);
    if (await this.write(subject, held, next)) held.signature = signature;
  }

  private async missed(subject: string, start: number, end: number): Promise<WindowRows[]> {
    return (await this.rows.read({ start, end, coarsest: '1h', subjects: [subject] }, (s) => s === subject, false)).get(subject)?.windows ?? [];
  }

  /** It is behind the range, or its total has windows that are not there any more. */
  private hasMore(subject: string, start: number): boolean {
    const { series } = this.held.get(subject)!;
    if (!series) return false;
    return series.untilMs < start || [...series.total].some(([key, row]) => row.values.some((n, i) => n !== (series.base.get(key)?.values[i] ?? 0)));
  }

  /** Nothing happened: time passes all the same. It is written down with the next thing that happens. */
  private pass(subject: string, horizon: number, end: number): void {
    const held = this.held.get(subject)!;
    const { series } = held;
    if (series && series.untilMs < horizon) held.series = { ...series, untilMs: horizon, endMs: Math.max(series.endMs, end) };
  }

  private async write(subject: string, held: Held, next: Cumulative): Promise<boolean> {
    const key = keyOf(subject);
    const text = encodeSeries(next);
    const written = await this.state.compareAndSet(key, held.version, text, { ttlMs: KEEP_MS });
    this.counts.written(written);
    const entry = written ? await this.state.get(key) : null;
    // Refused, or another owner wrote since: what is stored now is read before anything else.
    if (entry?.value !== text) {
      this.held.delete(subject);
      return false;
    }
    held.series = next;
    held.version = entry.version;
    return true;
  }

  /** What the store has of each service's last day, beyond what was counted of it. */
  private async lookForLate(horizon: number): Promise<void> {
    const from = hourOf(horizon - LATE_LOOK_MS);
    const looked = (subject: string) => subject !== HOSTS_SUBJECT && this.held.get(subject)?.series?.untilMs === horizon;
    const found = await this.lateCounts.read({ start: from, end: horizon, coarsest: '1h' }, looked, true);
    for (const [subject, { windows }] of found) {
      const held = this.held.get(subject);
      if (!held?.series) continue;
      const next = countLate(held.series, byHour(windows));
      if (next !== held.series) await this.write(subject, held, next);
    }
    this.lateCounts.forget(from, (subject) => this.held.has(subject));
  }

  /** What was there before a service's series began is no late data. */
  private async withHistory(subject: string, series: Cumulative, horizon: number): Promise<Cumulative> {
    if (subject === HOSTS_SUBJECT) return series;
    const range = { start: hourOf(horizon - LATE_LOOK_MS), end: series.startMs, coarsest: '1h', subjects: [subject] } as const;
    const found = (await this.lateCounts.read(range, (s) => s === subject, false)).get(subject);
    const { hours } = countLate({ ...series, hours: new Map() }, byHour(found?.windows ?? []));
    for (const [hour, counted] of series.hours)
      hours.set(
        hour,
        counted.map((n, i) => n + (hours.get(hour)?.[i] ?? 0)),
      );
    return { ...series, hours };
  }
}

function byHour(windows: readonly WindowRows[]): Map<number, number[]> {
  const hours = new Map<number, number[]>();
  for (const { startMs, counted } of windows) {
    const sum = hours.get(hourOf(startMs));
    hours.set(
      hourOf(startMs),
      counted.map((n, i) => n + (sum?.[i] ?? 0)),
    );
  }
  return hours;
}

function keyOf(subject: string): string {
  return subject === HOSTS_SUBJECT ? SERIES_KEYS.hosts : SERIES_KEYS.service(subject.slice(SERVICE.length));
}
