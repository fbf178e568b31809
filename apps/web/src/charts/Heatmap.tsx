import { memo, useMemo, useRef, useState, type ReactNode } from 'react';
import type uPlot from 'uplot';
import { countOf, formatCount, formatMs } from '../format/numbers.ts';
import { formatInstant } from '../format/times.ts';
import { ChartFrame } from './ChartFrame.tsx';
import { colourToken, ramp, token } from './colours.ts';
import { bucketOf, joinColumns, levelOf, maxCount, rowOf, ticksOf } from './heat.ts';
import { Plot } from './Plot.tsx';
import type { ChartMark, PlotInput, PlotLooks } from './plot-options.ts';
import { stepPaths } from './step-paths.ts';
import type { TimeSeries } from './TimeChart.tsx';

export interface HeatmapPoint {
  /** start of the step, ms */
  t: number;
  exchanges: number;
  /** one for each bound */
  counts: readonly number[];
}

export interface HeatmapProps {
  title: string;
  points: readonly HeatmapPoint[];
  /** upper bounds of the buckets, ms */
  le: readonly number[];
  range: { start: number; end: number };
  /** quantiles drawn over it; their values are latencies in ms, one for each point */
  lines?: readonly TimeSeries[];
  height?: number;
  sync?: string;
  arrivingFrom?: number | null;
  marks?: readonly ChartMark[];
  onZoom?: (from: number, to: number) => void;
  extra?: ReactNode;
}

const LEVELS = 64;
const NO_LINES: readonly TimeSeries[] = [];
const NO_MARKS: readonly ChartMark[] = [];

/** How many exchanges took how long, when: time by latency (log), the more the stronger. */
export function Heatmap({ title, points, le, range, lines = NO_LINES, height = 248, sync = 'page', arrivingFrom = null, marks = NO_MARKS, onZoom, extra }: HeatmapProps) {
  const [hovered, setHovered] = useState<{ index: number; row: number } | null>(null);
  const image = useHeatImage(points, le, range.end);
  const data = useMemo(
    () =>
      [
        points.map((p) => p.t),
        points.map(() => null),
        ...lines.map((line) => points.map((_, i) => (line.values[i] == null ? null : rowOf(line.values[i], le)))),
      ] as unknown as uPlot.AlignedData,
    [points, lines, le],
  );
  const looks: PlotLooks = {
    height,
    sync,
    yCursor: true,
    yScale: { range: () => [0, Math.max(1, le.length)] },
    ySplits: (u) => ticksOf(le, (le.length / Math.max(1, u.over.clientHeight || height)) * 22).map((ms) => rowOf(ms, le)),
    yLabels: () => ticksOf(le, (le.length / Math.max(1, height - 36)) * 22).map(formatMs),
    series: [
      { show: true, points: { show: false } },
      ...lines.map((line) => ({
        label: line.label,
        stroke: () => token(colourToken(line.colour)),
        width: 1.5,
        spanGaps: false,
        paths: stepPaths(false),
        points: { show: false },
        ...(line.dashed ? { dash: [4, 3] } : {}),
      })),
    ],
    drawUnder: (u) => image.draw(u),
  };
  const input: PlotInput = {
    ...range,
    arrivingFrom,
    marks,
    onZoom: onZoom ?? null,
    onCursor: (index, u) => {
      const top = u.cursor.top ?? -1;
      // a cursor that another chart leads has a time, but no latency
      const row = top < 0 || !u.root.matches(':hover') ? -1 : Math.min(le.length - 1, Math.max(0, Math.floor(u.posToVal(top, 'y'))));
      setHovered((before) => (index === null ? null : before?.index === index && before.row === row ? before : { index, row }));
    },
  };
  const point = hovered === null ? undefined : points[hovered.index];
  const cell = hovered === null || hovered.row < 0 ? null : bucketOf(hovered.row, le);
  const describe = (index: number) => {
    const p = points[index];
    if (p === undefined) return 'no data';
    return `${formatInstant(p.t)}: ${countOf(p.exchanges, 'exchange')}${lines.map((line) => `, ${line.label} ${formatMs(line.values[index] ?? null)}`).join('')}`;
  };
  return (
    <ChartFrame
      title={title}
      time={point ? formatInstant(point.t) : ''}
      legend={lines.map((line) => ({
        label: line.label,
        colour: line.colour,
        dashed: line.dashed ?? false,
        value: hovered === null ? (line.whole ?? '') : formatMs(line.values[hovered.index] ?? null),
      }))}
      extra={
        <>
          <span className="heat-readout" title="Exchanges in a cell, by the logarithm">
            {point && cell ? (
              <span>
                {formatMs(cell.from)} – {formatMs(cell.to)}: {formatCount(point.counts[hovered?.row ?? 0] ?? 0)} of {formatCount(point.exchanges)}
              </span>
            ) : image.max > 0 ? (
              <>
                {image.max > 1 ? '1' : ''}
                <span className="heat-ramp" aria-hidden="true" />
                {countOf(image.max, 'exchange')}
              </>
            ) : null}
          </span>
          {extra}
        </>
      }
      summary={<HeatSummary title={title} points={points} le={le} />}
    >
      <Plot
        id={`${lines.map((line) => `${line.label}/${line.colour}`).join('|')}${height}`}
        looks={looks}
        input={input}
        data={data}
        label={`${title}, exchanges by latency`}
        describe={describe}
      />
    </ChartFrame>
  );
}

interface HeatImage {
  /** the highest count of a drawn cell */
  max: number;
  draw: (u: uPlot) => void;
}

/** The cells as one image of a pixel each, which the canvas stretches; made again only for other data, width or theme. `end`: of the last point, ms */
function useHeatImage(points: readonly HeatmapPoint[], le: readonly number[], end: number): HeatImage {
  const held = useRef<{ key: string; points: readonly HeatmapPoint[]; canvas: HTMLCanvasElement } | null>(null);
  const max = useMemo(() => maxCount(joinColumns(points, le.length, 1000)), [points, le]);
  return {
    max,
    draw: (u) => {
      if (points.length === 0 || le.length === 0) return;
      const [from, to] = [token('--heat-0'), token('--heat-1')];
      const places = Math.min(points.length, Math.round(u.bbox.width));
      const key = `${places}/${from}/${to}`;
      if (held.current?.key !== key || held.current.points !== points)
        held.current = { key, points, canvas: paint(joinColumns(points, le.length, places), le.length, ramp(from, to, LEVELS)) };
      const left = u.valToPos(points[0]?.t ?? 0, 'x', true);
      const right = u.valToPos(end, 'x', true);
      u.ctx.save();
      // The axis is of all charts: for a moment it can be that of a newer answer, while the cells are of the one before.
      u.ctx.beginPath();
      u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
      u.ctx.clip();
      u.ctx.imageSmoothingEnabled = false;
      u.ctx.drawImage(held.current.canvas, left, u.bbox.top, right - left, u.bbox.height);
      u.ctx.restore();
    },
  };
}

function paint(columns: readonly Float64Array[], rows: number, colours: Uint32Array): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = columns.length;
  canvas.height = rows;
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  const pixels = context.createImageData(columns.length, rows);
  const packed = new Uint32Array(pixels.data.buffer);
  const max = maxCount(columns);
  columns.forEach((column, x) => {
    for (let row = 0; row < rows; row++) {
      const level = levelOf(column[row] ?? 0, max, LEVELS);
      if (level > 0) packed[(rows - 1 - row) * columns.length + x] = colours[level] ?? 0;
    }
  });
  context.putImageData(pixels, 0, 0);
  return canvas;
}

const HeatSummary = memo(function HeatSummary({ title, points, le }: Pick<HeatmapProps, 'title' | 'points' | 'le'>) {
  const totals = useMemo(() => joinColumns(points, le.length, 1)[0] ?? new Float64Array(), [points, le]);
  return (
    <table>
      <caption>{title}: exchanges of the whole range by latency</caption>
      <thead>
        <tr>
          <th scope="col">Up to</th>
          <th scope="col">Exchanges</th>
        </tr>
      </thead>
      <tbody>
        {le.map((bound, row) => (
          <tr key={bound}>
            <th scope="row">{formatMs(bound)}</th>
            <td>{formatCount(totals[row] ?? 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
});
