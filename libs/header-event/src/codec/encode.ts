import { EVENT_COLUMNS } from '../schema.ts';
import type { EventColumns } from '../schema.ts';
import { EventCodecError } from '../errors.ts';
import { BATCH_META, DICTIONARY_META, END_OF_STREAM, HEADER_COLUMNS, SCHEMA_PREFIX, batchMessage, dictionaryMessage } from './layout.ts';

const bad = (detail: string): never => {
  throw new EventCodecError('bad_columns', { detail });
};

const raw = (a: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

const ARRAYS = { time_ns: Uint32Array, i64: Uint32Array, u64: Uint32Array, u32: Uint32Array, i32: Int32Array, u16: Uint16Array, u8: Uint8Array, string: Int32Array } as const;

/**
 * One Arrow IPC stream: schema, one dictionary, one record batch, end of stream. The same columns give the
 * same bytes. Readable by any Arrow library (`pyarrow.ipc.open_stream`).
 * @throws EventCodecError `bad_columns` where a column is missing or has another length or array type
 */
export function encodeBatch(columns: EventColumns): Uint8Array {
  const { rows, dictionary } = columns;
  const entries = dictionary.offsets.length - 1;
  if (!(rows >= 0) || entries < 1 || dictionary.offsets[0] !== 0 || dictionary.offsets[1] !== 0) bad('the dictionary must begin with the empty string');
  const dictionaryBytes = dictionary.offsets[entries]!;
  if (dictionaryBytes > dictionary.bytes.length) bad(`the dictionary has ${dictionary.bytes.length} bytes, its offsets say ${dictionaryBytes}`);
  const counts = HEADER_COLUMNS.map((name) => {
    const list = columns.headers[name] ?? bad(`headers column ${name} is missing`);
    const count = list.offsets[rows];
    if (list.offsets.length !== rows + 1 || count === undefined) return bad(`${name} has ${list.offsets.length} offsets for ${rows} rows`);
    if (count > list.name.length || count > list.value.length || count > list.action.length) return bad(`${name} has fewer entries than its offsets say (${count})`);
    return count;
  });

  const dict = dictionaryMessage(entries, dictionaryBytes);
  const batch = batchMessage(rows, counts);
  const dictAt = SCHEMA_PREFIX.length;
  const dictBody = dictAt + DICTIONARY_META;
  const batchAt = dictBody + dict.bodyLength;
  const body = batchAt + BATCH_META;
  const out = new Uint8Array(body + batch.bodyLength + END_OF_STREAM.length);
  out.set(SCHEMA_PREFIX, 0);
  out.set(dict.meta, dictAt);
  out.set(raw(dictionary.offsets), dictBody);
  out.set(dictionary.bytes.length === dictionaryBytes ? dictionary.bytes : dictionary.bytes.subarray(0, dictionaryBytes), dictBody + dict.bytesAt);
  out.set(batch.meta, batchAt);

  let place = 0;
  let list = 0;
  for (const { name, type } of EVENT_COLUMNS) {
    if (type !== 'headers') {
      const values = columns.columns[name] ?? bad(`column ${name} is missing`);
      const length = type === 'time_ns' || type === 'i64' || type === 'u64' ? 2 * rows : rows;
      if (!(values instanceof ARRAYS[type]) || values.length !== length) bad(`column ${name} needs ${length} entries of ${ARRAYS[type].name}`);
      out.set(raw(values), body + batch.at[place++]!);
      continue;
    }
    const { offsets, name: names, value, action } = columns.headers[name]!;
    const count = counts[list++]!;
    out.set(raw(offsets), body + batch.at[place++]!);
    out.set(raw(names.subarray(0, count)), body + batch.at[place++]!);
    out.set(raw(value.subarray(0, count)), body + batch.at[place++]!);
    out.set(action.subarray(0, count), body + batch.at[place++]!);
  }
  out.set(END_OF_STREAM, body + batch.bodyLength);
  return out;
}
