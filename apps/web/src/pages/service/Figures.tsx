import type { RowOf } from '../../api/client.ts';
import { formatBurn, formatCount, formatExact, formatMs, formatPercent, formatRate, formatTrend, NO_DATA } from '../../format/numbers.ts';
import { basisText, deviationText, type Expected } from './expected.ts';
import { longText, type LongExchanges } from './in-progress.ts';

/** The service in one line of figures, each with what it is. */
export function Figures({ row, expected, long }: { row: RowOf<'/v1/services'>; expected: Expected | null; long: LongExchanges | null | undefined }) {
  const bad = (row.burn_rate ?? 0) > 1;
  const figures: { label: string; value: string; title?: string; bad?: boolean }[] = [
    { label: 'Rate', value: formatRate(row.rate_per_s), title: `${formatExact(row.exchanges)} exchanges` },
    { label: 'Against usual', value: expected === null ? NO_DATA : deviationText(expected), title: expected === null ? 'Too little is known of before' : basisText(expected) },
    { label: 'Before', value: formatTrend(row.trend), title: 'Exchanges against the range of the same length before' },
    { label: 'Yesterday', value: formatTrend(row.trend_day), title: 'Exchanges against the same range a day earlier' },
    {
      label: 'Errors',
      value: formatPercent(row.error_ratio),
      title: `${formatExact(row.server_errors)} server errors, ${formatExact(row.transport_errors)} without a whole response`,
      bad,
    },
    { label: 'Burn rate', value: formatBurn(row.burn_rate), title: 'Failures of the last 5 minutes over what a 99.9 % objective allows', bad },
    {
      label: 'Client errors',
      value: formatPercent(row.exchanges === 0 ? null : row.client_errors / row.exchanges),
      title: `${formatExact(row.client_errors)} of status 400 to 499`,
    },
    { label: 'p50', value: formatMs(row.ttfb_ms.p50), title: 'Time to first byte' },
    { label: 'p95', value: formatMs(row.ttfb_ms.p95), title: 'Time to first byte' },
    { label: 'p99', value: formatMs(row.ttfb_ms.p99), title: 'Time to first byte' },
    { label: 'In progress', value: long === undefined ? NO_DATA : long === null ? '0' : `${long.ended === 0 ? '' : '≥ '}${formatCount(long.open)}`, title: longText(long) },
  ];
  return (
    <dl className="figures">
      {figures.map((figure) => (
        <div key={figure.label} title={figure.title} data-bad={figure.bad || undefined}>
          <dt>{figure.label}</dt>
          <dd>
            {figure.bad ? <span aria-hidden="true">▲ </span> : null}
            {figure.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
