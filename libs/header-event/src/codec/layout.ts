/**
 * The bytes of an event batch: the schema message (constant), then the metadata of the dictionary batch and
 * of the record batch, of which only lengths and offsets change. `describe` says for given sizes where every
 * buffer lies; encoder and decoder both use it, so the decoder accepts exactly what the encoder writes and
 * leaves everything else to the tolerant reader.
 * Message tables: https://github.com/apache/arrow/tree/main/format (Message.fbs, Schema.fbs).
 */
import { EVENT_COLUMNS, EVENT_SCHEMA_VERSION } from '../schema.ts';
import { refs, scalar, structs, table, text, writeFlatBuffer } from './flat-writer.ts';
import type { FlatNode, FlatTable } from './flat-writer.ts';

export const SCHEMA_METADATA_KEY = 'headwater.schema';
export const WIDTH = { time_ns: 8, i64: 8, u64: 8, u32: 4, i32: 4, u16: 2, u8: 1, string: 4 } as const;
export const STRING_COLUMNS = EVENT_COLUMNS.filter((c) => c.type === 'string').map((c) => c.name);
export const HEADER_COLUMNS = EVENT_COLUMNS.filter((c) => c.type === 'headers').map((c) => c.name);

const METADATA_V5 = 4;
const HEADER = { schema: 1, dictionary: 2, recordBatch: 3 } as const;
const TYPE = { int: 2, utf8: 5, timestamp: 10, list: 12, struct: 13 } as const;
/** rows + 8 * (columns): the shapes of the record batch's node and buffer vectors */
const NODES = EVENT_COLUMNS.length + 4 * HEADER_COLUMNS.length;
const BUFFERS = 2 * EVENT_COLUMNS.length + 7 * HEADER_COLUMNS.length;

export const pad8 = (n: number): number => (n + 7) & ~7;

const message = (kind: number, header: FlatTable): FlatTable => table(scalar(2, METADATA_V5), scalar(1, kind), header, scalar(8, 0));

function schemaMessage(): FlatTable {
  const noChildren = refs([]);
  const ints = new Map<string, FlatTable>();
  const int = (bits: number, signed: boolean): FlatTable => {
    const key = `${bits}${signed}`;
    const made = ints.get(key) ?? table(scalar(4, bits), scalar(1, signed ? 1 : 0));
    ints.set(key, made);
    return made;
  };
  const utf8 = table();
  const struct = table();
  const list = table();
  const timestamp = table(scalar(2, 3), text('UTC'));
  const encoding = table(scalar(8, 0), int(32, true), scalar(1, 0));
  const field = (name: string, kind: number, type: FlatTable, dictionary?: FlatTable, children: FlatNode = noChildren): FlatTable =>
    table(text(name), scalar(1, 0), scalar(1, kind), type, dictionary, children);
  const stringField = (name: string): FlatTable => field(name, TYPE.utf8, utf8, encoding);
  const headerField = field('item', TYPE.struct, struct, undefined, refs([stringField('name'), stringField('value'), field('action', TYPE.int, int(8, false))]));
  const headerChildren = refs([headerField]);
  const fields = EVENT_COLUMNS.map(({ name, type }) => {
    switch (type) {
      case 'string':
        return stringField(name);
      case 'time_ns':
        return field(name, TYPE.timestamp, timestamp);
      case 'headers':
        return field(name, TYPE.list, list, undefined, headerChildren);
      case 'i64':
        return field(name, TYPE.int, int(64, true));
      case 'u64':
        return field(name, TYPE.int, int(64, false));
      case 'i32':
        return field(name, TYPE.int, int(32, true));
      case 'u32':
        return field(name, TYPE.int, int(32, false));
      case 'u16':
        return field(name, TYPE.int, int(16, false));
      case 'u8':
        return field(name, TYPE.int, int(8, false));
    }
  });
  const metadata = refs([table(text(SCHEMA_METADATA_KEY), text(String(EVENT_SCHEMA_VERSION)))]);
  return message(HEADER.schema, table(scalar(2, 0), refs(fields), metadata));
}

/** Continuation marker, metadata length, metadata. */
function framed(metadata: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + metadata.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0xffffffff, true);
  view.setInt32(4, metadata.length, true);
  out.set(metadata, 8);
  return out;
}

/** The first bytes of every batch of this version. */
export const SCHEMA_PREFIX = framed(writeFlatBuffer(schemaMessage()).bytes);
export const END_OF_STREAM = framed(new Uint8Array(0));

/** A framed message with the places of what changes, in 4-byte words. */
interface Template {
  words: Int32Array;
  bytes: Uint8Array;
  bodyLength: number;
  rows: number;
  nodes: number;
  buffers: number;
}

function template(kind: number, nodeCount: number, bufferCount: number): Template {
  const nodes = structs(nodeCount);
  const buffers = structs(bufferCount);
  const batch = table(scalar(8, 0), nodes, buffers);
  const header = kind === HEADER.dictionary ? table(scalar(8, 0), batch, scalar(1, 0)) : batch;
  const root = message(kind, header);
  const flat = writeFlatBuffer(root);
  const bytes = framed(flat.bytes);
  const word = (at: number): number => (at + 8) >> 2;
  return {
    bytes,
    words: new Int32Array(bytes.buffer),
    bodyLength: word(flat.fieldAt(root, 3)),
    rows: word(flat.fieldAt(batch, 0)),
    nodes: word(flat.elementsAt(nodes)),
    buffers: word(flat.elementsAt(buffers)),
  };
}

const dictionaryTemplate = template(HEADER.dictionary, 1, 3);
const batchTemplate = template(HEADER.recordBatch, NODES, BUFFERS);
export const DICTIONARY_META = dictionaryTemplate.bytes.length;
export const BATCH_META = batchTemplate.bytes.length;

/** Where the sizes stand in a message, relative to its start, for the decoder to read them back. */
export const DICTIONARY_ENTRIES_WORD = dictionaryTemplate.rows;
/** length of the dictionary's third buffer */
export const DICTIONARY_BYTES_WORD = dictionaryTemplate.buffers + 2 * 4 + 2;
export const BATCH_ROWS_WORD = batchTemplate.rows;

const headerIndexes = EVENT_COLUMNS.flatMap((c, i) => (c.type === 'headers' ? [i] : []));
/** word of the node that counts the header fields of the k-th headers column */
export const HEADER_COUNT_WORDS = headerIndexes.map((column, k) => batchTemplate.nodes + 4 * (column + 4 * k + 1));

/** Metadata of a dictionary batch; the answered bytes are reused by the next call. */
export function dictionaryMessage(entries: number, bytes: number): { meta: Uint8Array; bodyLength: number; bytesAt: number } {
  const { words, nodes, buffers } = dictionaryTemplate;
  const bytesAt = pad8(4 * (entries + 1));
  const bodyLength = bytesAt + pad8(bytes);
  words[dictionaryTemplate.bodyLength] = bodyLength;
  words[dictionaryTemplate.rows] = entries;
  words[nodes] = entries;
  words[buffers + 4 + 2] = 4 * (entries + 1);
  words[buffers + 8] = bytesAt;
  words[buffers + 8 + 2] = bytes;
  return { meta: dictionaryTemplate.bytes, bodyLength, bytesAt };
}

/** Byte places in the record batch's body: one per flat column, four (offsets, name, value, action) per headers column. */
export interface BatchLayout {
  meta: Uint8Array;
  bodyLength: number;
  at: Float64Array;
}

const places = new Float64Array(EVENT_COLUMNS.length + 3 * HEADER_COLUMNS.length);
const widths = EVENT_COLUMNS.map((c) => (c.type === 'headers' ? 0 : WIDTH[c.type]));

/** Metadata of a record batch; the answered bytes are reused by the next call. */
export function batchMessage(rows: number, headerCounts: readonly number[]): BatchLayout {
  const { words } = batchTemplate;
  let node = batchTemplate.nodes;
  let buffer = batchTemplate.buffers;
  let at = 0;
  let place = 0;
  let list = 0;
  const column = (count: number, bytes: number): void => {
    words[node] = count;
    node += 4;
    put(bytes);
  };
  const put = (bytes: number): void => {
    words[buffer + 4] = at;
    words[buffer + 6] = bytes;
    buffer += 8;
    places[place++] = at;
    at += pad8(bytes);
  };
  for (const width of widths) {
    if (width !== 0) {
      column(rows, rows * width);
      continue;
    }
    const count = headerCounts[list++]!;
    column(rows, 4 * (rows + 1));
    words[node] = count;
    node += 4;
    buffer += 4;
    column(count, 4 * count);
    column(count, 4 * count);
    column(count, count);
  }
  words[batchTemplate.rows] = rows;
  words[batchTemplate.bodyLength] = at;
  return { meta: batchTemplate.bytes, bodyLength: at, at: places };
}
