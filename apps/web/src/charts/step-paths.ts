import type uPlot from 'uplot';

/**
 * Every value as a level as wide as its window, from its own start to the next one's: nothing is joined over a gap, and a
 * value between two gaps can be seen. uPlot's own stepped paths leave out the last window before a gap.
 */
export function stepPaths(filled: boolean): uPlot.Series.PathBuilder {
  return (u, seriesIndex, from, to) => {
    const times = u.data[0];
    const values = u.data[seriesIndex] as (number | null | undefined)[];
    const apart = (times[1] ?? 0) - (times[0] ?? 0);
    const x = (i: number) => u.valToPos(times[i] ?? (times[i - 1] ?? 0) + apart, 'x', true);
    const ground = u.valToPos(u.scales['y']?.min ?? 0, 'y', true);
    const stroke = new Path2D();
    const fill = filled ? new Path2D() : null;
    let run = -1;
    for (let i = from; i <= to + 1; i++) {
      const value = i > to ? null : (values[i] ?? null);
      if (value !== null) {
        const y = u.valToPos(value, 'y', true);
        if (run < 0) {
          stroke.moveTo(x(i), y);
          fill?.moveTo(x(i), ground);
          run = i;
        } else stroke.lineTo(x(i), y);
        stroke.lineTo(x(i + 1), y);
        fill?.lineTo(x(i), y);
        fill?.lineTo(x(i + 1), y);
      } else if (run >= 0) {
        fill?.lineTo(x(i), ground);
        fill?.closePath();
        run = -1;
      }
    }
    return { stroke, fill, clip: null, band: null, flags: 0 };
  };
}
