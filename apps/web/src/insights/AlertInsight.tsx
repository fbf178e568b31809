import type { Alert } from '../alerts/alert.ts';
import { FindingLine } from './FindingLine.tsx';
import { findingsOnAlert } from './insight.ts';
import { useInsightsBeside } from './use-insights.ts';
import './insights.css';

/** What insights of the page's range say of an alert: the worst finding of the newest that looked at it, in a line that is always there. */
export function AlertInsight({ alert }: { alert: Pick<Alert, 'id' | 'title'> }) {
  const { insights, why, readAt, busy } = useInsightsBeside({});
  const [cited] = insights === null ? [] : findingsOnAlert(insights, alert.id);
  return (
    <div className="cited" data-alone aria-busy={busy}>
      {cited !== undefined ? (
        <FindingLine cited={cited} now={readAt} said={alert.title} />
      ) : (
        <span className="quiet-text cited-none">{insights === null ? why : 'No insight has looked at it in this range.'}</span>
      )}
    </div>
  );
}
