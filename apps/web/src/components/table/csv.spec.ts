import { describe, expect, it } from 'vitest';
import type { Column } from './column.ts';
import { csvCell, toCsv } from './csv.ts';

describe('csvCell', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+49', "'+49"],
    ['-cmd|x', "'-cmd|x"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
    ['\n=1', '"\'\n=1"'],
    ['＝1', "'＝1"],
    ['="a","b"', '"\'=""a"",""b"""'],
    ['a=b', 'a=b'],
    ['say "hi"', '"say ""hi"""'],
    ['', ''],
  ])('%j becomes %j', (value, cell) => expect(csvCell(value)).toBe(cell));

  it('keeps numbers numbers and leaves the unknown empty', () => {
    expect([csvCell(-0.5), csvCell(1200), csvCell(NaN), csvCell(Infinity), csvCell(null)]).toEqual(['-0.5', '1200', '', '', '']);
  });
});

describe('toCsv', () => {
  const columns: Column<{ a: string; n: number | null }>[] = [
    { id: 'route', header: 'Route', value: (r) => r.a, width: 1 },
    { id: 'n', header: 'N', value: (r) => r.n, width: 1 },
  ];
  it('has a line of names and one a row, ended by CRLF', () => {
    expect(
      toCsv(columns, [
        { a: 'x,y', n: 1 },
        { a: '=z', n: null },
      ]),
    ).toBe('route,n\r\n"x,y",1\r\n\'=z,\r\n');
  });
});
