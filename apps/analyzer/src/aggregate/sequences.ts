/** Gaps remembered of one agent incarnation; beyond it the oldest is forgotten and what fills it counts as a repeat. */
const MAX_GAPS = 512;

export type Arrival = { kind: 'repeat' } | { kind: 'next'; missed: number } | { kind: 'filled' };

/**
 * Which batches (1, 2, 3 ...) of one agent incarnation have been folded: the newest number and the gaps below it.
 * A gap may be filled later, because an agent sends its backlog beside live data.
 */
export class Sequences {
  last = 0;
  /** ascending, disjoint, inclusive pairs from, to, from, to ... */
  private gaps: number[] = [];

  /** Takes note of batch `seq`; `repeat` must not be folded. */
  arrive(seq: number): Arrival {
    if (seq > this.last) {
      const missed = seq - this.last - 1;
      if (missed > 0) this.gaps.push(this.last + 1, seq - 1);
      if (this.gaps.length > 2 * MAX_GAPS) this.gaps.splice(0, 2);
      this.last = seq;
      return { kind: 'next', missed };
    }
    for (let i = this.gaps.length - 2; i >= 0; i -= 2) {
      const from = this.gaps[i]!;
      const to = this.gaps[i + 1]!;
      if (seq > to) return { kind: 'repeat' };
      if (seq < from) continue;
      const parts: number[] = [];
      if (from < seq) parts.push(from, seq - 1);
      if (seq < to) parts.push(seq + 1, to);
      this.gaps.splice(i, 2, ...parts);
      return { kind: 'filled' };
    }
    return { kind: 'repeat' };
  }

  toJSON(): { last: number; gaps: number[] } {
    return { last: this.last, gaps: this.gaps };
  }

  static from(stored: { last: number; gaps: number[] }): Sequences {
    const s = new Sequences();
    s.last = stored.last;
    s.gaps = [...stored.gaps];
    return s;
  }
}
