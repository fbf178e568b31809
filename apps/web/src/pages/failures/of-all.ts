import { chosenText } from './chosen.ts';
import { failuresOf, type Failure } from './columns.tsx';

export const keyOf = (f: Failure): string => chosenText({ service: f.service ?? '', method: f.method ?? '', route: f.route ?? '' });

/**
 * Rows of one kind of failure with all exchanges of their route as the base: asked for by status, the API's own base is
 * the failed ones alone, and every error rate 100 %. Not a number (shown as unknown) while the base is not there yet.
 */
export function ofAll(rows: readonly Failure[], all: readonly Failure[]): Failure[] {
  const base = new Map(all.map((f) => [keyOf(f), f.exchanges]));
  return rows.map((f) => {
    const exchanges = base.get(keyOf(f));
    // The two answers may be of two moments: the base is never less than what failed.
    return exchanges === undefined
      ? { ...f, error_ratio: NaN }
      : { ...f, exchanges: Math.max(exchanges, f.exchanges), error_ratio: failuresOf(f) / Math.max(exchanges, f.exchanges) };
  });
}
