import { useMemo } from 'react';
import { useApi } from '../../api/hooks.ts';
import type { AnswerOf, RowOf } from '../../api/client.ts';
import type { ChartMark } from '../../charts/plot-options.ts';
import { Heatmap } from '../../charts/Heatmap.tsx';
import { finished } from '../../charts/series.ts';
import type { TimeSeries } from '../../charts/TimeChart.tsx';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { formatMs } from '../../format/numbers.ts';
import { zoomTo } from '../../time/range.ts';
import { useSetRange } from '../../time/use-range.ts';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { heatOf, NO_HEAT, type HeatAnswer } from './heat-answer.ts';
import type { RouteChoice } from './RouteFilter.tsx';

export interface LatencyChartProps {
  service: string;
  role: 'server' | 'client';
  filter: RouteChoice | null;
  /** the service's, for the quantiles drawn over the heatmap */
  series: RowOf<'/v1/services'>['series'];
  figures: RowOf<'/v1/services'>['ttfb_ms'] | undefined;
  /** when the series were read, ms */
  readAt: number;
  /** while alerts of the service were open */
  marks: readonly ChartMark[];
}

const HEIGHT = 280;

/** As high as the heatmap at any width. */
const SHAPE = <Drawn answer={NO_HEAT} metric="ttfb" filter={null} series={undefined} figures={undefined} readAt={0} marks={[]} />;

export function LatencyChart({ service, role, filter, ...quantiles }: LatencyChartProps) {
  const metric = useParameter('metric', 'ttfb') === 'total' ? 'total' : 'ttfb';
  const query = useApi('/v1/latency', { view: 'heatmap', metric, service, role, ...(filter ?? {}) });
  return (
    <Answered query={query} what="the latencies" height={SHAPE}>
      {(answer) => <Drawn answer={answer} metric={metric} filter={filter} {...quantiles} />}
    </Answered>
  );
}

function Drawn({
  answer,
  metric,
  filter,
  series,
  figures,
  readAt,
  marks,
}: { answer: AnswerOf<'/v1/latency'>; metric: 'ttfb' | 'total' } & Omit<LatencyChartProps, 'service' | 'role'>) {
  const setRange = useSetRange();
  const heat = useMemo(() => heatOf(answer as HeatAnswer), [answer]);
  const lines = useMemo((): TimeSeries[] => {
    // The service's quantiles are those of the first byte, of all routes.
    if (metric !== 'ttfb' || filter !== null) return [];
    const starts = heat.points.map((p) => p.t);
    // Two answers, read at two moments: as long as they are not of the same steps, only the names stand there.
    const of = (values: readonly (number | null)[] | undefined) => (values?.length === starts.length ? finished(values, starts, answer.range.step, readAt) : []);
    return [
      { label: 'p99', values: of(series?.ttfb_p99_ms), colour: '2', whole: formatMs(figures?.p99) },
      { label: 'p50', values: of(series?.ttfb_p50_ms), colour: '3', whole: formatMs(figures?.p50) },
    ];
  }, [series, figures, heat, metric, filter, answer.range.step, readAt]);
  if (heat.le.length === 0)
    return (
      <EmptyBox title="No latency is known in this range">
        <p>Either nothing happened, or no exchange was seen from its request to its response. Widen the range or take all routes.</p>
      </EmptyBox>
    );
  return (
    <Heatmap
      title={metric === 'ttfb' ? 'Time to first byte' : 'Total time'}
      points={heat.points}
      le={heat.le}
      range={heat.range}
      lines={lines}
      height={HEIGHT}
      arrivingFrom={heat.arrivingFrom}
      marks={marks}
      onZoom={(from, to) => setRange(zoomTo(from, to))}
      extra={<MetricSwitch metric={metric} />}
    />
  );
}

function MetricSwitch({ metric }: { metric: 'ttfb' | 'total' }) {
  const update = useUpdateSearch();
  return (
    <select aria-label="Latency" className="quiet-select metric" value={metric} onChange={(event) => update({ metric: event.target.value === 'ttfb' ? null : event.target.value })}>
      <option value="ttfb">To first byte</option>
      <option value="total">In total</option>
    </select>
  );
}
