import type { ReactNode } from 'react';
import type { HeaderField } from './exchange.ts';
import { shownValue } from './value.ts';
import './exchange.css';

interface Props {
  field: HeaderField;
  /** the value on the other side of a comparison: what differs is marked */
  other?: HeaderField | null;
}

/** A header's value as what it is: the value, or what the host let leave in its place. */
export function HeaderValue({ field, other = null }: Props): ReactNode {
  const shown = shownValue(field);
  switch (shown.kind) {
    case 'text': {
      const against = other === null ? null : shownValue(other);
      return <span className="x-text">{against?.kind === 'text' ? <Differing text={shown.text} other={against.text} /> : shown.text}</span>;
    }
    case 'empty':
      return <span className="x-withheld">empty</span>;
    case 'present':
      return (
        <span className="x-withheld" title="The policy of the host keeps this value there; only that the header was sent is known">
          present, value withheld
        </span>
      );
    case 'shape':
      return (
        <span>
          <span className="x-text">{shown.text}</span> <span className="x-withheld">shape of the value</span>
        </span>
      );
    case 'secret': {
      const against = other === null ? null : shownValue(other);
      const known = against?.kind === 'secret' ? new Set(against.facts.map((f) => `${f.id} ${f.key}`)) : null;
      return (
        <span className="x-facts">
          {shown.facts.map((fact) => (
            <span key={`${fact.id} ${fact.key}`} className="x-fact" data-differs={(known !== null && !known.has(`${fact.id} ${fact.key}`)) || undefined}>
              {fact.id === 'scheme' ? null : <span className="x-label">{fact.label} </span>}
              <span className={fact.id === 'fingerprint' ? 'x-text' : undefined}>{fact.text}</span>
            </span>
          ))}
        </span>
      );
    }
  }
}

/** Marks what lies between the common beginning and the common end, where the two have enough in common. */
function Differing({ text, other }: { text: string; other: string }): ReactNode {
  if (text === other) return text;
  const most = Math.min(text.length, other.length);
  let head = 0;
  while (head < most && text[head] === other[head]) head++;
  let tail = 0;
  while (tail < most - head && text[text.length - 1 - tail] === other[other.length - 1 - tail]) tail++;
  if (head + tail < text.length / 4 || head + tail === text.length) return text;
  return (
    <>
      {text.slice(0, head)}
      <mark>{text.slice(head, text.length - tail)}</mark>
      {text.slice(text.length - tail)}
    </>
  );
}
