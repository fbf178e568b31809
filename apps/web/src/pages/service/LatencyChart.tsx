import { useMemo } from 'react';
import { useApi } from '../../api/hooks.ts';
import type { AnswerOf, RowOf } from '../../api/client.ts';
import { Heatmap } from '../../charts/Heatmap.tsx';
import type { TimeSeries } from '../../charts/TimeChart.tsx';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { formatMs } from '../../format/numbers.ts';
import { zoomTo } from '../../time/range.ts';
import { useSetRange } from '../../time/use-range.ts';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { heatOf, type HeatAnswer } from './heat-answer.ts';
import type { RouteChoice } from './RouteFilter.tsx';

export interface LatencyChartProps {
  service: string;
  role: 'server' | 'client';
  filter: RouteChoice | null;
  /** the service's, for the quantiles drawn over the heatmap */
  series: RowOf<'/v1/services'>['series'];
  figures: RowOf<'/v1/services'>['ttfb_ms'] | undefined;
}

const HEIGHT = 280;

export function LatencyChart({ service, role, filter, series, figures }: LatencyChartProps) {
  const metric = useParameter('metric', 'ttfb') === 'total' ? 'total' : 'ttfb';
  const query = useApi('/v1/latency', { view: 'heatmap', metric, service, role, ...(filter ?? {}) });
  return (
    <Answered query={query} what="the latencies" height={HEIGHT + 28}>
      {(answer) => <Drawn answer={answer} metric={metric} series={metric === 'ttfb' ? series : undefined} figures={figures} />}
    </Answered>
  );
}

function Drawn({ answer, metric, series, figures }: { answer: AnswerOf<'/v1/latency'>; metric: 'ttfb' | 'total' } & Pick<LatencyChartProps, 'series' | 'figures'>) {
  const setRange = useSetRange();
  const heat = useMemo(() => heatOf(answer as HeatAnswer), [answer]);
  const lines = useMemo((): TimeSeries[] => {
    if (series?.t.length !== heat.points.length) return [];
    return [
      { label: 'p99', values: series.ttfb_p99_ms, colour: '2', whole: formatMs(figures?.p99) },
      { label: 'p50', values: series.ttfb_p50_ms, colour: '3', whole: formatMs(figures?.p50) },
    ];
  }, [series, figures, heat]);
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
