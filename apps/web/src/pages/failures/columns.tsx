import type { RowOf } from '../../api/client.ts';
import { figure, type Column } from '../../components/table/index.ts';
import { formatCount, formatPercent } from '../../format/numbers.ts';
import { formatSince } from '../../format/times.ts';
import { BROKEN_SHORT } from './broken.ts';
import { chosenText } from './chosen.ts';

export type Failure = RowOf<'/v1/failures'>;

export const failuresOf = (f: Failure): number => f.client_errors + f.server_errors + f.transport_errors;

export const keyOf = (f: Failure): string => chosenText({ service: f.service ?? '', method: f.method ?? '', route: f.route ?? '' });

/** Pages of a list are read one after the other: what moved down between two of them is in both, and counts once, as it was read last. */
export const eachOnce = (rows: readonly Failure[]): Failure[] => [...new Map(rows.map((f) => [keyOf(f), f])).values()];

/** `3 reset, 1 no answer` */
export function errorTypes(f: Failure): string {
  return Object.entries(f.error_types)
    .sort(([, a], [, b]) => b - a)
    .map(([name, n]) => `${formatCount(n)} ${BROKEN_SHORT[name] ?? name.replaceAll('_', ' ')}`)
    .join(', ');
}

export function failureColumns(now: number): Column<Failure>[] {
  const count = (id: string, header: string, hint: string, of: (f: Failure) => number, width: number): Column<Failure> =>
    figure({
      id,
      header,
      hint,
      value: of,
      cell: (f) => (of(f) === 0 ? <span className="quiet-text">0</span> : formatCount(of(f))),
      width,
    });
  return [
    figure({
      id: 'excess',
      header: 'Excess',
      hint: 'Failures beyond what was usual in the range before; all of them where nothing was asked then',
      value: (f) => f.excess,
      cell: (f) => <strong className={f.excess >= 0.5 ? 'fail-figure' : undefined}>{formatCount(Math.round(f.excess))}</strong>,
      width: 92,
    }),
    {
      id: 'route',
      header: 'Route',
      value: (f) => `${f.method ?? ''} ${f.route ?? ''}`,
      cell: (f) => (
        <>
          {f.method} {f.route}
          {f.new === true ? (
            <>
              {' '}
              <span className="fail-new" title="It did not fail in the 24 hours before the range">
                new
              </span>
            </>
          ) : null}
        </>
      ),
      width: 220,
      grow: true,
      rowHeader: true,
    },
    { id: 'service', header: 'Service', value: (f) => f.service ?? null, width: 140 },
    count('failures', 'Failures', 'Of all kinds', failuresOf, 88),
    figure({
      id: 'ratio',
      header: 'Error rate',
      hint: 'Failures over exchanges',
      value: (f) => f.error_ratio,
      text: formatPercent,
      width: 96,
    }),
    figure({
      id: 'usual',
      header: 'Usual',
      hint: 'Error rate in the range of the same length before; unknown when nothing was asked then',
      value: (f) => f.baseline_ratio,
      text: formatPercent,
      width: 80,
    }),
    count('5xx', '5xx', 'Status 500 and above', (f) => f.server_errors, 72),
    count('4xx', '4xx', 'Status 400 to 499', (f) => f.client_errors, 72),
    count('transport', 'Broken off', 'No whole response, and no status of 400 or above', (f) => f.transport_errors, 96),
    { id: 'types', header: 'How it broke', hint: 'Why there was no whole response', value: errorTypes, width: 196 },
    figure({
      id: 'first',
      header: 'First seen',
      hint: 'First failure in the range',
      value: (f) => f.first_seen,
      cell: (f) => formatSince(Date.parse(f.first_seen), now),
      width: 104,
    }),
  ];
}
