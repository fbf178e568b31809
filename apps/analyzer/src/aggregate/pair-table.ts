/**
 * Counts pairs of small integers over one pass: open addressing, cleared by a generation number instead of
 * by writing, so that a pass costs what it touches.
 */
export class PairTable {
  private mask = 0;
  private generation = 0;
  private stamp = new Int32Array(0);
  private a = new Int32Array(0);
  private b = new Int32Array(0);
  private n = new Float64Array(0);
  /** slots in use, in order of first touch */
  private used = new Int32Array(0);
  size = 0;

  /** Begins a pass with at most `pairs` different pairs. */
  clear(pairs: number): void {
    const want = Math.max(64, 1 << (33 - Math.clz32(Math.max(1, pairs))));
    if (this.stamp.length < want) {
      this.stamp = new Int32Array(want);
      this.a = new Int32Array(want);
      this.b = new Int32Array(want);
      this.n = new Float64Array(want);
      this.used = new Int32Array(want);
      this.mask = want - 1;
      this.generation = 0;
    }
    this.generation++;
    this.size = 0;
  }

  add(a: number, b: number, weight: number): void {
    const mask = this.mask;
    let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
    h = (h ^ (h >>> 15)) & mask;
    while (this.stamp[h] === this.generation) {
      if (this.a[h] === a && this.b[h] === b) {
        this.n[h]! += weight;
        return;
      }
      h = (h + 1) & mask;
    }
    this.stamp[h] = this.generation;
    this.a[h] = a;
    this.b[h] = b;
    this.n[h] = weight;
    this.used[this.size++] = h;
  }

  first(i: number): number {
    return this.a[this.used[i]!]!;
  }

  second(i: number): number {
    return this.b[this.used[i]!]!;
  }

  count(i: number): number {
    return this.n[this.used[i]!]!;
  }
}
