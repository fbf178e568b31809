import { useMemo } from 'react';
import type { RowOf } from '../../api/client.ts';
import { useApi } from '../../api/hooks.ts';
import { finished } from '../../charts/series.ts';
import { TimeChart } from '../../charts/TimeChart.tsx';
import { formatCount } from '../../format/numbers.ts';
import { zoomTo } from '../../time/range.ts';
import { useSetRange } from '../../time/use-range.ts';

type Header = RowOf<'/v1/headers'>;

/** How many values of the header were there at once, over time: two at once are a release under way, or one that stopped half-way. */
export function ReleaseDrift({ service, role, name }: { service: string; role: 'server' | 'client'; name: string }) {
  const query = useApi('/v1/headers', { service, role, direction: 'response', name, view: 'series' });
  const setRange = useSetRange();
  const answer = query.data;
  const shown = useMemo(() => {
    const header: Header | undefined = answer?.data[0];
    if (answer === undefined || header?.series === undefined) return null;
    const t = header.series.t.map((text) => Date.parse(text));
    const values = finished(
      header.series.distinct.map((n) => (n === 0 ? null : n)),
      t,
      answer.range.step,
      query.dataUpdatedAt,
    );
    return { t, range: { start: Date.parse(answer.range.start), end: Date.parse(answer.range.end) }, series: [{ label: 'Values at once', values, colour: '4' as const }] };
  }, [answer, query.dataUpdatedAt]);
  if (shown === null) return <div className="drift-room" />;
  return (
    <div className="drift-room">
      <TimeChart title={`Values of ${name}`} {...shown} format={formatCount} height={104} onZoom={(from, to) => setRange(zoomTo(from, to))} />
    </div>
  );
}
