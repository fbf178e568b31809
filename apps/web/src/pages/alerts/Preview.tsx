import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { subjectText } from '../../alerts/alert.ts';
import { alertFigures } from '../../alerts/figures.ts';
import { post } from '../../api/client.ts';
import type { ApiProblem } from '../../api/problem.ts';
import type { components } from '../../api/types.generated.ts';
import { Answered } from '../../components/Answered.tsx';
import { Quality } from '../../components/Quality.tsx';
import { formatLength, formatSince } from '../../format/times.ts';
import type { Rule } from './rule-words.ts';

type PreviewAnswer = components['schemas']['AlertRulePreview'];

const MOST = 12;
const LAST_DAY = 'now-1d';

/** What the rule would have done in the last day. Changes nothing. */
export function Preview({ rule, changed }: { rule: Rule; changed: boolean }) {
  const query = useQuery<PreviewAnswer, ApiProblem>({
    queryKey: ['/v1/alert-rules/preview', rule],
    queryFn: async ({ signal }) => (await post('/v1/alert-rules/preview', { rule, start: LAST_DAY }, signal)) as PreviewAnswer,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
  return (
    <section className="try-preview" aria-label="Preview" aria-live="polite">
      <Answered query={query} what="the preview" height={88}>
        {(answer) => (
          <>
            <p className="alerts-verdict">
              {changed ? 'With these figures it' : 'It'} would{' '}
              {answer.fired === 0 ? (
                <strong>not have fired</strong>
              ) : (
                <>
                  have fired <strong>{answer.fired === 1 ? 'once' : `${answer.fired}\u00a0times`}</strong>
                </>
              )}{' '}
              in the last day.
            </p>
            {answer.data.length === 0 ? null : (
              <ul className="preview-list">
                {answer.data.slice(0, MOST).map((a) => (
                  <li key={`${a.opened_at} ${subjectText(a.subject)}`}>
                    <span className="preview-when">{formatSince(Date.parse(a.opened_at), query.dataUpdatedAt)}</span>
                    <span className="preview-long">
                      {a.resolved_at === null ? 'still open' : `for ${formatLength((Date.parse(a.resolved_at) - Date.parse(a.opened_at)) / 1000)}`}
                    </span>
                    <span
                      title={alertFigures(a.values, {})
                        .map((f) => `${f.label} ${f.opened}`)
                        .join(', ')}
                    >
                      {a.title}
                    </span>
                  </li>
                ))}
              </ul>
            )}
            {answer.data.length > MOST ? <p className="small quiet-text">And {answer.data.length - MOST} more.</p> : null}
            <Quality quality={answer.quality} />
          </>
        )}
      </Answered>
    </section>
  );
}
