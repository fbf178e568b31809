/** Gaps remembered of one agent incarnation; beyond it the oldest is forgotten and what fills it counts as a repeat. */
const MAX_GAPS = 512;

/**
 * `exchanges`: in the batches that are missing, or in the one that came after all; null: the agent does not number exchanges.
 * `countedMs`: the time under which its gap was counted; null: by a version that did not keep it.
 */
export type Arrival = { kind: 'repeat' } | { kind: 'next'; missed: number; exchanges: number | null } | { kind: 'filled'; countedMs: number | null; exchanges: number | null };

/** Exchanges of this incarnation before a batch, and up to and with it. */
export interface Span {
  before: number;
  after: number;
}

export interface StoredSequences {
  last: number;
  gaps: number[];
  counted?: (number | null)[];
  /** absent: not known */
  after?: number;
}

/**
 * Which batches (1, 2, 3 ...) of one agent incarnation have been folded: the newest number and the gaps below it.
 * A gap may be filled later, because an agent sends its backlog beside live data.
 */
export class Sequences {
  last = 0;
  /** exchanges up to and with the newest batch; null: not known */
  private after: number | null = 0;
  /** ascending, disjoint, inclusive pairs from, to, from, to ... */
  private gaps: number[] = [];
  /** of each gap the time under which it was counted, ms: what fills it is taken back there, and nowhere else */
  private counted: (number | null)[] = [];

  /** Takes note of batch `seq` of time `ms`; `repeat` must not be folded. */
  arrive(seq: number, ms: number, span: Span | null): Arrival {
    if (seq > this.last) {
      const missed = seq - this.last - 1;
      if (missed > 0) {
        this.gaps.push(this.last + 1, seq - 1);
        this.counted.push(ms);
      }
      if (this.counted.length > MAX_GAPS) {
        this.gaps.splice(0, 2);
        this.counted.shift();
      }
      const exchanges = missed === 0 ? 0 : span && this.after !== null ? Math.max(0, span.before - this.after) : null;
      this.last = seq;
      this.after = span ? span.after : null;
      return { kind: 'next', missed, exchanges };
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
      const countedMs = this.counted[i / 2] ?? null;
      this.counted.splice(i / 2, 1, ...Array.from({ length: parts.length / 2 }, () => countedMs));
      return { kind: 'filled', countedMs, exchanges: span ? span.after - span.before : null };
    }
    return { kind: 'repeat' };
  }

  toJSON(): StoredSequences {
    return { last: this.last, gaps: this.gaps, counted: this.counted, ...(this.after === null ? {} : { after: this.after }) };
  }

  static from({ last, gaps, counted, after }: StoredSequences): Sequences {
    const s = new Sequences();
    s.last = last;
    s.after = after ?? null;
    s.gaps = [...gaps];
    s.counted = Array.from({ length: gaps.length / 2 }, (_, i) => counted?.[i] ?? null);
    return s;
  }
}
