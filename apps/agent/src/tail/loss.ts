import type { BatchAccount } from '@headwater/header-event';

/** Between two lines about loss, ms: one line sums up what came in between. */
const SAY_EVERY_MS = 1_000;

/** What is missing in the output and why, as lines that begin with `--`. */
export class LossLines {
  private readonly lost = new Map<string, number>();
  private readonly sequences = new Map<string, number>();
  private missing = 0;
  private dropped = 0;
  private saidMs = -Infinity;
  /** requests, batches and rows that are missing, since the start */
  readonly total = { requests: 0, batches: 0, rows: 0 };

  /** Requests that the host lost, as a batch's account says it. */
  account(account: BatchAccount): void {
    for (const [reason, n] of Object.entries(account.request.lost)) {
      if (n === 0) continue;
      this.lost.set(reason, (this.lost.get(reason) ?? 0) + n);
      this.total.requests += n;
    }
  }

  /** Batches of an agent that the bus did not give: their numbers are missing. A repeat (a lower number) is none. */
  sequence(agent: string, seq: number): boolean {
    const last = this.sequences.get(agent);
    if (last !== undefined && seq <= last) return false;
    if (last !== undefined && seq > last + 1) {
      this.missing += seq - last - 1;
      this.total.batches += seq - last - 1;
    }
    this.sequences.set(agent, seq);
    return true;
  }

  /** Rows that matched and could not be written. */
  drop(rows: number): void {
    this.dropped += rows;
    this.total.rows += rows;
  }

  /** Lines to show now; empty when nothing is new or a line was shown just before. `force`: at the end. */
  take(nowMs: number, force = false): string[] {
    if (!force && nowMs - this.saidMs < SAY_EVERY_MS) return [];
    const lines: string[] = [];
    if (this.lost.size > 0) {
      const sum = [...this.lost.values()].reduce((a, b) => a + b, 0);
      lines.push(`-- lost ${sum} request${sum === 1 ? '' : 's'}: ${[...this.lost].map(([reason, n]) => `${reason} ${n}`).join(', ')}`);
      this.lost.clear();
    }
    if (this.missing > 0) lines.push(`-- ${this.missing} batch${this.missing === 1 ? '' : 'es'} of an agent did not come over the bus`);
    if (this.dropped > 0) lines.push(`-- dropped ${this.dropped} row${this.dropped === 1 ? '' : 's'}: the output does not take them fast enough, or is full`);
    this.missing = this.dropped = 0;
    if (lines.length > 0) this.saidMs = nowMs;
    return lines;
  }
}
