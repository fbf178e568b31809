import type { Dictionary } from './schema.ts';

/**
 * Strings of a batch's dictionary, decoded when first asked for. Header bytes of the wire were mapped
 * latin-1 to Unicode, so each code unit of an answer is one byte of the wire (`Buffer.from(s, 'latin1')`).
 */
export class DictionaryStrings {
  readonly #buffer: Buffer;
  readonly #offsets: Int32Array;
  readonly #strings: (string | undefined)[];

  constructor({ offsets, bytes }: Dictionary) {
    this.#buffer = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    this.#offsets = offsets;
    this.#strings = [];
  }

  get size(): number {
    return this.#offsets.length - 1;
  }

  /** '' for index 0 and for an index outside of the dictionary. */
  get(index: number): string {
    const known = this.#strings[index];
    if (known !== undefined) return known;
    if (!(index >= 0 && index < this.size)) return '';
    const value = this.#buffer.toString('utf8', this.#offsets[index]!, this.#offsets[index + 1]!);
    this.#strings[index] = value;
    return value;
  }
}
