import { useMemo } from 'react';
import type { AnswerOf } from '../../api/client.ts';
import { arrivingFrom, perSecond, sumOf } from '../../charts/series.ts';
import { TimeChart, type TimeSeries } from '../../charts/TimeChart.tsx';
import { formatRate } from '../../format/numbers.ts';
import { zoomTo } from '../../time/range.ts';
import { useSetRange } from '../../time/use-range.ts';

/** Exchanges and errors of all services listed, together. Latencies cannot be added up, so they are not here. */
export function TotalCharts({ answer, readAt, partial }: { answer: AnswerOf<'/v1/services'>; readAt: number; partial: boolean }) {
  const setRange = useSetRange();
  const shown = useMemo(() => {
    const all = answer.data.flatMap((s) => (s.series ? [s.series] : []));
    const t = (all[0]?.t ?? []).map((text) => Date.parse(text));
    const rate = (name: 'exchanges' | 'client_errors' | 'server_errors' | 'transport_errors') => perSecond(sumOf(...all.map((s) => s[name])), t, answer.range.step, readAt);
    const total = (name: 'exchanges' | 'client_errors' | 'server_errors' | 'transport_errors') => answer.data.reduce((sum, s) => sum + s[name], 0);
    const range = { start: Date.parse(answer.range.start), end: Date.parse(answer.range.end) };
    const whole = (name: 'exchanges' | 'client_errors' | 'server_errors' | 'transport_errors') => formatRate((total(name) * 1000) / (range.end - range.start));
    const traffic: TimeSeries[] = [
      { label: 'Exchanges', values: rate('exchanges'), colour: '1', filled: true, whole: formatRate(answer.data.reduce((sum, s) => sum + s.rate_per_s, 0)) },
    ];
    const errors: TimeSeries[] = [
      { label: 'Server errors', values: rate('server_errors'), colour: 'error', filled: true, whole: whole('server_errors') },
      { label: 'No whole response', values: rate('transport_errors'), colour: 'error', dashed: true, whole: whole('transport_errors') },
      { label: 'Client errors', values: rate('client_errors'), colour: 'rest', whole: whole('client_errors') },
    ];
    return { t, range, traffic, errors, arriving: arrivingFrom(range, answer.quality.complete, readAt) };
  }, [answer, readAt]);
  const common = { t: shown.t, range: shown.range, format: formatRate, arrivingFrom: shown.arriving, onZoom: (from: number, to: number) => setRange(zoomTo(from, to)) };
  const of = partial ? ', services shown' : '';
  return (
    <div className="total-charts">
      <TimeChart {...common} title={`Exchanges a second${of}`} series={shown.traffic} />
      <TimeChart {...common} title={`Errors a second${of}`} series={shown.errors} />
    </div>
  );
}
