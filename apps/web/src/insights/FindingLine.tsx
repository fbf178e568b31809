import { SeverityMark } from '../alerts/SeverityMark.tsx';
import { PageLink } from '../url/PageLink.tsx';
import { windowText, type Cited } from './insight.ts';
import { SourceMark } from './SourceMark.tsx';
import { visible } from './text.ts';
import './insights.css';

/** A finding in one line, cut where there is no room; it leads to its insight. `now` in ms; `said`: what stands above it already */
export function FindingLine({ cited: { insight, finding }, now, said }: { cited: Cited; now: number; said?: string }) {
  const title = visible(finding.title === said ? finding.what_changed : finding.title);
  return (
    <span className="finding-line">
      <SeverityMark severity={finding.severity} />
      <bdi className="finding-line-title" title={title}>
        <PageLink to="/insights" search={{ id: insight.id }} className="text-link">
          {title}
        </PageLink>
      </bdi>
      <SourceMark finding={finding} model={insight.model} />
      <span className="finding-line-when">{windowText(insight.window, now)}</span>
    </span>
  );
}
