/** Over what time CPU is averaged. */
const WINDOW_MS = 10_000;
/** A rate that was raised is judged after this time: its effect is there at once, and the host waits for it. */
const RAISE_AFTER_MS = 3_000;
const LONGEST_EASE_MS = 300_000;
const STRONGEST = 1_024;
/** Below this share of the ceiling the rate is eased. */
const EASE_BELOW = 0.7;

/** One look: when, and the CPU that agent and probe have used so far. */
export interface CpuSample {
  atMs: number;
  /** by name of the process, ms since its start; a process that began anew counts from 0 */
  cpuMs: Readonly<Record<string, number>>;
}

/** What the samples led to. */
export interface Verdict {
  /** one of so many exchanges that are neither errors nor slow is kept */
  oneIn: number;
  /** CPU over the last 10 s, percent of one core */
  percent: number;
  changed: boolean;
}

/**
 * Decides the rate by which exchanges are sampled so that agent and probe stay below a CPU ceiling. It reads no clock:
 * samples come in, verdicts go out. Each rate is judged by what was used under it alone. Half the rate can cost twice as
 * much, so an easing that did not last is tried again after twice the time, up to 5 minutes: the rate does not swing.
 */
export class Governor {
  private readonly ceiling: number;
  private readonly window: { atMs: number; usedMs: number }[] = [];
  private before: CpuSample | null = null;
  private used = 0;
  private oneIn = 1;
  private changedAtMs = -Infinity;
  private eased = false;
  private easeAfterMs = WINDOW_MS;

  /** @param ceilingPercent of one core; 0: no ceiling */
  constructor(ceilingPercent: number) {
    this.ceiling = ceilingPercent;
  }

  look(sample: CpuSample): Verdict {
    for (const [name, ms] of Object.entries(sample.cpuMs)) {
      const earlier = this.before?.cpuMs[name];
      // A process first seen has used its time before we looked; one that began anew has used all of it since.
      if (earlier !== undefined) this.used += ms >= earlier ? ms - earlier : ms;
    }
    this.before = sample;
    this.window.push({ atMs: sample.atMs, usedMs: this.used });
    while (this.window.length > 2 && (this.window[1]?.atMs ?? 0) <= sample.atMs - WINDOW_MS) this.window.shift();
    const before = this.oneIn;
    if (this.ceiling > 0) this.judge(sample.atMs);
    return { oneIn: this.oneIn, percent: this.percentSince(-Infinity, sample.atMs), changed: this.oneIn !== before };
  }

  private judge(now: number): void {
    const first = this.changedAtMs === -Infinity;
    const percent = this.percentSince(this.changedAtMs, now);
    const under = first ? now - (this.window[0]?.atMs ?? now) : now - this.changedAtMs;
    if (percent > this.ceiling && under >= (first ? WINDOW_MS : RAISE_AFTER_MS)) {
      if (this.eased) this.easeAfterMs = Math.min(LONGEST_EASE_MS, this.easeAfterMs * 2);
      this.change(Math.min(STRONGEST, this.oneIn * 2), now, false);
    } else if (percent < this.ceiling * EASE_BELOW && under >= this.easeAfterMs) {
      if (this.eased) this.easeAfterMs = WINDOW_MS;
      this.change(Math.max(1, this.oneIn / 2), now, true);
    }
  }

  private change(oneIn: number, now: number, eased: boolean): void {
    if (oneIn === this.oneIn) return;
    this.oneIn = oneIn;
    this.changedAtMs = now;
    this.eased = eased;
  }

  /** Percent of one core from the first look at or after `fromMs` that is remembered. */
  private percentSince(fromMs: number, now: number): number {
    const first = this.window.find((w) => w.atMs >= fromMs);
    return first && now > first.atMs ? ((this.used - first.usedMs) / (now - first.atMs)) * 100 : 0;
  }
}
