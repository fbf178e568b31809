import { hashBytes, hashKey, type Hash64 } from '@headwater/sketch';
import type { Dictionary } from '@headwater/header-event';

/**
 * A batch's dictionary with what the fold needs of an entry, each computed at most once per batch: its string,
 * its hash, and the first entry of equal bytes (a producer may repeat one).
 */
export class BatchDictionary {
  private offsets: Int32Array = new Int32Array(1);
  private bytes: Buffer = Buffer.alloc(0);
  private words = new DataView(this.bytes.buffer, 0, 0);
  private strings: (string | undefined)[] = [];
  private hashed = new Uint8Array(0);
  private canonical = new Int32Array(0);
  private table = new Int32Array(0);
  private mask = 0;
  private readonly scratch: Hash64 = { hi: 0, lo: 0 };
  hi = new Uint32Array(0);
  lo = new Uint32Array(0);
  entries = 0;

  load(d: Dictionary): void {
    this.entries = d.offsets.length - 1;
    this.offsets = d.offsets;
    this.bytes = Buffer.from(d.bytes.buffer, d.bytes.byteOffset, d.bytes.length);
    this.words = new DataView(d.bytes.buffer, d.bytes.byteOffset, d.bytes.length);
    this.strings = new Array(this.entries);
    if (this.hashed.length < this.entries) {
      const size = 1 << (32 - Math.clz32(this.entries));
      this.hashed = new Uint8Array(size);
      this.canonical = new Int32Array(size);
      this.hi = new Uint32Array(size);
      this.lo = new Uint32Array(size);
      this.table = new Int32Array(2 * size);
    } else this.hashed.fill(0, 0, this.entries);
    // As much of the table as this batch needs: one large batch must not make all small ones after it clear megabytes.
    this.mask = (2 << (32 - Math.clz32(this.entries))) - 1;
    this.table.fill(-1, 0, this.mask + 1);
  }

  byteLength(i: number): number {
    return this.offsets[i + 1]! - this.offsets[i]!;
  }

  string(i: number): string {
    return (this.strings[i] ??= this.bytes.toString('utf8', this.offsets[i]!, this.offsets[i + 1]!));
  }

  /** Hashes entry i if that was not done and answers the first entry with the same bytes. */
  same(i: number): number {
    if (this.hashed[i] === 1) return this.canonical[i]!;
    hashBytes(this.bytes, this.offsets[i]!, this.offsets[i + 1]!, this.scratch, this.words);
    const { hi, lo } = this.scratch;
    this.hashed[i] = 1;
    this.hi[i] = hi;
    this.lo[i] = lo;
    const mask = this.mask;
    let slot = lo & mask;
    for (let at = this.table[slot]!; at >= 0; at = this.table[(slot = (slot + 1) & mask)]!) {
      if (this.lo[at] === lo && this.hi[at] === hi) return (this.canonical[i] = at);
    }
    this.table[slot] = i;
    return (this.canonical[i] = i);
  }

  /** Key of a hashed entry in a summary. */
  key(i: number): number {
    this.scratch.hi = this.hi[i]!;
    this.scratch.lo = this.lo[i]!;
    return hashKey(this.scratch);
  }
}
