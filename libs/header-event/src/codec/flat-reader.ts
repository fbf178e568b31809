import { EventCodecError } from '../errors.ts';

const damaged = (detail: string): never => {
  throw new EventCodecError('malformed', { detail });
};

/**
 * Bounds-checked FlatBuffers access for bytes that nobody vouches for: every read is inside of the message or
 * throws, every vector fits in it, and the number of tables read is bounded by the message's length (shared
 * objects could otherwise unfold without end).
 */
export class FlatReader {
  readonly #view: DataView;
  #budget: number;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#budget = 64 + bytes.byteLength;
  }

  #at(pos: number, size: number): number {
    if (!(pos >= 0) || pos + size > this.#view.byteLength) damaged('metadata points outside of its message');
    return pos;
  }
  u32(pos: number): number {
    return this.#view.getUint32(this.#at(pos, 4), true);
  }
  #i32(pos: number): number {
    return this.#view.getInt32(this.#at(pos, 4), true);
  }
  #u16(pos: number): number {
    return this.#view.getUint16(this.#at(pos, 2), true);
  }
  /** A long that must be a size: 0 up to 2^31 - 1. */
  size(pos: number): number {
    const low = this.u32(pos);
    if (this.u32(pos + 4) !== 0 || low > 0x7fffffff) damaged('a length is negative or beyond 2 GiB');
    return low;
  }
  root(): number {
    return this.follow(0);
  }
  follow(pos: number): number {
    if (this.#budget-- <= 0) damaged('metadata refers to itself too often');
    return this.#at(pos + this.u32(pos), 4);
  }
  /** Position of a field, or 0 where the table does not have it. */
  field(table: number, id: number): number {
    const vtable = table - this.#i32(table);
    const slot = 4 + 2 * id;
    if (slot + 2 > this.#u16(vtable)) return 0;
    const offset = this.#u16(vtable + slot);
    return offset === 0 ? 0 : table + offset;
  }
  child(table: number, id: number): number {
    const pos = this.field(table, id);
    return pos === 0 ? 0 : this.follow(pos);
  }
  needChild(table: number, id: number, what: string): number {
    return this.child(table, id) || damaged(`${what} is missing`);
  }
  byte(table: number, id: number, absent: number): number {
    const pos = this.field(table, id);
    return pos === 0 ? absent : this.#view.getUint8(this.#at(pos, 1));
  }
  short(table: number, id: number, absent: number): number {
    const pos = this.field(table, id);
    return pos === 0 ? absent : this.#view.getInt16(this.#at(pos, 2), true);
  }
  int(table: number, id: number, absent: number): number {
    const pos = this.field(table, id);
    return pos === 0 ? absent : this.#i32(pos);
  }
  long(table: number, id: number): number {
    const pos = this.field(table, id);
    return pos === 0 ? 0 : this.size(pos);
  }
  string(table: number, id: number): string {
    const pos = this.child(table, id);
    if (pos === 0) return '';
    const length = this.u32(pos);
    this.#at(pos + 4, length);
    this.#budget -= length >> 3;
    return new TextDecoder().decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + pos + 4, length));
  }
  /** Start of the elements and their number. */
  vector(table: number, id: number, elementBytes: number): { at: number; length: number } {
    const pos = this.child(table, id);
    if (pos === 0) return { at: 0, length: 0 };
    const length = this.u32(pos);
    this.#at(pos + 4, length * elementBytes);
    return { at: pos + 4, length };
  }
}
