// apache-arrow as the other side: it reads what we write, and we read what it writes.
import { Dictionary, Int32, RecordBatch, RecordBatchStreamWriter, Schema, Struct, Table, Uint8, Utf8, makeData, makeVector, tableFromIPC, vectorFromArray } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { EventColumnsBuilder } from '../builder.ts';
import { EVENT_COLUMNS } from '../schema.ts';
import { toJson } from '../json.ts';
import { decodeBatch } from './decode.ts';
import { encodeBatch } from './encode.ts';

const rows = [
  {
    start_time: '2026-11-22T19:00:00.123456789Z',
    'service.name': 'shop',
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'headwater.ttfb_ns': 12_345,
    'http.request.headers': [
      { name: 'Host', value: 'é' },
      { name: 'Accept', value: '*/*' },
    ],
  },
  {
    start_time: '2026-11-22T19:00:01.000000000Z',
    'service.name': 'shop',
    'http.request.method': 'POST',
    'http.response.status_code': 500,
    'http.response.headers': [{ name: 'Set-Cookie', value: 'a', action: 'hash' as const }],
  },
];
const columns = rows.reduce((b, r) => b.add(r), new EventColumnsBuilder()).finish();
const ours = encodeBatch(columns);

describe('with apache-arrow', () => {
  it('reads our stream: names, order, types and values', () => {
    const table = tableFromIPC(ours);
    expect(table.schema.fields.map((f) => f.name)).toEqual(EVENT_COLUMNS.map((c) => c.name));
    expect(table.schema.metadata.get('headwater.schema')).toBe('1');
    expect(String(table.schema.fields[0]!.type)).toBe('Timestamp<NANOSECOND, UTC>');
    expect([...table.getChild('service.name')!]).toEqual(['shop', 'shop']);
    expect([...table.getChild('http.response.status_code')!]).toEqual([200, 500]);
    expect(table.getChild('headwater.ttfb_ns')!.get(0)).toBe(12_345n);
    expect(JSON.parse(JSON.stringify(table.getChild('http.request.headers')!.get(0)))).toEqual([
      { name: 'Host', value: 'é', action: 0 },
      { name: 'Accept', value: '*/*', action: 0 },
    ]);
  });

  it('we read the same table written by apache-arrow (other metadata bytes: the tolerant path)', () => {
    const theirs = RecordBatchStreamWriter.writeAll(tableFromIPC(ours)).toUint8Array(true);
    expect(Buffer.compare(theirs, ours)).not.toBe(0);
    const back = decodeBatch(theirs);
    expect(rows.map((_, i) => toJson(back, i))).toEqual(rows.map((_, i) => toJson(columns, i)));
  });

  it('reads by name: a later v1 with unknown columns, in another order, and without some of ours', () => {
    const table = tableFromIPC(ours);
    const own = Object.fromEntries(table.schema.fields.map((f) => [f.name, table.getChild(f.name)!]));
    const { 'headwater.weight': _w, 'error.type': _e, 'http.response.headers': _h, ...kept } = own;
    const nested = makeVector(makeData({ type: new Struct([]), length: 2, nullCount: 0, children: [] }));
    const grown = new Table({
      'later.text': vectorFromArray(['x', 'y'], new Utf8()),
      'later.struct': nested,
      'later.byte': vectorFromArray([1, 2], new Uint8()),
      'later.dict': vectorFromArray(['p', 'q'], new Dictionary(new Utf8(), new Int32(), 77)),
      ...Object.fromEntries(Object.entries(kept).reverse()),
    });
    const schema = new Schema(grown.schema.fields, new Map([['headwater.schema', '1']]));
    const bytes = RecordBatchStreamWriter.writeAll(grown.batches.map((b) => new RecordBatch(schema, b.data))).toUint8Array(true);
    const back = decodeBatch(bytes);
    const { 'http.response.headers': _, ...json } = toJson(columns, 1);
    expect(toJson(back, 1)).toEqual({ ...json, 'http.response.headers': [] });
    expect(back.columns['headwater.weight']).toEqual(Uint32Array.from([1, 1]));
  });

  it('refuses a newer schema, a foreign stream and a wrong column type by code', () => {
    const table = tableFromIPC(ours);
    const write = (t: Table, metadata: Map<string, string>) =>
      RecordBatchStreamWriter.writeAll(t.batches.map((b) => new RecordBatch(new Schema(t.schema.fields, metadata), b.data))).toUint8Array(true);
    expect(() => decodeBatch(write(table, new Map([['headwater.schema', '2']])))).toThrow(expect.objectContaining({ code: 'newer_schema' }));
    expect(() => decodeBatch(write(table, new Map()))).toThrow(expect.objectContaining({ code: 'foreign' }));
    expect(() => decodeBatch(write(new Table({ start_time: vectorFromArray([1, 2], new Int32()) }), new Map([['headwater.schema', '1']])))).toThrow(
      expect.objectContaining({ code: 'column_type' }),
    );
    expect(() => decodeBatch(ours.subarray(0, ours.length - 20))).toThrow(expect.objectContaining({ code: 'truncated' }));
  });
});
