import { RESOLUTION_MS, type Coarse, type Due, type SummaryStore } from '@headwater/summary-store';
import type { Report } from '../report/report.ts';
import type { Outbox } from './outbox.ts';
import type { WindowsVersion } from './merge.ts';
import { rollUpWindow } from './roller.ts';

/** How many roll-ups one round makes at most, and how long it may take: it shares the thread with the fold. */
const A_ROUND = { '1m': 200, '1h': 20 };
const ROUND_MS = { '1m': 300, '1h': 200 };
/** Late data makes a roll-up due again and again; it is made again no sooner than this after the last time. */
const AGAIN_MS = { '1m': 15_000, '1h': 60_000 };
/** One that cannot be made is tried again after this. */
const UNREADABLE_MS = 600_000;
const MOST_UNREADABLE = 1000;

/** What a round needs of a partition that is ours. */
interface Mine {
  partition: number;
  fold: { epoch: number } | null;
}

/**
 * The closer's second half: makes roll-ups that are due, minutes before hours, a bounded number a round. The unit that
 * keeps a subject's closed windows keeps its roll-ups; its owner makes them, fenced by its epoch.
 */
export class RollRound {
  private readonly store: SummaryStore;
  private readonly outbox: Outbox;
  private readonly report: Report;
  private readonly topic: string;
  private readonly now: () => number;
  private readonly newest: WindowsVersion | undefined;
  /** key -> not before */
  private readonly unreadable = new Map<string, number>();

  constructor(doors: { store: SummaryStore; outbox: Outbox; report: Report }, topic: string, now: () => number, newest?: WindowsVersion) {
    this.store = doors.store;
    this.outbox = doors.outbox;
    this.report = doors.report;
    this.topic = topic;
    this.now = now;
    this.newest = newest;
  }

  /** `before`: windows that end at or before this instant have come to their time. */
  async run(units: readonly Mine[], before: number): Promise<void> {
    for (const resolution of ['1m', '1h'] as const) {
      const until = performance.now() + ROUND_MS[resolution];
      let left = A_ROUND[resolution];
      let waiting = 0;
      for (const unit of units) {
        if (!unit.fold) continue;
        const at = { topic: this.topic, partition: unit.partition };
        // As many more as may be passed over, or those that wait would hide the rest.
        const found = await this.store.rollable(at, resolution, before, left + this.unreadable.size + A_ROUND[resolution]);
        waiting += found.length;
        for (const due of found) {
          if (left <= 0 || performance.now() > until || !unit.fold) break;
          if (!this.timely(due)) continue;
          left--;
          waiting--;
          await this.make(at, unit.fold.epoch, due);
        }
      }
      this.report.rollUpsWaiting(resolution, waiting);
    }
  }

  private timely(due: Due): boolean {
    const now = this.now();
    return (due.madeAt === null || now - due.madeAt >= AGAIN_MS[due.resolution]) && now >= (this.unreadable.get(idOf(due)) ?? 0);
  }

  private async make(at: { topic: string; partition: number }, epoch: number, due: Due): Promise<void> {
    const began = performance.now();
    const { resolution, start, subject } = due;
    const outcome = await rollUpWindow(this.store, this.outbox, at, epoch, { resolution, start, subject }, this.now(), this.newest);
    if (outcome === 'unreadable') {
      if (this.unreadable.size >= MOST_UNREADABLE) this.unreadable.clear();
      this.unreadable.set(idOf(due), this.now() + UNREADABLE_MS);
    } else this.unreadable.delete(idOf(due));
    this.report.rolledUp(resolution, outcome, (performance.now() - began) / 1000, { subject, start });
  }
}

function idOf({ resolution, start, subject }: { resolution: Coarse; start: number; subject: string }): string {
  return `${resolution} ${start / RESOLUTION_MS['1m']} ${subject}`;
}
