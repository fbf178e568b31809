import { performance } from 'node:perf_hooks';
import type { Capture } from '@headwater/capture';
import type { Logger } from 'pino';
import { readCpu } from './cpu.ts';
import { Governor } from './governor.ts';

const LOOK_EVERY_MS = 1_000;

/** Looks every second and tells the running capture what the governor decided; a capture that starts later is told too. */
export class Overhead {
  readonly ceiling: number;
  percent = 0;
  oneIn = 1;
  since = new Date();
  private readonly governor: Governor;
  private readonly capture: () => Capture | null;
  private readonly log: Logger;
  private readonly timer: NodeJS.Timeout;
  private told: { capture: Capture; oneIn: number } | null = null;

  constructor(ceilingPercent: number, capture: () => Capture | null, log: Logger) {
    this.ceiling = ceilingPercent;
    this.governor = new Governor(ceilingPercent);
    this.capture = capture;
    this.log = log;
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.timer.unref();
    this.look();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const capture = this.capture();
    const verdict = this.governor.look({ atMs: performance.now(), cpuMs: readCpu(capture?.probe?.probePid ?? null) });
    this.percent = verdict.percent;
    if (verdict.changed) {
      const facts = { one_in: verdict.oneIn, before: this.oneIn, cpu_percent: Math.round(verdict.percent), ceiling_percent: this.ceiling };
      if (verdict.oneIn > this.oneIn) this.log.warn(facts, 'agent and probe are above their CPU ceiling; exchanges are sampled more, errors and slow ones are kept');
      else
        this.log.info(
          facts,
          verdict.oneIn > 1
            ? 'agent and probe are well below their CPU ceiling; exchanges are sampled less'
            : 'agent and probe are well below their CPU ceiling; all exchanges are kept',
        );
      this.oneIn = verdict.oneIn;
      this.since = new Date();
    }
    const untold = capture !== null && (this.told?.capture !== capture ? this.oneIn > 1 : this.told.oneIn !== this.oneIn);
    if (capture && untold) {
      capture.throttle(this.oneIn);
      this.told = { capture, oneIn: this.oneIn };
    } else if (capture && this.told?.capture !== capture) this.told = { capture, oneIn: 1 };
  }
}
