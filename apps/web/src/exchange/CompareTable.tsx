import { useMemo, type ReactNode } from 'react';
import { diffHeaders, varying, type DiffLine } from './diff.ts';
import { hasResponse, headersOf, type Exchange } from './exchange.ts';
import { pairFacts } from './facts.ts';
import { HeaderValue } from './HeaderValue.tsx';
import './exchange.css';

interface Props {
  failed: Exchange;
  good: Exchange;
  /** what the right side is: a good exchange, or a slow one where there is no good one */
  goodLabel: string;
  /** all samples of one kind: a header whose values differ between the good ones anyway is said to */
  goods: readonly Exchange[];
  onlyDifferences: boolean;
}

const MARKS = { changed: '≠', only_left: '+', only_right: '−', same: '' } as const;

/** A failed exchange beside a good one, header by header in wire order, differences marked by sign, word and colour. */
export function CompareTable({ failed, good, goodLabel, goods, onlyDifferences }: Props): ReactNode {
  const facts = useMemo(() => pairFacts(failed, good), [failed, good]);
  return (
    <div className="x-scroll">
      <table className="x-table">
        <caption className="hidden-visually">Failed exchange beside a {goodLabel} one</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden-visually">Property</span>
            </th>
            <th scope="col">Failed</th>
            <th scope="col">{goodLabel === 'good' ? 'Good' : 'Slow, but good'}</th>
          </tr>
        </thead>
        <tbody>
          <GroupRow title="Exchange" />
          {facts
            .filter((f) => !onlyDifferences || f.differs)
            .map((f) => (
              <tr key={f.id} data-mark={f.differs ? 'changed' : 'same'}>
                <th scope="row">
                  <Mark sign={f.differs ? '≠' : ''} word={f.differs ? 'differs' : ''} />
                  {f.label}
                </th>
                <td data-label="failed">{f.left ?? <None />}</td>
                <td data-label={goodLabel}>{f.right ?? <None />}</td>
              </tr>
            ))}
        </tbody>
        <HeaderGroup title="Request headers" side="request" failed={failed} good={good} goods={goods} goodLabel={goodLabel} onlyDifferences={onlyDifferences} />
        <HeaderGroup title="Response headers" side="response" failed={failed} good={good} goods={goods} goodLabel={goodLabel} onlyDifferences={onlyDifferences} />
      </table>
    </div>
  );
}

function HeaderGroup({ title, side, failed, good, goods, goodLabel, onlyDifferences }: Props & { title: string; side: 'request' | 'response' }): ReactNode {
  const lines = useMemo(() => diffHeaders(headersOf(failed, side), headersOf(good, side)), [failed, good, side]);
  const anyway = useMemo(() => varying(goods.map((e) => headersOf(e, side))), [goods, side]);
  if (side === 'response' && !hasResponse(failed)) {
    return (
      <tbody>
        <GroupRow title={title} />
        <tr>
          <td colSpan={3} className="x-none">
            The failed one had no response; the good one was answered with {lines.length} {lines.length === 1 ? 'header' : 'headers'}.
          </td>
        </tr>
        {onlyDifferences ? null : lines.map((line, i) => <HeaderRow key={i} line={{ ...line, mark: 'same' }} usual={false} goodLabel={goodLabel} />)}
      </tbody>
    );
  }
  const told = lines.map((line, i) => ({ line, key: i, usual: line.mark === 'changed' && anyway.has((line.left ?? line.right)!.name.toLowerCase()) }));
  const shown = told.filter(({ line, usual }) => !onlyDifferences || ((line.mark !== 'same' || line.moved) && !usual));
  return (
    <tbody>
      <GroupRow title={title} />
      {shown.length === 0 ? (
        <tr>
          <td colSpan={3} className="x-none">
            {lines.length === 0 ? 'Neither has any.' : 'No difference.'}
          </td>
        </tr>
      ) : (
        shown.map(({ line, key, usual }) => <HeaderRow key={key} line={line} usual={usual} goodLabel={goodLabel} />)
      )}
    </tbody>
  );
}

function HeaderRow({ line, usual, goodLabel }: { line: DiffLine; usual: boolean; goodLabel: string }): ReactNode {
  const { left, right, mark, moved, casing } = line;
  const word = usual ? 'differs between good ones too' : mark === 'changed' ? 'differs' : mark === 'only_left' ? 'only failed' : mark === 'only_right' ? 'only good' : '';
  const notes = [usual ? 'differs between good ones too' : '', moved ? 'in another place' : '', casing ? `written ${right!.name} on the right` : ''].filter(Boolean);
  return (
    <tr data-mark={usual ? 'usual' : mark}>
      <th scope="row">
        <Mark sign={usual ? '≈' : MARKS[mark]} word={word} />
        {(left ?? right)!.name}
        {notes.length === 0 ? null : <span className="x-note">{notes.join(', ')}</span>}
      </th>
      <td data-label="failed">{left === null ? <Absent /> : <HeaderValue field={left} other={mark === 'changed' && !usual ? right : null} />}</td>
      <td data-label={goodLabel}>{right === null ? <Absent /> : <HeaderValue field={right} other={mark === 'changed' && !usual ? left : null} />}</td>
    </tr>
  );
}

function GroupRow({ title }: { title: string }): ReactNode {
  return (
    <tr className="x-group">
      <th scope="rowgroup" colSpan={3}>
        {title}
      </th>
    </tr>
  );
}

function Mark({ sign, word }: { sign: string; word: string }): ReactNode {
  return (
    <>
      <span className="x-mark" aria-hidden="true" title={word}>
        {sign}
      </span>
      {word === '' ? null : <span className="hidden-visually">{word}: </span>}
    </>
  );
}

function None(): ReactNode {
  return <span className="x-absent">none</span>;
}

function Absent(): ReactNode {
  return <span className="x-absent">not sent</span>;
}
