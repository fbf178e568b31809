/**
 * The tolerant reader: batches whose schema is not byte for byte ours, such as those of a later v1 with more
 * columns, or rewritten by another Arrow library. Columns are found by name; what v1 does not know is ignored.
 */
import { EVENT_COLUMNS, EVENT_SCHEMA_VERSION } from '../schema.ts';
import type { ColumnType, EventColumns, HeaderColumn } from '../schema.ts';
import { EventCodecError } from '../errors.ts';
import { ABSENT } from './absent.ts';
import { ARROW_TYPE, readArrowStream } from './arrow-stream.ts';
import type { ArrowField, ArrowNode, ArrowStream } from './arrow-stream.ts';
import { SCHEMA_METADATA_KEY, WIDTH } from './layout.ts';

const damaged = (detail: string): never => {
  throw new EventCodecError('malformed', { detail });
};
const wrongType = (column: string, detail: string): never => {
  throw new EventCodecError('column_type', { column, detail });
};

const WORDS = { time_ns: Uint32Array, i64: Uint32Array, u64: Uint32Array, u32: Uint32Array, i32: Int32Array, string: Int32Array, u16: Uint16Array, u8: Uint8Array } as const;
type FlatType = Exclude<ColumnType, 'headers'>;

function checkType(field: ArrowField, type: FlatType): void {
  const is = (bits: number, signed: boolean): boolean => field.type === ARROW_TYPE.int && field.bits === bits && field.signed === signed && field.dictionary === undefined;
  const ok =
    type === 'string'
      ? field.type === ARROW_TYPE.utf8 && field.dictionary !== undefined
      : type === 'time_ns'
        ? field.type === ARROW_TYPE.timestamp && field.unit === 3
        : is(8 * WIDTH[type], type[0] === 'i');
  if (!ok) wrongType(field.name, type === 'string' ? 'expected dictionary<utf8, int32>' : `expected ${type}`);
}

/** A copy of the values of a node, where nulls have become `absent`. */
function values(field: ArrowField, node: ArrowNode, type: FlatType, rows: number, absent: number) {
  const bytes = node.buffers[1] ?? damaged(`column ${field.name} has no values`);
  const width = WIDTH[type];
  if (node.length !== rows || bytes.length < rows * width) damaged(`column ${field.name} has fewer values than rows`);
  const copy = bytes.slice(0, rows * width);
  const out = new WORDS[type](copy.buffer);
  const bits = node.buffers[0]!;
  if (node.nulls === 0 || bits.length === 0) return out;
  if (bits.length * 8 < rows) damaged(`column ${field.name} has a short validity bitmap`);
  const perRow = width === 8 ? 2 : 1;
  for (let i = 0; i < rows; i++) {
    if ((bits[i >> 3]! >> (i & 7)) & 1) continue;
    for (let w = 0; w < perRow; w++) out[perRow * i + w] = absent;
  }
  return out;
}

/** All dictionaries of the stream behind each other, entry 0 the empty string. */
function mergeDictionaries(stream: ArrowStream): { dictionary: EventColumns['dictionary']; base: Map<number, { from: number; entries: number }> } {
  const base = new Map<number, { from: number; entries: number }>();
  const offsets: number[] = [0, 0];
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [id, node] of stream.dictionaries) {
    const raw = node.buffers[1] ?? damaged('a dictionary without offsets');
    const text = node.buffers[2] ?? damaged('a dictionary that is not utf8');
    if (raw.length < 4 * (node.length + 1)) damaged('a dictionary with fewer offsets than entries');
    const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
    base.set(id, { from: offsets.length - 1, entries: node.length });
    let before = 0;
    const first = view.getInt32(0, true);
    if (first !== 0) damaged('a dictionary that does not begin at 0');
    for (let i = 1; i <= node.length; i++) {
      const o = view.getInt32(4 * i, true);
      if (o < before || o > text.length) damaged('a dictionary offset that is not inside of its text');
      offsets.push(at + o);
      before = o;
    }
    parts.push(text.subarray(0, before));
    at += before;
  }
  return { dictionary: { offsets: Int32Array.from(offsets), bytes: new Uint8Array(Buffer.concat(parts)) }, base };
}

export function readForeign(bytes: Uint8Array): EventColumns {
  const stream = readArrowStream(bytes);
  const schema = stream.metadata.get(SCHEMA_METADATA_KEY);
  if (schema === undefined) throw new EventCodecError('foreign', { detail: `an Arrow stream without the metadata ${SCHEMA_METADATA_KEY}` });
  if (!/^[1-9]\d{0,8}$/.test(schema)) throw new EventCodecError('foreign', { detail: `${SCHEMA_METADATA_KEY} is not a number` });
  if (Number(schema) > EVENT_SCHEMA_VERSION) throw new EventCodecError('newer_schema', { schema, known: EVENT_SCHEMA_VERSION });
  if (stream.batches.length !== 1)
    throw new EventCodecError(stream.batches.length === 0 ? 'truncated' : 'malformed', { detail: `${stream.batches.length} record batches instead of one` });

  const { rows, columns: nodes } = stream.batches[0]!;
  const byName = new Map(stream.fields.map((field, i) => [field.name, { field, node: nodes[i]! }]));
  if (!byName.has('start_time')) throw new EventCodecError('foreign', { detail: 'there is no column start_time' });
  const { dictionary, base } = mergeDictionaries(stream);

  const strings = (field: ArrowField, node: ArrowNode, count: number): Int32Array => {
    checkType(field, 'string');
    const out = values(field, node, 'string', count, -1) as Int32Array;
    const { from, entries } = base.get(field.dictionary!) ?? { from: 0, entries: 0 };
    for (let i = 0; i < count; i++) {
      const index = out[i]!;
      if (index >= entries || index < -1 || (index === -1 && node.nulls === 0)) damaged(`${field.name}: a dictionary index is outside of its dictionary`);
      out[i] = index === -1 ? 0 : from + index;
    }
    return out;
  };

  const out: EventColumns = { rows, dictionary, columns: {}, headers: {} };
  // start_time holds 8 bytes a row, so after it no column can ask for more memory than the input has.
  for (const { name, type } of EVENT_COLUMNS) {
    const found = byName.get(name);
    if (type === 'headers') {
      out.headers[name] = found ? readHeaders(found.field, found.node, rows, strings) : noHeaders(rows);
    } else if (type === 'string') {
      out.columns[name] = found ? strings(found.field, found.node, rows) : new Int32Array(rows);
    } else if (found) {
      checkType(found.field, type);
      out.columns[name] = values(found.field, found.node, type, rows, ABSENT[name]!);
    } else {
      out.columns[name] = new WORDS[type](WIDTH[type] === 8 ? 2 * rows : rows).fill(ABSENT[name]!);
    }
  }
  return out;
}

const noHeaders = (rows: number): HeaderColumn => ({ offsets: new Int32Array(rows + 1), name: new Int32Array(0), value: new Int32Array(0), action: new Uint8Array(0) });

function readHeaders(field: ArrowField, node: ArrowNode, rows: number, strings: (f: ArrowField, n: ArrowNode, count: number) => Int32Array): HeaderColumn {
  const item = field.children[0];
  const inner = node.children[0];
  if (field.type !== ARROW_TYPE.list || item === undefined || inner === undefined || item.type !== ARROW_TYPE.struct)
    return wrongType(field.name, 'expected list<struct<name, value, action>>');
  if (node.nulls !== 0 || inner.nulls !== 0) wrongType(field.name, 'null header lists');
  const raw = node.buffers[1]!;
  if (node.length !== rows || (rows > 0 && raw.length < 4 * (rows + 1))) damaged(`${field.name} has fewer offsets than rows`);
  const part = (name: string) => {
    const i = item.children.findIndex((c) => c.name === name);
    if (i < 0 || inner.children[i] === undefined) return wrongType(field.name, `no ${name}`);
    return { field: item.children[i]!, node: inner.children[i] };
  };
  const [name, value, action] = [part('name'), part('value'), part('action')];
  checkType(action.field, 'u8');
  return {
    offsets: rows === 0 ? new Int32Array(1) : new Int32Array(raw.slice(0, 4 * (rows + 1)).buffer),
    name: strings(name.field, name.node, inner.length),
    value: strings(value.field, value.node, inner.length),
    action: values(action.field, action.node, 'u8', inner.length, 0) as Uint8Array,
  };
}
