import type { Alert } from '../alerts/alert.ts';
import { FindingLine } from './FindingLine.tsx';
import { findingsOnAlert } from './insight.ts';
import { useInsights } from './use-insights.ts';
import './insights.css';

/** What insights of the page's range say of an alert: the worst finding of the newest that looked at it, in a line that is always there. */
export function AlertInsight({ alert }: { alert: Pick<Alert, 'id'> }) {
  const query = useInsights({});
  const [cited] = query.data === undefined ? [] : findingsOnAlert(query.data.data, alert.id);
  return (
    <div className="cited" data-alone aria-busy={query.isLoading}>
      {cited !== undefined ? (
        <FindingLine cited={cited} now={query.dataUpdatedAt} />
      ) : (
        <span className="quiet-text cited-none">
          {query.data !== undefined ? 'No insight has looked at it in this range.' : query.error?.passing === false ? 'Insights cannot be read.' : ''}
        </span>
      )}
    </div>
  );
}
