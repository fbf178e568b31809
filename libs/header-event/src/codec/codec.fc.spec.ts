import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventColumnsBuilder } from '../builder.ts';
import type { EventRow } from '../builder.ts';
import { EventCodecError } from '../errors.ts';
import { toJson } from '../json.ts';
import { eventRows } from './arbitrary.fc.ts';
import { decodeBatch } from './decode.ts';
import { encodeBatch } from './encode.ts';

const columnsOf = (rows: EventRow[]) => rows.reduce((b, r) => b.add(r), new EventColumnsBuilder()).finish();
const jsonOf = (c: ReturnType<typeof decodeBatch>) => Array.from({ length: c.rows }, (_, i) => toJson(c, i));

describe('batch codec', () => {
  it('gives back every column, from any alignment, and the same bytes again', () => {
    fc.assert(
      fc.property(eventRows, fc.nat({ max: 7 }), (rows, shift) => {
        const columns = columnsOf(rows);
        const bytes = encodeBatch(columns);
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const back = decodeBatch(shifted);
        expect(back).toEqual(columns);
        expect(Buffer.compare(encodeBatch(back), bytes)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('JSON and back gives the same JSON', () => {
    fc.assert(
      fc.property(eventRows, (rows) => {
        const json = jsonOf(columnsOf(rows));
        expect(jsonOf(columnsOf(json as EventRow[]))).toEqual(json);
      }),
      { numRuns: 100 },
    );
  });

  it('random corruption gives a batch or an EventCodecError, never another error, and stays in proportion', () => {
    const base = encodeBatch(
      columnsOf(Array.from({ length: 5 }, (_, i) => ({ start_time: BigInt(i), 'service.name': `s${i}`, 'http.request.headers': [{ name: 'Host', value: `h${i}` }] }))),
    );
    const flips = fc.array(fc.tuple(fc.nat({ max: base.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 });
    let refused = 0;
    fc.assert(
      fc.property(flips, fc.option(fc.nat({ max: base.length })), (changes, cut) => {
        const bytes = base.slice(0, cut ?? base.length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          const batch = decodeBatch(bytes);
          expect(batch.rows).toBeLessThanOrEqual(bytes.length);
          jsonOf(batch);
        } catch (error) {
          expect(error).toBeInstanceOf(EventCodecError);
          refused++;
        }
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('every single 32-bit word of the metadata, set to hostile values, is survived', () => {
    const base = encodeBatch(columnsOf([{ start_time: 1n }]));
    for (let at = 0; at + 4 <= base.length; at += 4) {
      for (const value of [0, 0xffffffff, 0x7fffffff, 0x80000000, 8]) {
        const bytes = base.slice();
        new DataView(bytes.buffer).setUint32(at, value, true);
        try {
          jsonOf(decodeBatch(bytes));
        } catch (error) {
          if (!(error instanceof EventCodecError)) throw error;
        }
      }
    }
  });

  it('arbitrary bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(() => decodeBatch(bytes)).toThrow(EventCodecError);
      }),
    );
  });
});
