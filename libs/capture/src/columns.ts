import { EVENT_COLUMNS, type BatchAccount, type ColumnType, type EventColumns, type HeaderColumn } from '@headwater/header-event';
import type { RawBatch } from './addon.ts';
import type { CaptureBatch } from './port.ts';

/** Typed arrays over the parts of one buffer, each part at a multiple of 8. */
class Parts {
  private at = 0;
  private readonly buffer: ArrayBuffer;
  constructor(buffer: ArrayBuffer) {
    this.buffer = buffer;
  }
  private take(bytes: number): number {
    const from = this.at;
    this.at += (bytes + 7) & ~7;
    return from;
  }
  u8(n: number): Uint8Array {
    return new Uint8Array(this.buffer, this.take(n), n);
  }
  u16(n: number): Uint16Array {
    return new Uint16Array(this.buffer, this.take(n * 2), n);
  }
  u32(n: number): Uint32Array {
    return new Uint32Array(this.buffer, this.take(n * 4), n);
  }
  i32(n: number): Int32Array {
    return new Int32Array(this.buffer, this.take(n * 4), n);
  }
  headers(rows: number, entries: number): HeaderColumn {
    return { offsets: this.i32(rows + 1), name: this.i32(entries), value: this.i32(entries), action: this.u8(entries) };
  }
  column(type: Exclude<ColumnType, 'headers'>, rows: number) {
    switch (type) {
      case 'u8':
        return this.u8(rows);
      case 'u16':
        return this.u16(rows);
      case 'i32':
      case 'string':
        return this.i32(rows);
      case 'u32':
        return this.u32(rows);
      default:
        return this.u32(rows * 2);
    }
  }
}

/** The addon's buffer as EventColumns: views, no copies. */
export function toCaptureBatch(raw: RawBatch): CaptureBatch {
  const parts = new Parts(raw.buffer);
  const dictionary = { offsets: parts.i32(raw.dictionaryEntries + 1), bytes: parts.u8(raw.dictionaryBytes) };
  const columns: EventColumns = { rows: raw.rows, dictionary, columns: {}, headers: {} };
  for (const { name, type } of EVENT_COLUMNS) if (type !== 'headers') columns.columns[name] = parts.column(type, raw.rows);
  columns.headers['http.request.headers'] = parts.headers(raw.rows, raw.requestHeaders);
  columns.headers['http.response.headers'] = parts.headers(raw.rows, raw.responseHeaders);
  return { columns, account: JSON.parse(raw.account) as BatchAccount };
}
