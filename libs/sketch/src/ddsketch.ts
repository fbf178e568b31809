import type { Reader, Writer } from './bytes.ts';

/** Relative error of every quantile (Masson, Rim, Lee: DDSketch, VLDB 2019). */
export const RELATIVE_ERROR = 0.01;
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const SCALE = 1 / Math.log(GAMMA);
const MAX_VALUE = Number.MAX_SAFE_INTEGER;
const MAX_INDEX = Math.ceil(Math.log(MAX_VALUE) * SCALE);
const GROW = 32;
/**
 * So many buckets are held as a list. Most patterns of a quiet service have fewer in a window, and an array of all between the
 * first and the last would be ten times as large, to be made, to be kept and to be looked through.
 */
const FEW = 16;

const COUNT = 0;
const SUM = 1;
const MIN = 2;
const MAX = 3;
/** values below 1 */
const ZERO = 4;
const BINS = 5;

/**
 * Buckets of whole numbers below 2^32 (4.3 s in ns) without a logarithm: 128 cells an octave are narrower than a bucket, so
 * at most one bound lies inside a cell. `CELL_BUCKET` is the bucket of the cell's first number, `CELL_LAST` the last number in it.
 */
const CELL_BITS = 7;
const CELLS = 1 << CELL_BITS;
const CELL_BUCKET = new Uint16Array(32 * CELLS);
const CELL_LAST = new Uint32Array(32 * CELLS);
for (let octave = 0; octave < 32; octave++) {
  for (let cell = 0; cell < CELLS; cell++) {
    const first = Math.ceil(2 ** octave * (1 + cell / CELLS));
    const end = Math.ceil(2 ** octave * (1 + (cell + 1) / CELLS));
    const bucket = bucketOf(first);
    let last = end - 1;
    // Where the formula itself changes its answer, not where the bound should be: both ways must agree on every number.
    if (last > first && bucketOf(last) !== bucket) {
      let over = last;
      last = first;
      while (over - last > 1) {
        const middle = Math.floor((last + over) / 2);
        if (bucketOf(middle) === bucket) last = middle;
        else over = middle;
      }
    }
    CELL_BUCKET[octave * CELLS + cell] = bucket;
    CELL_LAST[octave * CELLS + cell] = Math.max(first, last);
  }
}

/** Index of the bucket of a value of at least 1: (GAMMA^(index - 1), GAMMA^index]. */
export function bucketOf(value: number): number {
  return Math.ceil(Math.log(value) * SCALE);
}

/** The same of a whole number from 1 to 2^32 - 1. */
export function bucketOfWhole(value: number): number {
  const zeros = Math.clz32(value);
  const cell = ((31 - zeros) << CELL_BITS) | (((value << zeros) << 1) >>> (32 - CELL_BITS));
  return value > CELL_LAST[cell]! ? CELL_BUCKET[cell]! + 1 : CELL_BUCKET[cell]!;
}

/**
 * Distribution of non-negative numbers (here: nanoseconds) in buckets of equal ratio. Every quantile is
 * within 1 % of a value of that rank; count, sum, min and max are exact. Values below 1 share one bucket.
 */
export class DdSketch {
  /** index of the bucket at d[BINS] */
  private base = 0;
  /** Numbers and buckets in one array: five fields of an object would be five more places in memory per value. */
  private d = empty();
  /** Buckets as index, count, index, count ... in no order; null once they are in `d`. */
  private few: number[] | null = [];

  get memoryBytes(): number {
    return this.d.byteLength + (this.few === null ? 0 : 8 * this.few.length);
  }
  get count(): number {
    return this.d[COUNT]!;
  }
  get sum(): number {
    return this.d[SUM]!;
  }
  /** Infinity when empty */
  get min(): number {
    return this.d[MIN]!;
  }
  /** -Infinity when empty */
  get max(): number {
    return this.d[MAX]!;
  }

  /** NaN and negative values are not values (-1 means unknown); larger ones than 2^53 - 1 count as that. */
  add(value: number, weight = 1): void {
    if (!(value >= 0) || weight <= 0) return;
    if (value > MAX_VALUE) value = MAX_VALUE;
    const d = this.d;
    d[COUNT]! += weight;
    d[SUM]! += value * weight;
    if (value < d[MIN]!) d[MIN] = value;
    if (value > d[MAX]!) d[MAX] = value;
    if (value < 1) {
      d[ZERO]! += weight;
      return;
    }
    const at = bucketOf(value) - this.base + BINS;
    if (at >= BINS && at < d.length) d[at]! += weight;
    else this.bump(at + this.base - BINS, weight);
  }

  /**
   * Adds n whole numbers of at least 0, each with its weight (a whole number above 0); the same as `add` of each.
   * What the loop reads and writes most is held in locals.
   */
  addWhole(values: Float64Array, weights: Float64Array, n: number): void {
    let d = this.d;
    let base = this.base;
    let count = 0;
    let sum = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < n; i++) {
      const value = values[i]! < MAX_VALUE ? values[i]! : MAX_VALUE;
      const weight = weights[i]!;
      count += weight;
      sum += value * weight;
      if (value < min) min = value;
      if (value > max) max = value;
      if (value < 1) {
        d[ZERO]! += weight;
        continue;
      }
      const index = value < 0x1_0000_0000 ? bucketOfWhole(value) : bucketOf(value);
      let at = index - base + BINS;
      if (at < BINS || at >= d.length) {
        if (this.listed(index, weight)) continue;
        this.cover(index, index);
        d = this.d;
        base = this.base;
        at = index - base + BINS;
      }
      d[at]! += weight;
    }
    d[COUNT]! += count;
    d[SUM]! += sum;
    if (min < d[MIN]!) d[MIN] = min;
    if (max > d[MAX]!) d[MAX] = max;
  }

  private bump(index: number, weight: number): void {
    if (this.listed(index, weight)) return;
    this.cover(index, index);
    this.d[index - this.base + BINS]! += weight;
  }

  /** Adds to the list; false: the buckets are in `d`, since now perhaps. */
  private listed(index: number, weight: number): boolean {
    const { few } = this;
    if (few === null) return false;
    for (let i = 0; i < few.length; i += 2) {
      if (few[i] !== index) continue;
      few[i + 1]! += weight;
      return true;
    }
    if (few.length < 2 * FEW) {
      few.push(index, weight);
      return true;
    }
    this.spread();
    return false;
  }

  /** From the list into `d`. */
  private spread(): void {
    const { few } = this;
    this.few = null;
    if (few === null || few.length === 0) return;
    let [first, last] = [Infinity, 0];
    for (let i = 0; i < few.length; i += 2) {
      first = Math.min(first, few[i]!);
      last = Math.max(last, few[i]!);
    }
    this.cover(first, last);
    for (let i = 0; i < few.length; i += 2) this.d[few[i]! - this.base + BINS]! += few[i + 1]!;
  }

  private cover(first: number, last: number): void {
    const length = this.d.length - BINS;
    if (length > 0 && first >= this.base && last < this.base + length) return;
    const from = Math.max(0, (length > 0 ? Math.min(first, this.base) : first) - GROW / 2);
    const to = Math.min(MAX_INDEX, Math.max(last, length > 0 ? this.base + length - 1 : last) + GROW / 2);
    const grown = new Float64Array(BINS + to - from + 1);
    grown.set(this.d.subarray(0, BINS));
    if (length > 0) grown.set(this.d.subarray(BINS), BINS + this.base - from);
    this.base = from;
    this.d = grown;
  }

  merge(other: DdSketch): void {
    if (other.count === 0) return;
    const { few } = other;
    if (few !== null) for (let i = 0; i < few.length; i += 2) this.bump(few[i]!, few[i + 1]!);
    const length = other.d.length - BINS;
    if (length > 0) {
      this.spread();
      this.cover(other.base, other.base + length - 1);
    }
    const d = this.d;
    d[COUNT]! += other.d[COUNT]!;
    d[SUM]! += other.d[SUM]!;
    d[MIN] = Math.min(d[MIN]!, other.d[MIN]!);
    d[MAX] = Math.max(d[MAX]!, other.d[MAX]!);
    d[ZERO]! += other.d[ZERO]!;
    const shift = other.base - this.base;
    for (let i = BINS; i < other.d.length; i++) d[i + shift]! += other.d[i]!;
  }

  /** Value of rank floor(q * (count - 1)) within 1 %; NaN when empty. */
  quantile(q: number): number {
    if (this.count === 0) return NaN;
    const rank = Math.min(1, Math.max(0, q)) * (this.count - 1);
    if (rank <= 0) return this.min;
    if (rank >= this.count - 1) return this.max;
    this.spread();
    const d = this.d;
    let seen = d[ZERO]!;
    if (seen > rank) return Math.max(0, this.min);
    for (let i = BINS; i < d.length; i++) {
      seen += d[i]!;
      if (seen > rank) return Math.min(this.max, Math.max(this.min, middle(i - BINS + this.base)));
    }
    return this.max;
  }

  /** Buckets that hold something, ascending: (upperOf(index - 1), upper]; the first may be values below 1 (index 0, upper 1), of their own. */
  *buckets(): Generator<{ index: number; upper: number; count: number }> {
    this.spread();
    const d = this.d;
    if (d[ZERO]! > 0) yield { index: 0, upper: 1, count: d[ZERO]! };
    for (let i = BINS; i < d.length; i++) {
      const count = d[i]!;
      if (count > 0) yield { index: i - BINS + this.base, upper: GAMMA ** (i - BINS + this.base), count };
    }
  }

  /** Upper bound, included, of the bucket with this index; the one below it is where it begins. */
  static upperOf(index: number): number {
    return GAMMA ** index;
  }

  write(w: Writer): void {
    const d = this.d;
    w.uint(d[COUNT]!);
    if (d[COUNT] === 0) return;
    w.f64(d[SUM]!);
    w.f64(d[MIN]!);
    w.f64(d[MAX]!);
    w.uint(d[ZERO]!);
    if (this.few !== null) return writeFew(w, this.few);
    let used = 0;
    for (let i = BINS; i < d.length; i++) if (d[i]! > 0) used++;
    w.uint(used);
    let before = 0;
    for (let i = BINS; i < d.length; i++) {
      if (d[i] === 0) continue;
      const index = i - BINS + this.base;
      w.uint(index - before);
      w.uint(d[i]!);
      before = index;
    }
  }

  static read(r: Reader): DdSketch {
    const s = new DdSketch();
    s.mergeFrom(r);
    return s;
  }

  /** Past a written sketch. */
  static skip(r: Reader): void {
    if (r.uint() === 0) return;
    r.skip(24);
    r.uint();
    r.skipUints(2 * r.uint());
  }

  /** Merges a written sketch without making one of it. After an error this sketch holds a part of it: throw it away. */
  mergeFrom(r: Reader): void {
    const count = r.uint();
    if (count === 0) return;
    const sum = r.f64();
    const min = r.f64();
    const max = r.f64();
    if (!(min >= 0 && min <= max && max <= MAX_VALUE)) r.fail('min and max contradict');
    const zero = r.uint();
    let total = zero;
    let index = 0;
    const used = r.uint();
    const many = this.few === null || this.few.length / 2 + used > FEW;
    if (many) this.spread();
    if (many && used > 0 && max >= 1) {
      const last = Math.min(MAX_INDEX, bucketOf(max));
      this.cover(min >= 1 ? bucketOf(min) : last, last);
    }
    let d = this.d;
    const quick = many ? r.addPairs(d, BINS, BINS - this.base, used) : null;
    if (quick !== null) total += quick;
    else
      for (let i = 0; i < used; i++) {
        index += r.uint();
        const n = r.uint();
        if (index > MAX_INDEX) r.fail('bucket out of range');
        total += n;
        const at = index - this.base + BINS;
        if (at >= BINS && at < d.length) d[at]! += n;
        else if (n > 0) {
          this.bump(index, n);
          d = this.d;
        }
      }
    if (total !== count && total < Number.MAX_SAFE_INTEGER) r.fail('buckets do not add up');
    d[COUNT]! += count;
    d[SUM]! += sum;
    if (min < d[MIN]!) d[MIN] = min;
    if (max > d[MAX]!) d[MAX] = max;
    d[ZERO]! += zero;
  }
}

function empty(): Float64Array<ArrayBuffer> {
  const d = new Float64Array(BINS);
  d[MIN] = Infinity;
  d[MAX] = -Infinity;
  return d;
}

/** Sorted in place: their order means nothing, and next time little is to be done. */
function writeFew(w: Writer, few: number[]): void {
  for (let i = 2; i < few.length; i += 2) {
    const index = few[i]!;
    const count = few[i + 1]!;
    let at = i;
    for (; at > 0 && few[at - 2]! > index; at -= 2) {
      few[at] = few[at - 2]!;
      few[at + 1] = few[at - 1]!;
    }
    few[at] = index;
    few[at + 1] = count;
  }
  w.uint(few.length / 2);
  let before = 0;
  for (let i = 0; i < few.length; i += 2) {
    w.uint(few[i]! - before);
    w.uint(few[i + 1]!);
    before = few[i]!;
  }
}

/** The value in (gamma^(i-1), gamma^i] that is within 1 % of both ends. */
function middle(index: number): number {
  return (2 * GAMMA ** index) / (GAMMA + 1);
}
