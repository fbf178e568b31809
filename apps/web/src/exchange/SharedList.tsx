import type { ReactNode } from 'react';
import type { Shared, SharedAnswer } from './shared.ts';
import './exchange.css';

const SIDE: Readonly<Record<Shared['side'], string>> = { request: 'asked with', exchange: 'came as', response: 'answered with' };
const FEW = 8;

const samples = (n: number, kind: string): string => `${n} ${kind} ${n === 1 ? 'sample' : 'samples'}`;

/** What do the broken ones share? Said with how many samples that rests on. */
export function SharedList({ answer }: { answer: SharedAnswer }): ReactNode {
  const { shared, failed, good } = answer;
  const basis = `${samples(failed, 'failed')} and ${samples(good, 'good')}`;
  const causes = shared.filter((s) => s.side !== 'response');
  const effects = shared.filter((s) => s.side === 'response');
  return (
    <div className="x-shared">
      {shared.length === 0 ? (
        <p>Nothing that is known sets them apart: no header or property is in most of the failed samples and in none of the good ones. Rests on {basis}.</p>
      ) : (
        <>
          <p className="quiet-text">
            In most of the failed samples and in none of the good ones. Rests on {basis}
            {failed + good < 6 ? ', so take it as a hint' : ''}.
          </p>
          {causes.length === 0 ? <p>Nothing they were asked with; only the answers differ.</p> : <List items={causes} failed={failed} good={good} />}
          {effects.length === 0 ? null : (
            <details open={causes.length === 0}>
              <summary>
                {effects.length} {effects.length === 1 ? 'property' : 'properties'} of the answers, which may be the failure itself
              </summary>
              <List items={effects} failed={failed} good={good} />
            </details>
          )}
        </>
      )}
    </div>
  );
}

function List({ items, failed, good }: { items: readonly Shared[]; failed: number; good: number }): ReactNode {
  return (
    <ul>
      {items.slice(0, FEW).map((s) => (
        <li key={`${s.side} ${s.name} ${s.kind} ${s.text}`}>
          <span className="x-strength" title={`${s.failed} of ${failed} failed, ${s.good} of ${good} good`}>
            {s.failed} of {failed}
            <span className="hidden-visually"> failed, none of {good} good:</span>
          </span>
          <span>
            <span className="x-side">{SIDE[s.side]}</span> <strong>{s.name}</strong>{' '}
            {s.kind === 'absent' ? 'not sent' : s.kind === 'present' ? 'sent' : <span className={s.kind === 'value' ? 'x-text' : undefined}>{s.text}</span>}
          </span>
        </li>
      ))}
      {items.length > FEW ? <li className="quiet-text">and {items.length - FEW} more, marked below</li> : null}
    </ul>
  );
}
