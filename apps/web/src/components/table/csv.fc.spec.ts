import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CellValue, Column } from './column.ts';
import { toCsv } from './csv.ts';

/** A reader of RFC 4180 written apart from the writer. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i]!;
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      row.push(cell);
      cell = '';
    } else if (c === '\r' && text[i + 1] === '\n') {
      i++;
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else cell += c;
  }
  return rows;
}

const nasty = fc.array(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", 'a', 'é', '＝'), { maxLength: 8 }).map((a) => a.join(''));

it('what is written is read back, and no text can be a formula', () => {
  const value: fc.Arbitrary<CellValue> = fc.oneof(nasty, fc.string(), fc.integer(), fc.constant(null));
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { maxLength: 5 }), (rows) => {
      const columns: Column<[CellValue, CellValue]>[] = [0, 1].map((i) => ({ id: `c${i}`, header: '', value: (r) => r[i as 0 | 1], width: 1 }));
      const read = parse(toCsv(columns, rows));
      expect(read).toHaveLength(rows.length + 1);
      rows.forEach((row, r) =>
        row.forEach((v, c) => {
          const got = read[r + 1]![c]!;
          if (typeof v !== 'string') return expect(got).toBe(v === null ? '' : String(v));
          expect(got === v || got === `'${v}`).toBe(true);
          expect(got).not.toMatch(/^[=+\-@\t\r\n]/);
        }),
      );
    }),
  );
});
