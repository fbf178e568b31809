/**
 * Reads the structure of any Arrow IPC stream: its fields, and where the buffers of its batches lie. Knows
 * all types by their buffer counts, so columns we do not know can be stepped over.
 * Refuses compressed bodies and variadic (view) columns: event v1 has neither.
 */
import { EventCodecError } from '../errors.ts';
import { FlatReader } from './flat-reader.ts';

const fail = (code: 'truncated' | 'malformed' | 'foreign', detail: string): never => {
  throw new EventCodecError(code, { detail });
};

export const ARROW_TYPE = { null: 1, int: 2, utf8: 5, timestamp: 10, list: 12, struct: 13 } as const;
/** buffers of a field's own node: validity, then offsets or type ids or values; by the Type union of Schema.fbs */
const OWN_BUFFERS = [0, 0, 2, 2, 3, 3, 2, 2, 2, 2, 2, 2, 2, 1, -1, 2, 1, 2, 2, 3, 3, 2, 0, -1, -1, -1, -1];

export interface ArrowField {
  name: string;
  type: number;
  bits: number;
  signed: boolean;
  unit: number;
  dictionary: number | undefined;
  children: ArrowField[];
}
export interface ArrowNode {
  length: number;
  nulls: number;
  /** bytes of each buffer; the first is the validity bitmap (empty: all valid) */
  buffers: Uint8Array[];
  children: ArrowNode[];
}
export interface ArrowStream {
  fields: ArrowField[];
  metadata: Map<string, string>;
  dictionaries: Map<number, ArrowNode>;
  batches: { rows: number; columns: ArrowNode[] }[];
}

const MAX_DEPTH = 8;

function readField(fb: FlatReader, at: number, depth: number): ArrowField {
  if (depth > MAX_DEPTH) fail('malformed', 'columns are nested too deep');
  const type = fb.byte(at, 2, 0);
  const typeTable = fb.child(at, 3);
  const dictionary = fb.child(at, 4);
  const list = fb.vector(at, 5, 4);
  const isInt = typeTable !== 0 && type === ARROW_TYPE.int;
  const index = dictionary === 0 ? 0 : fb.child(dictionary, 1);
  if (index !== 0 && (fb.int(index, 0, 0) !== 32 || fb.byte(index, 1, 0) !== 1)) fail('malformed', 'dictionary indices that are not int32');
  return {
    name: fb.string(at, 0),
    type,
    bits: isInt ? fb.int(typeTable, 0, 0) : 0,
    signed: isInt && fb.byte(typeTable, 1, 0) === 1,
    unit: typeTable !== 0 && type === ARROW_TYPE.timestamp ? fb.short(typeTable, 0, 0) : 0,
    dictionary: dictionary === 0 ? undefined : fb.long(dictionary, 0),
    children: Array.from({ length: list.length }, (_, i) => readField(fb, fb.follow(list.at + 4 * i), depth + 1)),
  };
}

/** Assigns the nodes and buffers of a record batch to fields, in the depth-first order of the format. */
function readNodes(fb: FlatReader, batch: number, body: Uint8Array, fields: readonly ArrowField[], asValues: boolean): ArrowNode[] {
  if (fb.child(batch, 3) !== 0) fail('malformed', 'a compressed body');
  const nodes = fb.vector(batch, 1, 16);
  const buffers = fb.vector(batch, 2, 16);
  let node = 0;
  let buffer = 0;
  const read = (field: ArrowField, values: boolean): ArrowNode => {
    if (node >= nodes.length) fail('malformed', 'fewer nodes than columns');
    const at = nodes.at + 16 * node++;
    const coded = field.dictionary !== undefined && !values;
    const own = coded ? 2 : (OWN_BUFFERS[field.type] ?? -1);
    if (own < 0) fail('malformed', `column ${field.name} is of a type that cannot be stepped over`);
    const mine: Uint8Array[] = [];
    for (let i = 0; i < own; i++) {
      if (buffer >= buffers.length) fail('malformed', 'fewer buffers than columns');
      const b = buffers.at + 16 * buffer++;
      const offset = fb.size(b);
      const length = fb.size(b + 8);
      if (offset + length > body.length) fail('truncated', `column ${field.name} lies outside of the body`);
      mine.push(body.subarray(offset, offset + length));
    }
    return { length: fb.size(at), nulls: fb.size(at + 8), buffers: mine, children: coded ? [] : field.children.map((c) => read(c, false)) };
  };
  return fields.map((f) => read(f, asValues));
}

function collectDictionaries(fields: readonly ArrowField[], into: Map<number, ArrowField>): Map<number, ArrowField> {
  for (const f of fields) {
    if (f.dictionary !== undefined && !into.has(f.dictionary)) into.set(f.dictionary, f);
    collectDictionaries(f.children, into);
  }
  return into;
}

/** @throws EventCodecError `foreign`, `truncated`, `malformed` */
export function readArrowStream(bytes: Uint8Array): ArrowStream {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stream: ArrowStream = { fields: [], metadata: new Map(), dictionaries: new Map(), batches: [] };
  let coded = new Map<number, ArrowField>();
  let pos = 0;
  let first = true;
  while (pos < bytes.length) {
    if (pos + 8 > bytes.length) fail(first ? 'foreign' : 'truncated', 'no room for a message');
    if (view.getUint32(pos, true) !== 0xffffffff) fail(first ? 'foreign' : 'malformed', 'no Arrow message where one must begin');
    const size = view.getInt32(pos + 4, true);
    if (size === 0) break;
    if (size < 0 || pos + 8 + size > bytes.length) fail('truncated', 'the metadata of a message');
    const fb = new FlatReader(bytes.subarray(pos + 8, pos + 8 + size));
    const root = fb.root();
    const kind = fb.byte(root, 1, 0);
    const header = fb.needChild(root, 2, 'the header of a message');
    const bodyAt = pos + 8 + size;
    const bodyLength = fb.long(root, 3);
    if (bodyAt + bodyLength > bytes.length) fail('truncated', 'the body of a message');
    const body = bytes.subarray(bodyAt, bodyAt + bodyLength);
    if (first !== (kind === 1)) fail(first ? 'foreign' : 'malformed', 'the schema is not the first message');
    if (kind === 1) {
      if (fb.short(header, 0, 0) !== 0) fail('foreign', 'big-endian data');
      const fields = fb.vector(header, 1, 4);
      for (let i = 0; i < fields.length; i++) stream.fields.push(readField(fb, fb.follow(fields.at + 4 * i), 0));
      const pairs = fb.vector(header, 2, 4);
      for (let i = 0; i < pairs.length; i++) {
        const pair = fb.follow(pairs.at + 4 * i);
        stream.metadata.set(fb.string(pair, 0), fb.string(pair, 1));
      }
      coded = collectDictionaries(stream.fields, new Map());
    } else if (kind === 2) {
      const id = fb.long(header, 0);
      const field = coded.get(id);
      if (fb.byte(header, 2, 0) !== 0) fail('malformed', 'a delta dictionary');
      if (field !== undefined) {
        const data = fb.needChild(header, 1, 'the data of a dictionary');
        stream.dictionaries.set(id, readNodes(fb, data, body, [field], true)[0]!);
      }
    } else if (kind === 3) {
      stream.batches.push({ rows: fb.long(header, 0), columns: readNodes(fb, header, body, stream.fields, false) });
    }
    first = false;
    pos = bodyAt + bodyLength;
  }
  if (first) fail('foreign', 'empty');
  return stream;
}
