import type { ReactNode } from 'react';
import type { SeriesColour } from './colours.ts';
import './charts.css';

export interface LegendEntry {
  label: string;
  colour: SeriesColour;
  dashed: boolean;
  /** what is under the cursor, or the figure of the whole range */
  value: string;
}

export interface ChartFrameProps {
  title: string;
  /** the time under the cursor; empty while there is none */
  time: string;
  legend: readonly LegendEntry[];
  /** beside the legend: a scale of colours, a choice */
  extra?: ReactNode;
  /** the text alternative */
  summary: ReactNode;
  children: ReactNode;
}

/** Title, legend with the values under the cursor, the plot, and the same in words. Its height does not depend on what is hovered. */
export function ChartFrame({ title, time, legend, extra, summary, children }: ChartFrameProps) {
  return (
    <figure className="chart" aria-label={title}>
      <figcaption className="chart-head">
        <h2>{title}</h2>
        <ul className="chart-legend">
          {legend.map((entry) => (
            <li key={entry.label}>
              <span className="swatch" data-colour={entry.colour} data-dashed={entry.dashed || undefined} aria-hidden="true" />
              {entry.label} <span className="chart-value">{entry.value}</span>
            </li>
          ))}
        </ul>
        {extra}
        <span className="chart-time">{time}</span>
      </figcaption>
      {children}
      <div className="hidden-visually">{summary}</div>
    </figure>
  );
}
