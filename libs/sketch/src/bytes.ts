import { SketchError } from './errors.ts';
import { hashBytes, type Hash64 } from './hash.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A length below this is one byte, and copying so many characters cheaper than the way through TextEncoder. */
const SHORT = 0x80;

/** Grows as needed; integers are LEB128 varints up to 2^53 - 1, where sums saturate. */
export class Writer {
  private bytes = new Uint8Array(1024);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  private room(n: number): void {
    if (this.at + n <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + n));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  u8(n: number): void {
    this.room(1);
    this.bytes[this.at++] = n;
  }

  uint(n: number): void {
    if (n >>> 0 === n) return this.word(n);
    if (!(n >= 0) || n % 1 !== 0) throw new RangeError(`not an unsigned integer: ${n}`);
    // A sum that forged sizes drove this far must not keep a window from being written.
    if (n > Number.MAX_SAFE_INTEGER) n = Number.MAX_SAFE_INTEGER;
    this.room(8);
    while (n > 0x7f) {
      this.bytes[this.at++] = (n % 128) | 0x80;
      n = Math.floor(n / 128);
    }
    this.bytes[this.at++] = n;
  }

  /** Below 2^32, as nearly all are: without divisions. */
  private word(n: number): void {
    this.room(5);
    while (n > 0x7f) {
      this.bytes[this.at++] = n | 0x80;
      n >>>= 7;
    }
    this.bytes[this.at++] = n;
  }

  /** Zigzag: small numbers of either sign stay small. */
  int(n: number): void {
    this.uint(n < 0 ? -2 * n - 1 : 2 * n);
  }

  f64(n: number): void {
    this.room(8);
    this.view.setFloat64(this.at, n, true);
    this.at += 8;
  }

  string(s: string): void {
    this.room(5 + s.length * 3);
    if (s.length < SHORT && this.ascii(s)) return;
    // The length goes first, so encode behind the widest one and move down.
    const { written } = utf8.encodeInto(s, this.bytes.subarray(this.at + 5));
    const start = this.at + 5;
    this.uint(written);
    this.bytes.copyWithin(this.at, start, start + written);
    this.at += written;
  }

  /** Writes a short text whose every character is one byte; else nothing, and answers false. */
  private ascii(s: string): boolean {
    const { bytes, at } = this;
    for (let i = 0; i < s.length; i++) {
      const c = s.charCodeAt(i);
      if (c > 0x7f) return false;
      bytes[at + 1 + i] = c;
    }
    bytes[at] = s.length;
    this.at += 1 + s.length;
    return true;
  }

  raw(b: Uint8Array): void {
    this.room(b.length);
    this.bytes.set(b, this.at);
    this.at += b.length;
  }

  /** Closes with a checksum of all before it. */
  seal(): Uint8Array {
    const sum = checksum(this.bytes, this.at);
    this.room(4);
    this.view.setUint32(this.at, sum, true);
    return this.bytes.slice(0, this.at + 4);
  }
}

function checksum(bytes: Uint8Array, end: number): number {
  const h: Hash64 = { hi: 0, lo: 0 };
  hashBytes(bytes, 0, end, h);
  return h.lo;
}

export class Reader {
  /** as it was written: at most the one asked for */
  readonly version: number;
  private readonly view: DataView;
  private at = 0;
  private readonly end: number;
  private readonly bytes: Uint8Array;
  private readonly what: string;

  /**
   * Checks kind, version and checksum before anything is read.
   * @param checked the checksum of these very bytes was found right before
   */
  constructor(bytes: Uint8Array, what: string, kind: number, version: number, checked = false) {
    this.bytes = bytes;
    this.what = what;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length - 4;
    if (this.end < 2) this.fail(`only ${bytes.length} bytes`);
    if (this.u8() !== kind) this.fail('wrong first byte');
    const found = this.u8();
    // A newer version may seal itself in another way, so it is named before the checksum is looked at.
    if (found > version) throw new SketchError('newer_version', { what, found, known: version });
    if (found === 0) this.fail('version 0');
    this.version = found;
    if (!checked && checksum(bytes, this.end) !== this.view.getUint32(this.end, true)) this.fail('checksum differs');
  }

  fail(detail: string): never {
    throw new SketchError('corrupt', { what: this.what, detail });
  }

  u8(): number {
    if (this.at >= this.end) this.fail('ends early');
    return this.bytes[this.at++]!;
  }

  uint(): number {
    const first = this.bytes[this.at]!;
    if (first < 0x80 && this.at < this.end) {
      this.at++;
      return first;
    }
    let n = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const b = this.u8();
      n += (b & 0x7f) * scale;
      if (b < 0x80) {
        if (!Number.isSafeInteger(n)) this.fail('number too large');
        return n;
      }
      scale *= 128;
    }
    return this.fail('number too long');
  }

  int(): number {
    const n = this.uint();
    return n % 2 === 1 ? -(n + 1) / 2 : n / 2;
  }

  f64(): number {
    if (this.at + 8 > this.end) this.fail('ends early');
    const n = this.view.getFloat64(this.at, true);
    this.at += 8;
    return n;
  }

  raw(n: number): Uint8Array {
    if (this.at + n > this.end) this.fail('ends early');
    return this.bytes.subarray(this.at, (this.at += n));
  }

  string(): string {
    const raw = this.raw(this.uint());
    try {
      return text.decode(raw);
    } catch {
      return this.fail('not UTF-8');
    }
  }

  /** Where the next byte is read, in `all`. */
  get position(): number {
    return this.at;
  }

  /** What is read; not to be written to. */
  get all(): Uint8Array {
    return this.bytes;
  }

  /** Goes back (or on) to a position that was read before. */
  seek(position: number): void {
    this.at = position;
  }

  skip(n: number): void {
    if (this.at + n > this.end) this.fail('ends early');
    this.at += n;
  }

  /** Past n integers: each ends with the first byte below 0x80. */
  skipUints(n: number): void {
    const { bytes, end, view } = this;
    let at = this.at;
    let left = n;
    // Four bytes at once: as many integers end in them as have no high bit. It cannot go too far, since 0 are left only after four ends.
    while (left >= 4 && at + 4 <= end) {
      const high = view.getUint32(at, true) & 0x8080_8080;
      left -= high === 0 ? 4 : 4 - (Math.imul(high >>> 7, 0x0101_0101) >>> 24);
      at += 4;
    }
    while (left > 0) {
      if (at >= end) this.fail('ends early');
      if (bytes[at++]! < 0x80) left--;
    }
    this.at = at;
  }

  /**
   * Reads n pairs (step to the next index, count) and adds the counts to d[index + shift], as far as d reaches.
   * Answers the sum of the counts; null, and nothing was read, when a pair is out of d or not as short as usual.
   */
  addPairs(d: Float64Array, first: number, shift: number, n: number): number | null {
    const { bytes, end } = this;
    let at = this.at;
    let index = shift;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      if (at + 4 > end) return this.takeBack(d, first, shift, i);
      let step = bytes[at++]!;
      if (step >= 0x80) {
        const high = bytes[at++]!;
        if (high >= 0x80) return this.takeBack(d, first, shift, i);
        step = (step & 0x7f) | (high << 7);
      }
      let count = bytes[at++]!;
      if (count >= 0x80) {
        const high = bytes[at++]!;
        if (high >= 0x80) return this.takeBack(d, first, shift, i);
        count = (count & 0x7f) | (high << 7);
      }
      index += step;
      if (index < first || index >= d.length) return this.takeBack(d, first, shift, i);
      d[index]! += count;
      sum += count;
    }
    this.at = at;
    return sum;
  }

  /** Undoes the first n pairs of `addPairs`. */
  private takeBack(d: Float64Array, first: number, shift: number, n: number): null {
    const back = this.at;
    let index = shift;
    for (let i = 0; i < n; i++) {
      index += this.uint();
      const count = this.uint();
      if (index >= first && index < d.length) d[index]! -= count;
    }
    this.at = back;
    return null;
  }

  skipString(): void {
    this.skip(this.uint());
  }

  done(): void {
    if (this.at !== this.end) this.fail(`${this.end - this.at} bytes too many`);
  }
}
