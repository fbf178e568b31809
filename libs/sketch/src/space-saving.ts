import type { Reader, Writer } from './bytes.ts';
import { hashBytes, hashKey, type Hash64 } from './hash.ts';

/** Values kept. A value that makes up more than 1/20 of all occurrences is always among them. */
export const TOP_CAPACITY = 20;
/** Values are shown cut to this many characters; they are told apart by the hash of the whole. */
const VALUE_CHARACTERS = 256;

export interface TopEntry {
  value: string;
  /** at most this many occurrences */
  count: number;
  /** at least count - error occurrences */
  error: number;
}

interface Entry extends TopEntry {
  key: number;
}

/** So many too many, as small batches bring, are dropped one by one. */
const FEW_OVER = 10;

/** 20 keys in 1024 bits: a look-up is spared for 98 % of the values that are not kept. */
const NEAR = 1024;

const utf8 = new TextEncoder();
const scratch: Hash64 = { hi: 0, lo: 0 };

/**
 * Most frequent values (Metwally et al., Space-Saving, 2005; merge of Agarwal et al., "Mergeable summaries",
 * 2012). For every value, count - error <= true <= count; a value that is not listed occurred at most `floor` times.
 */
export class SpaceSaving {
  floor = 0;
  private entries = new Map<number, Entry>();
  /** Bits of the keys in a full list: what is not here need not be looked up. Null: to be made when next needed. */
  private near: Uint32Array | null = null;

  get size(): number {
    return this.entries.size;
  }

  add(value: string, count = 1): void {
    const bytes = utf8.encode(value);
    hashBytes(bytes, 0, bytes.length, scratch);
    this.addBatch([hashKey(scratch)], [count], 1, () => value);
  }

  /**
   * Adds n distinct values with their exact counts of one batch. `valueOf` is asked only for the
   * few that stay, so a column of unique ids costs no strings.
   */
  addBatch(keys: ArrayLike<number>, counts: ArrayLike<number>, n: number, valueOf: (i: number) => string): void {
    if (n === 1) {
      const known = this.entries.get(keys[0]!);
      if (known) {
        known.count += counts[0]!;
        return;
      }
    }
    const { floor } = this;
    const least = this.entries.size === TOP_CAPACITY ? this.least() : -1;
    const near = least >= 0 && n > TOP_CAPACITY ? (this.near ??= this.bits()) : null;
    // The heaviest newcomers, heaviest first; equal weights by key, so that the order of arrival does not matter.
    const best: number[] = [];
    let dropped = 0;
    for (let i = 0; i < n; i++) {
      const key = keys[i]!;
      const count = counts[i]!;
      const bit = bitOf(key);
      const known = near !== null && (near[bit >>> 5]! & (1 << bit)) === 0 ? undefined : this.entries.get(key);
      if (known) {
        known.count += count;
        continue;
      }
      if (count + floor <= least || (best.length === TOP_CAPACITY && !heavier(i, best[TOP_CAPACITY - 1]!, keys, counts))) {
        if (count > dropped) dropped = count;
        continue;
      }
      if (best.length === TOP_CAPACITY) dropped = Math.max(dropped, counts[best.pop()!]!);
      let at = best.length;
      while (at > 0 && heavier(i, best[at - 1]!, keys, counts)) at--;
      best.splice(at, 0, i);
    }
    if (dropped > 0) this.floor = floor + dropped;
    if (best.length === 0) return;
    for (const i of best) this.insert(keys[i]!, valueOf(i), counts[i]! + floor, floor);
    this.trim();
  }

  private bits(): Uint32Array {
    const near = new Uint32Array(NEAR / 32);
    for (const key of this.entries.keys()) near[bitOf(key) >>> 5]! |= 1 << bitOf(key);
    return near;
  }

  private insert(key: number, value: string, count: number, error: number): void {
    this.near = null;
    this.entries.set(key, { key, value: value.length > VALUE_CHARACTERS ? value.slice(0, VALUE_CHARACTERS) : value, count, error });
  }

  private least(): number {
    let least = Infinity;
    for (const e of this.entries.values()) if (e.count < least) least = e.count;
    return least;
  }

  private trim(): void {
    if (this.entries.size <= TOP_CAPACITY) return;
    if (this.entries.size <= TOP_CAPACITY + FEW_OVER) {
      while (this.entries.size > TOP_CAPACITY) this.dropLast();
      return;
    }
    const sorted = this.sorted();
    this.floor = Math.max(this.floor, sorted[TOP_CAPACITY]!.count);
    for (let i = TOP_CAPACITY; i < sorted.length; i++) this.entries.delete(sorted[i]!.key);
  }

  /** One too many: without sorting. */
  private dropLast(): void {
    let last: Entry | undefined;
    for (const e of this.entries.values()) if (last === undefined || e.count < last.count || (e.count === last.count && e.key > last.key)) last = e;
    this.floor = Math.max(this.floor, last!.count);
    this.entries.delete(last!.key);
  }

  private sorted(): Entry[] {
    return [...this.entries.values()].sort((a, b) => b.count - a.count || a.key - b.key);
  }

  merge(other: SpaceSaving): void {
    const mine = this.floor;
    for (const e of this.entries.values()) {
      const same = other.entries.get(e.key);
      e.count += same ? same.count : other.floor;
      e.error += same ? same.error : other.floor;
    }
    for (const e of other.entries.values()) {
      if (!this.entries.has(e.key)) this.insert(e.key, e.value, e.count + mine, e.error + mine);
    }
    this.floor = mine + other.floor;
    this.trim();
  }

  /** Heaviest first. */
  top(n = TOP_CAPACITY): TopEntry[] {
    return this.sorted()
      .slice(0, n)
      .map(({ value, count, error }) => ({ value, count, error }));
  }

  write(w: Writer): void {
    w.uint(this.floor);
    w.uint(this.entries.size);
    for (const e of this.sorted()) {
      w.uint(e.key);
      w.string(e.value);
      w.uint(e.count);
      w.uint(e.error);
    }
  }

  static read(r: Reader): SpaceSaving {
    const s = new SpaceSaving();
    s.floor = r.uint();
    const n = r.uint();
    if (n > TOP_CAPACITY) r.fail('too many top values');
    for (let i = 0; i < n; i++) {
      const key = r.uint();
      const value = r.string();
      const count = r.uint();
      const error = r.uint();
      if (error > count || s.entries.has(key)) r.fail('top values contradict');
      s.insert(key, value, count, error);
    }
    return s;
  }
}

/** From the upper 32 of a key's 53 bits. */
function bitOf(key: number): number {
  return (key / 0x20_0000) & (NEAR - 1);
}

function heavier(i: number, j: number, keys: ArrayLike<number>, counts: ArrayLike<number>): boolean {
  return counts[i]! > counts[j]! || (counts[i] === counts[j] && keys[i]! < keys[j]!);
}
