import { PageLink } from '../url/PageLink.tsx';
import { FindingLine } from './FindingLine.tsx';
import { findingsAbout, type Shown } from './insight.ts';
import { useInsightsBeside } from './use-insights.ts';
import './insights.css';

interface Props {
  /** what it is about, for the landmark's name and the empty line: `this service` */
  what: string;
  shown: Shown;
  /** the figures beside it are there: insights never keep them waiting */
  enabled: boolean;
  lines?: 1 | 2 | 3;
  /** in a frame of its own */
  framed?: boolean;
}

/** Findings whose evidence cites what is shown beside it, one a line. As high without any as with many. */
export function CitedStrip({ what, shown, enabled, lines = 2, framed }: Props) {
  const { insights, why, readAt, busy } = useInsightsBeside(shown.service === undefined ? {} : { service: shown.service }, enabled);
  const cited = insights === null ? null : findingsAbout(insights, shown);
  const left = (cited?.length ?? 0) - lines;
  return (
    <section className="cited" aria-label={`Insights on ${what}`} aria-busy={busy} data-lines={lines} data-framed={framed}>
      {cited === null ? (
        <span className="quiet-text cited-none">{why}</span>
      ) : (
        <>
          {cited.length === 0 ? <span className="quiet-text cited-none">No insight on {what} in this range.</span> : null}
          {cited.length === 0 && framed ? <span className="quiet-text cited-none">One is made when alerts open, at the end of every hour, and when somebody asks.</span> : null}
          {cited.slice(0, lines).map((c) => (
            <FindingLine key={`${c.insight.id} ${c.finding.id}`} cited={c} now={readAt} />
          ))}
          <PageLink to="/insights" search={shown.service === undefined ? {} : { service: shown.service }} className="text-link cited-all">
            {left > 0 ? `and ${left} more` : 'All insights'}
          </PageLink>
        </>
      )}
    </section>
  );
}
