import type { Reader, Writer } from './bytes.ts';
import { hashBytes, type Hash64 } from './hash.ts';

const P = 12;
const M = 1 << P;
/** Widest rank: 32 zero bits and the one behind them; fits the 6 bits of a packed register. */
const MAX_RANK = 33;
/** Above this many registers the dense form is smaller in memory and on the wire. */
const SPARSE_LIMIT = 512;
const scratch: Hash64 = { hi: 0, lo: 0 };
const utf8 = new TextEncoder();

/**
 * Count of distinct values, standard error 1.6 % (4096 registers), without bias at any size (estimator of
 * Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017). Few values: a sorted list.
 */
export class HyperLogLog {
  /** sorted `register << 6 | rank`; null once dense */
  private sparse: Uint32Array | null = new Uint32Array(8);
  private used = 0;
  private dense: Uint8Array | null = null;

  add(value: string): void {
    const bytes = utf8.encode(value);
    hashBytes(bytes, 0, bytes.length, scratch);
    this.addHash(scratch.hi, scratch.lo);
  }

  /** The two lanes of `hashBytes` of the value's UTF-8. */
  addHash(hi: number, lo: number): void {
    this.set(hi >>> (32 - P), Math.clz32(lo) + 1);
  }

  private set(register: number, rank: number): void {
    if (this.dense) {
      if (this.dense[register]! < rank) this.dense[register] = rank;
      return;
    }
    const list = this.sparse!;
    let low = 0;
    let high = this.used;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (list[mid]! >>> 6 < register) low = mid + 1;
      else high = mid;
    }
    if (low < this.used && list[low]! >>> 6 === register) {
      if ((list[low]! & 63) < rank) list[low] = (register << 6) | rank;
      return;
    }
    if (this.used === SPARSE_LIMIT) {
      this.densify();
      this.dense![register] = rank;
      return;
    }
    let target = list;
    if (this.used === list.length) {
      target = new Uint32Array(Math.min(SPARSE_LIMIT, list.length * 2));
      target.set(list);
      this.sparse = target;
    }
    target.copyWithin(low + 1, low, this.used);
    target[low] = (register << 6) | rank;
    this.used++;
  }

  private densify(): void {
    const dense = new Uint8Array(M);
    for (let i = 0; i < this.used; i++) dense[this.sparse![i]! >>> 6] = this.sparse![i]! & 63;
    this.dense = dense;
    this.sparse = null;
  }

  merge(other: HyperLogLog): void {
    if (other.dense) {
      if (!this.dense) this.densify();
      const mine = this.dense!;
      for (let i = 0; i < M; i++) if (mine[i]! < other.dense[i]!) mine[i] = other.dense[i]!;
      return;
    }
    for (let i = 0; i < other.used; i++) this.set(other.sparse![i]! >>> 6, other.sparse![i]! & 63);
  }

  /** Estimated number of distinct values, rounded. */
  estimate(): number {
    const histogram = new Float64Array(MAX_RANK + 1);
    if (this.dense) for (let i = 0; i < M; i++) histogram[this.dense[i]!]!++;
    else {
      histogram[0] = M - this.used;
      for (let i = 0; i < this.used; i++) histogram[this.sparse![i]! & 63]!++;
    }
    const q = MAX_RANK - 1;
    let z = M * tau(1 - histogram[MAX_RANK]! / M);
    for (let k = q; k >= 1; k--) z = 0.5 * (z + histogram[k]!);
    z += M * sigma(histogram[0]! / M);
    return Math.round((M * M) / (2 * Math.LN2 * z));
  }

  write(w: Writer): void {
    if (this.dense) {
      w.u8(1);
      const packed = new Uint8Array((M * 6) / 8);
      for (let i = 0, o = 0; i < M; i += 4) {
        const a = this.dense[i]!,
          b = this.dense[i + 1]!,
          c = this.dense[i + 2]!,
          d = this.dense[i + 3]!;
        packed[o++] = a | (b << 6);
        packed[o++] = (b >>> 2) | (c << 4);
        packed[o++] = (c >>> 4) | (d << 2);
      }
      w.raw(packed);
      return;
    }
    w.u8(0);
    w.uint(this.used);
    let before = 0;
    for (let i = 0; i < this.used; i++) {
      const entry = this.sparse![i]!;
      w.uint(entry - before);
      before = entry;
    }
  }

  static read(r: Reader): HyperLogLog {
    const h = new HyperLogLog();
    const form = r.u8();
    if (form === 1) {
      const packed = r.raw((M * 6) / 8);
      const dense = new Uint8Array(M);
      for (let i = 0, o = 0; i < M; i += 4, o += 3) {
        const x = packed[o]!,
          y = packed[o + 1]!,
          z = packed[o + 2]!;
        dense[i] = x & 63;
        dense[i + 1] = (x >>> 6) | ((y & 15) << 2);
        dense[i + 2] = (y >>> 4) | ((z & 3) << 4);
        dense[i + 3] = z >>> 2;
      }
      for (let i = 0; i < M; i++) if (dense[i]! > MAX_RANK) r.fail('register out of range');
      h.dense = dense;
      h.sparse = null;
      return h;
    }
    if (form !== 0) r.fail('unknown form of a distinct count');
    const n = r.uint();
    if (n > SPARSE_LIMIT) r.fail('too many registers');
    const list = new Uint32Array(Math.max(8, n));
    let before = 0;
    for (let i = 0; i < n; i++) {
      const entry = before + r.uint();
      const rank = entry & 63;
      if (entry >>> 6 >= M || rank === 0 || rank > MAX_RANK || (i > 0 && entry >>> 6 <= before >>> 6)) r.fail('register out of range');
      list[i] = before = entry;
    }
    h.sparse = list;
    h.used = n;
    return h;
  }
}

function sigma(x: number): number {
  if (x === 1) return Infinity;
  let y = 1;
  let z = x;
  for (let before = NaN; z !== before; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let y = 1;
  let z = 1 - x;
  for (let before = NaN; z !== before;) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
