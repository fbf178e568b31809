import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTheme } from '../shell/theme.ts';
import { plotOptions, type PlotInput, type PlotLooks } from './plot-options.ts';
import './charts.css';

export interface PlotProps {
  /** A plot is built anew when this changes; all else it is told. */
  id: string;
  looks: PlotLooks;
  input: PlotInput;
  data: uPlot.AlignedData;
  label: string;
  /** what is at a point, for those who do not see it */
  describe: (index: number) => string;
}

/**
 * uPlot in React. To the keyboard and to screen readers it is a slider over the points: arrows move the cursor of all
 * charts of the page, Shift with arrows selects, Enter zooms into the selection, Escape lets go.
 */
export function Plot({ id, looks, input, data, label, describe }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ input, looks, data });
  const theme = useTheme();
  const [at, setAt] = useState<number | null>(null);
  const anchor = useRef<number | null>(null);

  useLayoutEffect(() => {
    latest.current = { input, looks, data };
  });

  useLayoutEffect(() => {
    const place = box.current;
    if (place === null) return;
    const u = new uPlot(
      plotOptions(latest.current.looks, Math.max(160, place.clientWidth), () => latest.current.input),
      latest.current.data,
      place,
    );
    plot.current = u;
    const observer = new ResizeObserver(() => {
      const width = Math.max(160, place.clientWidth);
      if (width !== u.width) u.setSize({ width, height: u.height });
    });
    observer.observe(place);
    return () => {
      observer.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [id]);

  useEffect(() => plot.current?.setData(data, true), [data, input.start, input.end, input.band]);
  useEffect(() => plot.current?.redraw(false, true), [theme, input.arrivingFrom, input.marks]);

  const points = data[0].length;
  const moveTo = (u: uPlot, index: number, select: boolean) => {
    const from = anchor.current ?? at ?? index;
    anchor.current = select ? from : null;
    setAt(index);
    const left = u.valToPos(u.data[0][index] ?? 0, 'x');
    u.setCursor({ left, top: u.over.clientHeight / 2 });
    const edge = u.valToPos(u.data[0][from] ?? 0, 'x');
    u.setSelect(select ? { left: Math.min(left, edge), top: 0, width: Math.abs(left - edge), height: u.over.clientHeight } : { left: 0, top: 0, width: 0, height: 0 }, false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const u = plot.current;
    if (u === null || points === 0) return;
    const now = at ?? points - 1;
    const target: Readonly<Record<string, number>> = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      PageUp: now - Math.ceil(points / 10),
      PageDown: now + Math.ceil(points / 10),
      Home: 0,
      End: points - 1,
    };
    const next = target[event.key];
    if (next !== undefined) moveTo(u, Math.min(points - 1, Math.max(0, next)), event.shiftKey);
    else if (event.key === 'Enter' && anchor.current !== null && at !== null && latest.current.input.onZoom) {
      const times = [u.data[0][anchor.current] ?? 0, u.data[0][at] ?? 0].sort((a, b) => a - b);
      anchor.current = null;
      latest.current.input.onZoom(times[0] ?? 0, times[1] ?? 0);
    } else if (event.key === 'Escape') {
      anchor.current = null;
      setAt(null);
      u.setCursor({ left: -10, top: -10 });
      u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    } else return;
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      className="plot"
      style={{ height: looks.height }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, points - 1)}
      aria-valuenow={at ?? Math.max(0, points - 1)}
      aria-valuetext={points === 0 ? 'no data' : describe(Math.min(at ?? points - 1, points - 1))}
      onKeyDown={onKeyDown}
    />
  );
}
