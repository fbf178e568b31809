import { useState } from 'react';
import { tell } from '../api/problem.ts';
import { resolveRange } from '../time/range.ts';
import { useRange } from '../time/use-range.ts';
import { PageLink } from '../url/PageLink.tsx';
import { ASK_STATES, windowOf } from './ask.ts';
import { aboutText, isOver, type Insight, type Subject } from './insight.ts';
import { useAsk, useInsight, useWhyNoAsking } from './use-insights.ts';
import './insights.css';

interface Props {
  /** empty: the fleet */
  subject: Subject;
  /** in place of the page's range, ms */
  window?: { start: number; end: number };
  /** shown elsewhere from then on */
  onAsked?: (id: string) => void;
}

/**
 * Asks for an insight on what the page shows, over its range, and says how far it is; the end is a link to it. One place of one width,
 * so that nothing beside it moves.
 */
export function AskInsight({ subject, window, onAsked }: Props) {
  const { range } = useRange();
  const why = useWhyNoAsking();
  const ask = useAsk();
  const [id, setId] = useState('');
  const [cut, setCut] = useState(false);
  const asked = useInsight(id).data;
  if (why !== null && why !== undefined)
    return (
      <span className="ask small quiet-text" title={why}>
        No right to ask for insights
      </span>
    );
  const submit = () => {
    const now = Date.now();
    const whole = window ?? resolveRange(range, now);
    if (whole === null) return;
    const { start, end, cut: shortened } = windowOf(whole, now);
    setCut(shortened);
    ask.mutate(
      { ...subject, start, end },
      {
        onSuccess: (insight) => {
          setId(insight.id);
          onAsked?.(insight.id);
        },
      },
    );
  };
  const about = aboutText(subject);
  const state = asked === undefined ? null : stateText(asked);
  return (
    <span className="ask">
      {asked !== undefined && onAsked === undefined && isOver(asked) ? (
        <PageLink to="/insights" search={{ id: asked.id }} className="button ask-button">
          {asked.state === 'failed' ? 'It failed: why' : 'Open the insight'}
        </PageLink>
      ) : (
        <button
          type="button"
          className="ask-button"
          disabled={why === undefined || ask.isPending || (asked !== undefined && !isOver(asked))}
          title={`What do the figures of ${about} mean? Over the time range of this page`}
          onClick={submit}
        >
          {asked !== undefined && !isOver(asked) ? state : ask.isPending ? 'Asking…' : 'Ask for an insight'}
        </button>
      )}
      <span role="status" className="hidden-visually">
        {state === null ? '' : `Insight on ${about}: ${state}`}
      </span>
      {ask.error !== null ? (
        <span role="alert" className="ask-said field-problem small">
          {tell(ask.error, 'what was asked for').text}
        </span>
      ) : cut && id !== '' && onAsked === undefined ? (
        <span className="ask-said small">The range is longer than a day, so it is about its last day.</span>
      ) : null}
    </span>
  );
}

function stateText(insight: Insight): string {
  if (insight.state === 'queued' || insight.state === 'running') return ASK_STATES[insight.state];
  if (insight.state === 'failed') return 'failed';
  return isOver(insight) ? 'done' : 'The model is asked…';
}
