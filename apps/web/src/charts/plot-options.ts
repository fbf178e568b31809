import uPlot from 'uplot';
import { formatClock, formatDay, formatSeconds } from '../format/times.ts';
import { token } from './colours.ts';

/** What a plot is told anew without being built anew. Times in ms. */
export interface PlotInput {
  start: number;
  end: number;
  /** from here on more may still come; null: all of it is final */
  arrivingFrom: number | null;
  /** stretches to be told apart, such as while an alert was open */
  marks?: readonly ChartMark[];
  /** what is usual, behind the values; in their unit */
  band?: ChartBand | null;
  onZoom: ((from: number, to: number) => void) | null;
  onCursor: (index: number | null, u: uPlot) => void;
}

export interface ChartMark {
  /** ms */
  from: number;
  /** ms; null: it goes on */
  to: number | null;
  label: string;
}

export interface ChartBand {
  low: number;
  high: number;
}

/** The y axis has this width on every chart, so that times stand under each other. px */
export const Y_AXIS_WIDTH = 64;
export const X_AXIS_HEIGHT = 28;
const SMALLEST_BRUSH_PX = 4;

const DAY_MS = 86_400_000;

function timeLabels(u: uPlot, splits: number[]): string[] {
  const [first = 0, second = first] = splits;
  const apart = second - first;
  const long = (u.scales['x']?.max ?? 0) - (u.scales['x']?.min ?? 0) > DAY_MS * 1.5;
  return splits.map((ms) => {
    if (apart >= DAY_MS) return formatDay(ms);
    if (apart < 60_000) return formatSeconds(ms);
    return long && new Date(ms).getHours() === 0 && new Date(ms).getMinutes() === 0 ? formatDay(ms) : formatClock(ms);
  });
}

function shadeArriving(u: uPlot, input: PlotInput): void {
  if (input.arrivingFrom === null || input.arrivingFrom >= input.end) return;
  const x = Math.max(u.valToPos(input.arrivingFrom, 'x', true), u.bbox.left);
  u.ctx.save();
  u.ctx.fillStyle = token('--arriving');
  u.ctx.fillRect(x, u.bbox.top, u.bbox.left + u.bbox.width - x, u.bbox.height);
  u.ctx.restore();
}

/** Each from its beginning, which has a line and a flag, to its end; in the colour of what needs attention, as red is for errors. */
function drawMarks(u: uPlot, { marks = [], start, end }: PlotInput): void {
  const { left, top, width, height } = u.bbox;
  const x = (ms: number) => Math.min(left + width, Math.max(left, u.valToPos(ms, 'x', true)));
  const px = devicePixelRatio;
  u.ctx.save();
  for (const { from, to } of marks) {
    if (from >= end || (to ?? end) <= start) continue;
    const colour = token('--warn');
    u.ctx.fillStyle = `${colour}17`;
    u.ctx.fillRect(x(from), top, Math.max(px, x(to ?? end) - x(from)), height);
    if (from < start) continue;
    u.ctx.fillStyle = colour;
    u.ctx.fillRect(x(from), top, px, height);
    u.ctx.beginPath();
    u.ctx.moveTo(x(from), top);
    u.ctx.lineTo(x(from) + 7 * px, top);
    u.ctx.lineTo(x(from), top + 8 * px);
    u.ctx.fill();
  }
  u.ctx.restore();
}

function drawBand(u: uPlot, { band }: PlotInput): void {
  if (!band) return;
  const { left, top, width, height } = u.bbox;
  const y = (value: number) => Math.min(top + height, Math.max(top, u.valToPos(value, 'y', true)));
  const colour = token('--series-rest');
  u.ctx.save();
  u.ctx.fillStyle = `${colour}26`;
  u.ctx.fillRect(left, y(band.high), width, y(band.low) - y(band.high));
  u.ctx.fillStyle = `${colour}80`;
  for (const edge of [band.high, band.low]) u.ctx.fillRect(left, y(edge), width, devicePixelRatio);
  u.ctx.restore();
}

/** A brush is passed on to every chart that shares the cursor, and each of them reports it; one report is enough. */
let zoomedAt = -Infinity;

function onSelect(u: uPlot, input: PlotInput): void {
  const { left, width } = u.select;
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (width < SMALLEST_BRUSH_PX || input.onZoom === null || performance.now() - zoomedAt < 100) return;
  zoomedAt = performance.now();
  input.onZoom(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
}

export interface PlotLooks {
  height: number;
  sync: string;
  series: uPlot.Series[];
  /** `from zero`: up to the highest value, or what is usual where that is higher */
  yScale: uPlot.Scale | 'from zero';
  /** labels of the y axis, and where they stand (left out: where uPlot puts them) */
  yLabels: (splits: number[]) => string[];
  ySplits?: (u: uPlot) => number[];
  yCursor: boolean;
  drawUnder?: (u: uPlot) => void;
}

function fromZero(input: () => PlotInput): uPlot.Scale {
  return {
    range: (_u, _min, max) => {
      const top = Math.max(max ?? 0, input().band?.high ?? 0);
      return [0, top > 0 ? top * 1.1 : 1];
    },
  };
}

/** Options of every chart over time: the shared axis and cursor, the brush, the band of what still arrives. */
export function plotOptions(looks: PlotLooks, width: number, input: () => PlotInput): uPlot.Options {
  const font = `12px ${token('--font')}`;
  const axis = { font, stroke: () => token('--ink-3'), grid: { stroke: () => token('--grid'), width: 1 }, ticks: { show: false } };
  return {
    width,
    height: looks.height,
    ms: 1,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    scales: { x: { time: true, range: () => [input().start, input().end] }, y: looks.yScale === 'from zero' ? fromZero(input) : looks.yScale },
    axes: [
      { ...axis, size: X_AXIS_HEIGHT, space: 72, gap: 6, values: timeLabels },
      {
        ...axis,
        size: Y_AXIS_WIDTH,
        space: 28,
        gap: 8,
        values: (_, splits) => looks.yLabels(splits),
        ...(looks.ySplits ? { splits: looks.ySplits } : {}),
      },
    ],
    series: [{}, ...looks.series],
    cursor: {
      x: true,
      y: looks.yCursor,
      drag: { x: true, y: false, setScale: false, dist: SMALLEST_BRUSH_PX },
      points: { size: 6, width: 1 },
      sync: { key: looks.sync, setSeries: false, scales: ['x', null] },
      bind: { dblclick: () => null },
    },
    hooks: {
      drawAxes: [(u) => looks.drawUnder?.(u), (u) => drawBand(u, input()), (u) => drawMarks(u, input()), (u) => shadeArriving(u, input())],
      setSelect: [(u) => onSelect(u, input())],
      setCursor: [(u) => input().onCursor(u.cursor.idx ?? null, u)],
    },
  };
}
