import { useMemo } from 'react';
import type { AnswerOf, RowOf } from '../../api/client.ts';
import type { ChartMark } from '../../charts/plot-options.ts';
import { arrivingFrom, perSecond } from '../../charts/series.ts';
import { TimeChart, type TimeSeries } from '../../charts/TimeChart.tsx';
import { formatRate } from '../../format/numbers.ts';
import { zoomTo } from '../../time/range.ts';
import type { Expected } from './expected.ts';
import { useSetRange } from '../../time/use-range.ts';

export interface TrafficProps {
  row: RowOf<'/v1/services'>;
  answer: AnswerOf<'/v1/services'>;
  /** ms */
  readAt: number;
  /** while alerts of the service were open */
  marks: readonly ChartMark[];
  /** null: not known */
  expected: Expected | null;
}

/** Rate and errors of a service, over the axis that its latencies share. */
export function TrafficCharts({ row, answer, readAt, marks, expected }: TrafficProps) {
  const setRange = useSetRange();
  const shown = useMemo(() => {
    const range = { start: Date.parse(answer.range.start), end: Date.parse(answer.range.end) };
    const seconds = (range.end - range.start) / 1000;
    const t = (row.series?.t ?? []).map((text) => Date.parse(text));
    const rate = (values: readonly number[] | undefined) => perSecond(values ?? [], t, answer.range.step, readAt);
    const traffic: TimeSeries[] = [{ label: 'Exchanges', values: rate(row.series?.exchanges), colour: '1', filled: true, whole: formatRate(row.rate_per_s) }];
    const errors: TimeSeries[] = [
      { label: 'Server errors', values: rate(row.series?.server_errors), colour: 'error', filled: true, whole: formatRate(row.server_errors / seconds) },
      { label: 'No whole response', values: rate(row.series?.transport_errors), colour: 'error', dashed: true, whole: formatRate(row.transport_errors / seconds) },
      { label: 'Client errors', values: rate(row.series?.client_errors), colour: 'rest', whole: formatRate(row.client_errors / seconds) },
    ];
    return { range, t, traffic, errors, arriving: arrivingFrom(range, answer.quality.complete, readAt) };
  }, [row, answer, readAt]);
  const band = useMemo(() => (expected === null ? null : { low: expected.low, high: expected.high, label: 'Usual' }), [expected]);
  const common = {
    t: shown.t,
    range: shown.range,
    format: formatRate,
    height: 136,
    arrivingFrom: shown.arriving,
    marks,
    onZoom: (from: number, to: number) => setRange(zoomTo(from, to)),
  };
  return (
    <>
      <TimeChart {...common} title="Exchanges a second" series={shown.traffic} band={band} />
      <TimeChart {...common} title="Errors a second" series={shown.errors} />
    </>
  );
}
