import type { CellValue } from './column.ts';

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/**
 * Ascending. Numbers by size, text as people count (`item 2` before `item 10`, case aside, code units where that ties);
 * numbers before text. NaN counts as unknown; the unknown is the table's business (last in both directions), here equal.
 */
export function compareValues(a: CellValue, b: CellValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a === b ? 0 : a < b ? -1 : 1;
  if (typeof a === 'string' && typeof b === 'string') return collator.compare(a, b) || (a === b ? 0 : a < b ? -1 : 1);
  if (typeof a === typeof b) return 0;
  if (a === null || b === null) return 0;
  return typeof a === 'number' ? -1 : 1;
}

/** The text filter as a test of a row's text: every word must occur, in any order and any case. */
export function matcher(q: string): (text: string) => boolean {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => {
    const lower = text.toLowerCase();
    return words.every((w) => lower.includes(w));
  };
}
