import { EVENT_COLUMNS } from '../schema.ts';
import type { EventColumns, HeaderColumn } from '../schema.ts';
import { EventCodecError } from '../errors.ts';
import {
  BATCH_META,
  BATCH_ROWS_WORD,
  DICTIONARY_BYTES_WORD,
  DICTIONARY_ENTRIES_WORD,
  DICTIONARY_META,
  END_OF_STREAM,
  HEADER_COUNT_WORDS,
  SCHEMA_PREFIX,
  batchMessage,
  dictionaryMessage,
} from './layout.ts';
import { checkColumns } from './check.ts';
import { readForeign } from './read-foreign.ts';

/** Larger values are refused before anything is read; a Kafka record is at most 1 MiB. */
export const MAX_BATCH_BYTES = 16 << 20;

const prefix = Buffer.from(SCHEMA_PREFIX.buffer, SCHEMA_PREFIX.byteOffset, SCHEMA_PREFIX.length);

/**
 * All columns, in an object that V8 keeps as a record: one that is filled by computed names becomes a hash table, and every
 * access to a column a look-up in it.
 */
const NO_COLUMNS = JSON.parse(`{${EVENT_COLUMNS.filter((c) => c.type !== 'headers').map((c) => `${JSON.stringify(c.name)}:null`)}}`) as EventColumns['columns'];

const same = (a: Buffer, at: number, b: Uint8Array): boolean => a.compare(b, 0, b.length, at, at + b.length) === 0;

/**
 * Reads one batch. The arrays of the answer are views of `bytes` (of one aligned copy, where `bytes` does not
 * begin at a multiple of 4): do not write into either. Batches of a schema that has more or fewer columns than
 * ours are read by column name: unknown columns are left out, missing ones hold what each calls absent.
 * @throws EventCodecError; whatever the bytes are, nothing else is thrown and memory stays in proportion to them
 */
export function decodeBatch(bytes: Uint8Array): EventColumns {
  if (bytes.length > MAX_BATCH_BYTES) throw new EventCodecError('too_large', { bytes: bytes.length, limit: MAX_BATCH_BYTES });
  const aligned = (bytes.byteOffset & 3) === 0 ? bytes : new Uint8Array(bytes);
  // A Buffer's slice() is a view and not a copy as a Uint8Array's is: the tolerant reader copies by it.
  const columns = readOwn(aligned) ?? readForeign(new Uint8Array(aligned.buffer, aligned.byteOffset, aligned.length));
  checkColumns(columns);
  return columns;
}

/** What encodeBatch wrote, or undefined where any byte of the metadata is not as encodeBatch writes it. */
function readOwn(bytes: Uint8Array): EventColumns | undefined {
  const { buffer, byteOffset, length } = bytes;
  const dictAt = SCHEMA_PREFIX.length;
  const dictBody = dictAt + DICTIONARY_META;
  if (length < dictBody + BATCH_META) return undefined;
  const buf = Buffer.from(buffer as ArrayBuffer, byteOffset, length);
  if (!same(buf, 0, prefix)) return undefined;

  const entries = buf.readUInt32LE(dictAt + 4 * DICTIONARY_ENTRIES_WORD);
  const dictBytes = buf.readUInt32LE(dictAt + 4 * DICTIONARY_BYTES_WORD);
  if (entries * 4 + dictBytes > length) return undefined;
  const dict = dictionaryMessage(entries, dictBytes);
  const batchAt = dictBody + dict.bodyLength;
  const body = batchAt + BATCH_META;
  if (body > length || !same(buf, dictAt, dict.meta)) return undefined;

  const rows = buf.readUInt32LE(batchAt + 4 * BATCH_ROWS_WORD);
  const counts = HEADER_COUNT_WORDS.map((word) => buf.readUInt32LE(batchAt + 4 * word));
  if (rows > length || counts.some((n) => n > length)) return undefined;
  const batch = batchMessage(rows, counts);
  if (body + batch.bodyLength + END_OF_STREAM.length !== length || !same(buf, batchAt, batch.meta)) return undefined;
  if (!same(buf, length - END_OF_STREAM.length, END_OF_STREAM)) return undefined;

  const columns: EventColumns['columns'] = { ...NO_COLUMNS };
  const headers: Record<string, HeaderColumn> = {};
  const from = byteOffset + body;
  const at = batch.at;
  let place = 0;
  let list = 0;
  for (const { name, type } of EVENT_COLUMNS) {
    const p = from + at[place++]!;
    switch (type) {
      case 'string':
      case 'i32':
        columns[name] = new Int32Array(buffer, p, rows);
        break;
      case 'time_ns':
      case 'i64':
      case 'u64':
        columns[name] = new Uint32Array(buffer, p, 2 * rows);
        break;
      case 'u32':
        columns[name] = new Uint32Array(buffer, p, rows);
        break;
      case 'u16':
        columns[name] = new Uint16Array(buffer, p, rows);
        break;
      case 'u8':
        columns[name] = new Uint8Array(buffer, p, rows);
        break;
      case 'headers': {
        const count = counts[list++]!;
        headers[name] = {
          offsets: new Int32Array(buffer, p, rows + 1),
          name: new Int32Array(buffer, from + at[place++]!, count),
          value: new Int32Array(buffer, from + at[place++]!, count),
          action: new Uint8Array(buffer, from + at[place++]!, count),
        };
      }
    }
  }
  const dictionary = {
    offsets: new Int32Array(buffer, byteOffset + dictBody, entries + 1),
    bytes: new Uint8Array(buffer, byteOffset + dictBody + dict.bytesAt, dictBytes),
  };
  return { rows, dictionary, columns, headers };
}
