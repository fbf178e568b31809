import { mayPass } from '../patience.ts';
import type { Held, Job } from './job.ts';
import type { Queue } from './queue.ts';

/** What a process holds is free again this long after it was last heard of. */
export const LEASE_MS = 30_000;
const RENEW_MS = 10_000;

/** A job that this process works on. While it is held it is renewed; once it is lost, whatever is still under way for it ends. */
export class Lease {
  private held: Held;
  private readonly queue: Queue;
  private readonly by: string;
  private readonly now: () => number;
  private readonly gone = new AbortController();
  private readonly timer: NodeJS.Timeout;
  /** writes of one lease come one after another */
  private chain: Promise<unknown> = Promise.resolve();

  constructor(queue: Queue, held: Held, by: string, now: () => number) {
    this.queue = queue;
    this.held = held;
    this.by = by;
    this.now = now;
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
  }

  get job(): Job {
    return this.held.job;
  }

  /** Aborted when somebody else has it, or may have it. */
  get lost(): AbortSignal {
    return this.gone.signal;
  }

  /**
   * Writes what became of the job. Alerts that joined meanwhile are part of what `step` is given; `null` of it writes nothing. False: it
   * is lost, or `step` said null. @throws whatever the store throws
   */
  write(step: (job: Job) => Job | null): Promise<boolean> {
    const done = this.chain.then(() => this.writeNow(step));
    this.chain = done.catch(() => undefined);
    return done;
  }

  end(): void {
    clearInterval(this.timer);
  }

  private async writeNow(step: (job: Job) => Job | null): Promise<boolean> {
    while (!this.gone.signal.aborted) {
      const next = step(this.held.job);
      if (next === null) return false;
      const held = await this.queue.put(this.held, next);
      if (held) {
        this.held = held;
        return true;
      }
      const now = await this.queue.get(this.held.job.id);
      if (now?.job.lease?.by !== this.by) this.gone.abort(new Error('another process has taken this job over'));
      else this.held = now;
    }
    return false;
  }

  private async renew(): Promise<void> {
    try {
      await this.write((job) => ({ ...job, lease: { by: this.by, until_ms: this.now() + LEASE_MS } }));
    } catch (error) {
      if (!mayPass(error) || (this.held.job.lease?.until_ms ?? 0) <= this.now()) this.gone.abort(error);
    }
  }
}
