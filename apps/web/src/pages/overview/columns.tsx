import { SEVERITY, type Alert } from '../../alerts/alert.ts';
import { finished, perSecond, sumOf } from '../../charts/series.ts';
import { figure, type Column } from '../../components/table/index.ts';
import { Sparkline } from '../../components/Sparkline.tsx';
import { formatBurn, formatCount, formatExact, formatMs, formatPercent, formatRate, formatTrend } from '../../format/numbers.ts';
import { burningSince, sinceText, type Service } from './burning.ts';

const SPARK_PX = 208;

interface Looks {
  /** share of exchanges that may fail */
  budget: number;
  /** seconds */
  step: number;
  /** ms */
  readAt: number;
  now: number;
  /** what is open now, by service */
  alerts: ReadonlyMap<string, readonly Alert[]>;
}

/** Columns of the services, the one that explains the order first. */
export function serviceColumns({ budget, step, readAt, now, alerts }: Looks): Column<Service>[] {
  const starts = (s: Service) => (s.series?.t ?? []).map((t) => Date.parse(t));
  const failed = (s: Service) => sumOf(s.series?.server_errors ?? [], s.series?.transport_errors ?? []);
  return [
    figure({
      id: 'burn',
      header: 'Burn rate',
      hint: 'Share of failures in the last 5 minutes of the range over what the objective allows; above 1 the error budget is overspent',
      value: (s) => s.burn_rate,
      cell: (s) => {
        const bad = (s.burn_rate ?? 0) > 1;
        return (
          <span className={bad ? 'bad-figure' : ''}>
            {bad ? <span aria-hidden="true">▲ </span> : null}
            {formatBurn(s.burn_rate)}
          </span>
        );
      },
      width: 104,
    }),
    {
      id: 'service',
      header: 'Service',
      value: (s) => s.service,
      cell: (s) => <Named service={s.service} alerts={alerts.get(s.service) ?? []} />,
      width: 160,
      grow: true,
      rowHeader: true,
      first: 'asc',
    },
    {
      id: 'since',
      header: 'Since',
      hint: 'When the failures above the budget that still go on began',
      value: (s) => ((s.burn_rate ?? 0) > 1 ? (burningSince(s.series, budget, step)?.ms ?? null) : null),
      cell: (s) => ((s.burn_rate ?? 0) > 1 ? sinceText(burningSince(s.series, budget, step), now) : ''),
      width: 136,
      first: 'desc',
    },
    figure({
      id: 'errors',
      header: 'Errors',
      hint: 'Status 500 and above, and exchanges without a whole response, over all exchanges of the range; the line is their number',
      value: (s) => s.error_ratio,
      cell: (s) => (
        <Cell text={formatPercent(s.error_ratio)} title={`${formatExact(s.server_errors)} server errors, ${formatExact(s.transport_errors)} without a whole response`}>
          <Sparkline label={`Errors of ${s.service}`} values={failed(s)} format={formatCount} kind="error" reduce="max" />
        </Cell>
      ),
      width: SPARK_PX,
    }),
    figure({
      id: 'rate',
      header: 'Rate',
      hint: 'Exchanges a second over the range',
      value: (s) => s.rate_per_s,
      cell: (s) => (
        <Cell text={formatRate(s.rate_per_s)} title={`${formatExact(s.exchanges)} exchanges`}>
          <Sparkline label={`Rate of ${s.service}`} values={perSecond(s.series?.exchanges ?? [], starts(s), step, readAt)} format={formatRate} />
        </Cell>
      ),
      width: SPARK_PX,
    }),
    figure({
      id: 'p99',
      header: 'p99',
      hint: 'Time to first byte that 99 % of the exchanges of the range stayed within',
      value: (s) => s.ttfb_ms.p99,
      cell: (s) => (
        <Cell text={formatMs(s.ttfb_ms.p99)} title={`p50 ${formatMs(s.ttfb_ms.p50)}, p95 ${formatMs(s.ttfb_ms.p95)}`}>
          <Sparkline label={`p99 of ${s.service}`} values={finished(s.series?.ttfb_p99_ms ?? [], starts(s), step, readAt)} format={formatMs} reduce="max" />
        </Cell>
      ),
      width: SPARK_PX,
    }),
    figure({
      id: 'exchanges',
      header: 'Exchanges',
      value: (s) => s.exchanges,
      cell: (s) => <span title={formatExact(s.exchanges)}>{formatCount(s.exchanges)}</span>,
      width: 104,
    }),
    figure({
      id: 'trend',
      header: 'Before',
      hint: 'Exchanges against the range of the same length before',
      value: (s) => s.trend,
      text: formatTrend,
      width: 88,
    }),
    figure({
      id: 'trend_day',
      header: 'Yesterday',
      hint: 'Exchanges against the same range a day earlier',
      value: (s) => s.trend_day,
      text: formatTrend,
      width: 96,
    }),
  ];
}

function Cell({ text, title, children }: { text: string; title: string; children: React.ReactNode }) {
  return (
    <span className="spark-cell" title={title}>
      {children}
      <span className="spark-figure">{text}</span>
    </span>
  );
}

/** The service, marked while alerts of it are open. */
function Named({ service, alerts }: { service: string; alerts: readonly Alert[] }) {
  const [worst] = alerts;
  if (worst === undefined) return service;
  return (
    <>
      {service}{' '}
      <span className="open-mark" data-severity={worst.muted ? undefined : worst.severity} title={alerts.map((a) => a.title).join('\n')}>
        <span aria-hidden="true">{SEVERITY[worst.severity].mark}</span> {alerts.length === 1 ? '1\u00a0alert' : `${alerts.length}\u00a0alerts`}
        {worst.muted ? ', muted' : ''}
      </span>
    </>
  );
}
