import type { Reader, Writer } from './bytes.ts';

/** Relative error of every quantile (Masson, Rim, Lee: DDSketch, VLDB 2019). */
export const RELATIVE_ERROR = 0.01;
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const SCALE = 1 / Math.log(GAMMA);
const MAX_VALUE = Number.MAX_SAFE_INTEGER;
const MAX_INDEX = Math.ceil(Math.log(MAX_VALUE) * SCALE);
const GROW = 32;

/**
 * Distribution of non-negative numbers (here: nanoseconds) in buckets of equal ratio. Every quantile is
 * within 1 % of a value of that rank; count, sum, min and max are exact. Values below 1 share one bucket.
 */
export class DdSketch {
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  private zero = 0;
  /** index of bins[0] */
  private base = 0;
  private bins = new Float64Array(0);

  /** NaN and negative values are refused by the caller's contract: -1 means unknown and must not come here. */
  add(value: number, weight = 1): void {
    if (!(value >= 0) || weight <= 0) return;
    if (value > MAX_VALUE) value = MAX_VALUE;
    this.count += weight;
    this.sum += value * weight;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (value < 1) {
      this.zero += weight;
      return;
    }
    const at = Math.ceil(Math.log(value) * SCALE) - this.base;
    if (at >= 0 && at < this.bins.length) this.bins[at]! += weight;
    else this.bump(at + this.base, weight);
  }

  private bump(index: number, weight: number): void {
    this.cover(index, index);
    this.bins[index - this.base]! += weight;
  }

  private cover(first: number, last: number): void {
    const length = this.bins.length;
    if (length > 0 && first >= this.base && last < this.base + length) return;
    const from = Math.max(0, (length > 0 ? Math.min(first, this.base) : first) - GROW / 2);
    const to = Math.min(MAX_INDEX, Math.max(last, length > 0 ? this.base + length - 1 : last) + GROW / 2);
    const grown = new Float64Array(to - from + 1);
    if (length > 0) grown.set(this.bins, this.base - from);
    this.base = from;
    this.bins = grown;
  }

  merge(other: DdSketch): void {
    if (other.count === 0) return;
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    this.zero += other.zero;
    if (other.bins.length === 0) return;
    this.cover(other.base, other.base + other.bins.length - 1);
    const shift = other.base - this.base;
    for (let i = 0; i < other.bins.length; i++) this.bins[i + shift]! += other.bins[i]!;
  }

  /** Value of rank floor(q * (count - 1)) within 1 %; NaN when empty. */
  quantile(q: number): number {
    if (this.count === 0) return NaN;
    const rank = Math.min(1, Math.max(0, q)) * (this.count - 1);
    if (rank <= 0) return this.min;
    if (rank >= this.count - 1) return this.max;
    let seen = this.zero;
    if (seen > rank) return Math.max(0, this.min);
    for (let i = 0; i < this.bins.length; i++) {
      seen += this.bins[i]!;
      if (seen > rank) return Math.min(this.max, Math.max(this.min, middle(i + this.base)));
    }
    return this.max;
  }

  /** Buckets that hold something, ascending: (previous upper, upper]; the first may be values below 1 (upper 1). */
  *buckets(): Generator<{ upper: number; count: number }> {
    if (this.zero > 0) yield { upper: 1, count: this.zero };
    for (let i = 0; i < this.bins.length; i++) {
      const count = this.bins[i]!;
      if (count > 0) yield { upper: GAMMA ** (i + this.base), count };
    }
  }

  write(w: Writer): void {
    w.uint(this.count);
    if (this.count === 0) return;
    w.f64(this.sum);
    w.f64(this.min);
    w.f64(this.max);
    w.uint(this.zero);
    let used = 0;
    for (let i = 0; i < this.bins.length; i++) if (this.bins[i]! > 0) used++;
    w.uint(used);
    let before = 0;
    for (let i = 0; i < this.bins.length; i++) {
      const n = this.bins[i]!;
      if (n === 0) continue;
      w.uint(i + this.base - before);
      w.uint(n);
      before = i + this.base;
    }
  }

  static read(r: Reader): DdSketch {
    const s = new DdSketch();
    s.count = r.uint();
    if (s.count === 0) return s;
    s.sum = r.f64();
    s.min = r.f64();
    s.max = r.f64();
    if (!(s.min >= 0 && s.min <= s.max && s.max <= MAX_VALUE)) r.fail('min and max contradict');
    s.zero = r.uint();
    let total = s.zero;
    let index = 0;
    const used = r.uint();
    if (used > 0 && s.max >= 1) {
      const last = Math.min(MAX_INDEX, Math.ceil(Math.log(s.max) * SCALE));
      s.cover(s.min >= 1 ? Math.ceil(Math.log(s.min) * SCALE) : last, last);
    }
    for (let i = 0; i < used; i++) {
      index += r.uint();
      const n = r.uint();
      if (index > MAX_INDEX) r.fail('bucket out of range');
      total += n;
      s.bump(index, n);
    }
    if (total !== s.count && total < Number.MAX_SAFE_INTEGER) r.fail('buckets do not add up');
    return s;
  }
}

/** The value in (gamma^(i-1), gamma^i] that is within 1 % of both ends. */
function middle(index: number): number {
  return (2 * GAMMA ** index) / (GAMMA + 1);
}
