/**
 * Counts pairs (a, value) over one pass, where a value is a dictionary index. A value nearly always comes with one
 * name, so the last pair of a value is looked at first and the others hang behind it; the empty value, which every
 * redacted field has, is looked up by `a` instead. The arrays are open to the loops that fill them: a call and five
 * loads of fields per header field are what the fold would else be made of.
 */
export class PairTable {
  /** by value (not 0): its newest pair, -1: none */
  ofValue = new Int32Array(0);
  private ofEmpty = new Int32Array(0);
  private next = new Int32Array(0);
  a = new Int32Array(0);
  value = new Int32Array(0);
  n = new Float64Array(0);
  size = 0;

  /** Begins a pass over at most `fields` fields; values are below `values`, a below `limit`. */
  clear(fields: number, values: number, limit: number): void {
    // Only what the last pass left: a batch of many services has many passes over one large dictionary.
    for (let i = 0; i < this.size; i++) {
      this.ofValue[this.value[i]!] = -1;
      if (this.value[i] === 0) this.ofEmpty[this.a[i]!] = -1;
    }
    if (this.ofValue.length < values) this.ofValue = new Int32Array(values * 2).fill(-1);
    if (this.ofEmpty.length < limit) this.ofEmpty = new Int32Array(limit * 2).fill(-1);
    if (this.a.length < fields) {
      this.next = new Int32Array(fields * 2);
      this.a = new Int32Array(fields * 2);
      this.value = new Int32Array(fields * 2);
      this.n = new Float64Array(fields * 2);
    }
    this.size = 0;
  }

  add(a: number, value: number, weight: number): void {
    const heads = value === 0 ? this.ofEmpty : this.ofValue;
    const head = value === 0 ? a : value;
    let i = heads[head]!;
    while (i >= 0 && this.a[i] !== a) i = this.next[i]!;
    if (i >= 0) {
      this.n[i]! += weight;
      return;
    }
    i = this.size++;
    this.a[i] = a;
    this.value[i] = value;
    this.n[i] = weight;
    this.next[i] = heads[head]!;
    heads[head] = i;
  }
}
