import { memo, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { formatInstant } from '../format/times.ts';
import { ChartFrame } from './ChartFrame.tsx';
import { colourToken, token, type SeriesColour } from './colours.ts';
import { Plot } from './Plot.tsx';
import type { ChartBand, ChartMark, PlotInput, PlotLooks } from './plot-options.ts';
import { stepPaths } from './step-paths.ts';
import { summaryOf, type Values } from './series.ts';

export interface TimeSeries {
  label: string;
  values: Values;
  colour: SeriesColour;
  dashed?: boolean;
  /** filled down to 0; for a count or rate */
  filled?: boolean;
  /** shown beside the label while nothing is hovered: the figure of the whole range */
  whole?: string;
}

export interface TimeChartProps {
  title: string;
  /** start of each step, ms */
  t: readonly number[];
  series: readonly TimeSeries[];
  /** the range as answered, ms */
  range: { start: number; end: number };
  format: (value: number | null) => string;
  height?: number;
  /** charts of one key share their cursor */
  sync?: string;
  arrivingFrom?: number | null;
  /** the same object while it is the same, as it is drawn anew when it changes */
  marks?: readonly ChartMark[];
  /** what is usual; likewise */
  band?: (ChartBand & { label: string }) | null;
  onZoom?: (from: number, to: number) => void;
}

const NO_MARKS: readonly ChartMark[] = [];

/** Steps over time from 0 up: every value as wide as its window, nothing joined over a gap. */
export function TimeChart({ title, t, series, range, format, height = 168, sync = 'page', arrivingFrom = null, marks = NO_MARKS, band = null, onZoom }: TimeChartProps) {
  const [hovered, setHovered] = useState<number | null>(null);
  const last = useRef<number | null>(null);
  const data = useMemo(() => [t as number[], ...series.map((s) => s.values as (number | null)[])] as uPlot.AlignedData, [t, series]);
  const id = series.map((s) => `${s.label}/${s.colour}/${s.dashed ?? false}/${s.filled ?? false}`).join('|') + height;
  const looks: PlotLooks = {
    height,
    sync,
    yCursor: false,
    yScale: 'from zero',
    yLabels: (splits) => splits.map((v) => format(v)),
    series: series.map((s) => looksOf(s)),
  };
  const input: PlotInput = {
    ...range,
    arrivingFrom,
    marks,
    band,
    onZoom: onZoom ?? null,
    onCursor: (index) => {
      if (last.current === index) return;
      last.current = index;
      setHovered(index);
    },
  };
  const at = hovered === null ? undefined : t[hovered];
  const describe = (index: number) => {
    const ms = t[index] ?? range.start;
    const open = marks.filter((m) => m.from <= ms && ms < (m.to ?? Infinity)).map((m) => `; ${m.label}`);
    return `${formatInstant(ms)}: ${series.map((s) => `${s.label} ${format(s.values[index] ?? null)}`).join(', ')}${open.join('')}`;
  };
  return (
    <ChartFrame
      title={title}
      time={at === undefined ? '' : formatInstant(at)}
      legend={[
        ...series.map((s) => ({
          label: s.label,
          colour: s.colour,
          dashed: s.dashed ?? false,
          value: hovered === null ? (s.whole ?? '') : format(s.values[hovered] ?? null),
        })),
        ...(band === null ? [] : [{ label: band.label, colour: 'rest' as const, dashed: false, value: `${format(band.low)} to ${format(band.high)}` }]),
      ]}
      summary={<Summary title={title} series={series} format={format} />}
    >
      <Plot id={id} looks={looks} input={input} data={data} label={`${title}, ${series.map((s) => s.label).join(', ')}`} describe={describe} />
    </ChartFrame>
  );
}

function looksOf(s: TimeSeries): uPlot.Series {
  return {
    label: s.label,
    stroke: () => token(colourToken(s.colour)),
    width: 1.5,
    spanGaps: false,
    paths: stepPaths(s.filled ?? false),
    ...(s.dashed ? { dash: [4, 3] } : {}),
    ...(s.filled ? { fill: () => `${token(colourToken(s.colour))}26` } : {}),
    points: { show: false },
  };
}

const Summary = memo(function Summary({ title, series, format }: Pick<TimeChartProps, 'title' | 'series' | 'format'>) {
  return (
    <table>
      <caption>{title}, summed up</caption>
      <thead>
        <tr>
          <th scope="col">Series</th>
          <th scope="col">First</th>
          <th scope="col">Lowest</th>
          <th scope="col">Mean</th>
          <th scope="col">Highest</th>
          <th scope="col">Last</th>
        </tr>
      </thead>
      <tbody>
        {series.map((s) => {
          const sum = summaryOf(s.values);
          return (
            <tr key={s.label}>
              <th scope="row">{s.label}</th>
              {sum === null ? <td colSpan={5}>no data</td> : [sum.first, sum.min, sum.mean, sum.max, sum.last].map((v, i) => <td key={i}>{format(v)}</td>)}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
});
