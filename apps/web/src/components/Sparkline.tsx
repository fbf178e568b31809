import { useMemo } from 'react';
import { sparkPath, sparkSummary, thinned, type Reduce } from './sparkline.ts';
import './components.css';

const WIDTH = 120;
const HEIGHT = 28;
const PLACES = 60;

export interface SparklineProps {
  /** for readers: "Rate of checkout" */
  label: string;
  values: readonly (number | null)[];
  format: (value: number) => string;
  /** red is for errors alone */
  kind?: 'accent' | 'error';
  reduce?: Reduce;
  /** the top; rows that are to be compared share it. Left out: the highest value */
  max?: number;
}

/** A line of 120 by 28 from 0 up, without axes: shape, not figures. Those stand beside it. */
export function Sparkline({ label, values, format, kind = 'accent', reduce = 'mean', max }: SparklineProps) {
  const { path, text } = useMemo(() => {
    const thin = thinned(values, PLACES, reduce);
    const top = max ?? thin.reduce<number>((a, b) => Math.max(a, b ?? 0), 0);
    return { path: sparkPath(thin, top, WIDTH, HEIGHT), text: sparkSummary(label, values, format) };
  }, [values, reduce, max, label, format]);
  return (
    <svg className="spark" data-kind={kind} role="img" aria-label={text} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
      <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} />
      <path d={path} />
    </svg>
  );
}
