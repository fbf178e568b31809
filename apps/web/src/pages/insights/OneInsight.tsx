import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { useInsight } from '../../insights/use-insights.ts';
import type { Insight } from '../../insights/insight.ts';
import { useUpdateSearch } from '../../url/use-search.ts';
import { OpenCard } from './InsightCard.tsx';

/** The insight of the URL, followed while it is being made. `known`: as the list has it */
export function OneInsight({ id, known }: { id: string; known: Insight | null }) {
  const query = useInsight(id, known);
  const update = useUpdateSearch();
  if (query.error?.status === 404)
    return (
      <EmptyBox title="There is no such insight">
        <p>It was made longer ago than insights are kept, your login does not see what it is about, or the address is wrong.</p>
        <p className="insights-actions">
          <button type="button" onClick={() => update({ id: null, sent: null })}>
            Close
          </button>
        </p>
      </EmptyBox>
    );
  return (
    <Answered query={query} what="the insight" height={240}>
      {(one) => <OpenCard insight={known !== null && known.revision > one.revision ? known : one} now={query.dataUpdatedAt} />}
    </Answered>
  );
}
