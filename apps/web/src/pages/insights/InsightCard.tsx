import { useEffect, useRef } from 'react';
import { SeverityMark } from '../../alerts/SeverityMark.tsx';
import { formatInstant, formatSince } from '../../format/times.ts';
import { aboutText, isOver, severityOf, TRIGGERS, windowText, type Insight } from '../../insights/insight.ts';
import { SourceMark } from '../../insights/SourceMark.tsx';
import { visible } from '../../insights/text.ts';
import { modelText } from '../../insights/words.ts';
import { PageLink } from '../../url/PageLink.tsx';
import { useParameter, useSearch, useUpdateSearch } from '../../url/use-search.ts';
import { FindingView } from './FindingView.tsx';
import { Sent } from './Sent.tsx';

interface Props {
  insight: Insight;
  /** ms */
  now: number;
}

const SHOWN = 4;

/** Of its card, open or closed. */
const elementId = (id: string): string => `insight-${id}`;

/** What was pressed is gone when a card opens or closes: the keyboard goes on at the card that took its place. `id`: empty: none is open */
export function useFocusOnCard(id: string): void {
  const before = useRef(id);
  useEffect(() => {
    const was = before.current;
    before.current = id;
    if (was === id) return;
    const card = document.getElementById(elementId(id === '' ? was : id));
    (id === '' ? card?.querySelector('a') : card)?.focus();
  }, [id]);
}

/** What was found in a line each; a press opens the whole. */
export function ClosedCard({ insight, now }: Props) {
  const search = useSearch();
  const { findings } = insight;
  return (
    <article id={elementId(insight.id)} className="insight-card" data-severity={severityOf(insight) ?? undefined} data-closed aria-label={nameOf(insight, now)}>
      <div className="insight-head">
        <h3>
          <PageLink to="/insights" search={{ ...search, id: insight.id, sent: null }} className="insight-open">
            {aboutText(insight.subject)}
          </PageLink>
        </h3>
        <span className="quiet-text">{whenText(insight, now)}</span>
        <Progress insight={insight} />
      </div>
      {findings.length === 0 ? (
        <p className="quiet-text">{nothingText(insight)}</p>
      ) : (
        <ul className="insight-titles">
          {findings.slice(0, SHOWN).map((finding) => (
            <li key={finding.id}>
              <SeverityMark severity={finding.severity} />
              <bdi>{visible(finding.title)}</bdi>
              <SourceMark finding={finding} model={insight.model} />
            </li>
          ))}
          {findings.length > SHOWN ? <li className="quiet-text">and {findings.length - SHOWN} more</li> : null}
        </ul>
      )}
    </article>
  );
}

/** All of an insight: findings with their evidence, what became of the model, and what was sent where somebody wants to see it. */
export function OpenCard({ insight, now }: Props) {
  const update = useUpdateSearch();
  const sent = useParameter('sent', '') === '1';
  const model = modelText(insight.model);
  const { compared_with: before } = insight;
  return (
    <article id={elementId(insight.id)} tabIndex={-1} className="insight-card" data-severity={severityOf(insight) ?? undefined} aria-label={nameOf(insight, now)}>
      <div className="insight-head">
        <h3>{aboutText(insight.subject)}</h3>
        <span className="quiet-text">
          {whenText(insight, now)}
          {before === null ? '' : `, against ${windowText(before, now)}`}, made {formatSince(Date.parse(insight.updated_at), now)}
        </span>
        <Progress insight={insight} />
        <button type="button" className="quiet insight-close" onClick={() => update({ id: null, sent: null })}>
          Close
        </button>
      </div>
      <Notes insight={insight} />
      {insight.findings.length === 0 ? <p>{nothingText(insight)}</p> : insight.findings.map((f) => <FindingView key={f.id} finding={f} model={insight.model} />)}
      <div className="insight-model" data-kind={model.kind}>
        <p>
          <span className="insight-model-mark" aria-hidden="true">
            {model.kind === 'bad' ? '▲' : model.kind === 'good' ? '●' : '○'}
          </span>{' '}
          {model.text}
        </p>
        {insight.links.sent === null ? (
          <span className="small quiet-text">Nothing was sent</span>
        ) : (
          <button type="button" aria-expanded={sent} onClick={() => update({ sent: sent ? null : '1' })}>
            {sent ? 'Hide what was sent' : 'What was sent'}
          </button>
        )}
      </div>
      {sent && insight.links.sent !== null ? <Sent insight={insight} /> : null}
    </article>
  );
}

/** What the figures rest on, where something is to be said of it. */
function Notes({ insight: { alerts, requested_by: by, complete } }: { insight: Insight }) {
  if (alerts.length === 0 && by === null && complete) return null;
  return (
    <p className="quiet-text">
      {by === null ? '' : `Asked for by ${visible(by)}. `}
      {alerts.length === 0 ? '' : alerts.length === 1 ? 'It looks at ' : 'It looks at alerts '}
      {alerts.map((alert, i) => (
        <span key={alert}>
          {i > 0 ? ', ' : ''}
          <PageLink to="/alerts" search={{ id: alert }} className="text-link">
            {alerts.length === 1 ? 'the alert that was open' : String(i + 1)}
          </PageLink>
        </span>
      ))}
      {alerts.length === 0 ? '' : '. '}
      {complete ? '' : 'Something of the window was lost or not closed yet, so figures are bounds.'}
    </p>
  );
}

const nameOf = (insight: Insight, now: number): string => `Insight on ${aboutText(insight.subject)}, ${windowText(insight.window, now)}`;

function whenText({ window, trigger, created_at }: Insight, now: number) {
  return (
    <span title={`Made for ${formatInstant(Date.parse(window.start))} to ${formatInstant(Date.parse(window.end))}, queued ${formatInstant(Date.parse(created_at))}`}>
      {windowText(window, now)} · {TRIGGERS[trigger].word}
    </span>
  );
}

/** How far it is, while it is not over. */
function Progress({ insight }: { insight: Insight }) {
  const text =
    insight.state === 'queued'
      ? 'Waits its turn…'
      : insight.state === 'failed'
        ? 'Failed'
        : isOver(insight)
          ? ''
          : insight.findings.length > 0
            ? 'The model is asked…'
            : 'Being made…';
  return (
    <span role="status" className="insight-progress">
      {text}
    </span>
  );
}

function nothingText(insight: Insight): string {
  if (insight.state === 'failed') return `It could not be made. ${insight.failure === null ? '' : visible(insight.failure)}`.trim();
  if (!isOver(insight)) return 'Findings come here as they are made.';
  return 'Nothing stands out in these figures.';
}
