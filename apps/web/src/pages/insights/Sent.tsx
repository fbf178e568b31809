import { useState } from 'react';
import { Answered } from '../../components/Answered.tsx';
import { copyText } from '../../components/table/index.ts';
import { formatBytes } from '../../format/numbers.ts';
import { formatInstant } from '../../format/times.ts';
import type { Insight, SentAnswer } from '../../insights/insight.ts';
import { indented, visible } from '../../insights/text.ts';
import { costText } from '../../insights/words.ts';
import { useSent } from '../../insights/use-insights.ts';

/** Everything that left for an insight and what came back, to the byte; as text, which nothing runs or renders. */
export function Sent({ insight }: { insight: Insight }) {
  const query = useSent(insight.id, true);
  return (
    <section className="sent" aria-label="What was sent">
      <Answered query={query} what="what was sent" height={320}>
        {(sent) => <Shown sent={sent} insight={insight} />}
      </Answered>
    </section>
  );
}

function Shown({ sent, insight }: { sent: SentAnswer; insight: Insight }) {
  const { model } = insight;
  const cost = costText(model);
  const facts = [
    ['To', `${visible(sent.gateway)} at ${visible(sent.host)}, model ${visible(sent.model)}`],
    ['When', formatInstant(Date.parse(sent.sent_at))],
    ['Cost', cost === '' ? 'not said' : cost],
    ...(model.request_id === null ? [] : [['Request of the gateway', visible(model.request_id)]]),
    ['SHA-256 of the input', sent.input_sha256],
  ] as const;
  return (
    <div className="sent-grid">
      {sent.insight === insight.id ? null : <p>It was sent for an earlier insight on the very same figures; nothing was sent again for this one.</p>}
      <dl className="sent-facts">
        {facts.map(([label, text]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p className="small quiet-text">Keys and headers of the connection are not kept. Characters that cannot be seen are shown as ‹U+…›; what is copied has them as they are.</p>
      {sent.requests.map(({ at, body, status, answer, error }, i) => {
        const which = sent.requests.length === 1 ? '' : ` ${i + 1}`;
        return (
          <div key={i} className="sent-pair">
            <Exact title={`Request${which}`} note={`${formatInstant(Date.parse(at))}, ${sizeOf(body)}`} text={body} />
            {answer === null ? (
              <p>
                <strong>No answer{which === '' ? '' : ` to request${which}`}.</strong> {error === null ? '' : visible(error)}
              </p>
            ) : (
              <Exact
                title={`Answer${which}`}
                note={`${status === null ? '' : `status ${status}, `}${sizeOf(answer)}${error === null ? '' : `; ${visible(error)}`}`}
                text={answer}
              />
            )}
          </div>
        );
      })}
      <Exact
        title="The input, indented for reading"
        note="what the model was told of the fleet; it stands in the request as one text"
        text={indented(sent.input)}
        copy={sent.input}
      />
      <Aliases aliases={sent.aliases} />
    </div>
  );
}

const sizeOf = (text: string): string => formatBytes(new Blob([text]).size);

/** A text as it is, wrapped, with a button that copies it to the byte. */
function Exact({ title, note, text, copy = text }: { title: string; note: string; text: string; copy?: string }) {
  const [said, setSaid] = useState('');
  return (
    <div className="exact">
      <div className="exact-head">
        <h4>{title}</h4>
        <span className="small quiet-text">{note}</span>
        <span role="status" className="small quiet-text">
          {said}
        </span>
        <button
          type="button"
          aria-label={`Copy: ${title}`}
          onClick={() => void copyText(copy).then((ok) => setSaid(ok ? 'Copied' : 'The browser did not allow copying; select the text instead'))}
        >
          Copy
        </button>
      </div>
      <pre tabIndex={0} role="region" aria-label={title} dir="ltr">
        {visible(text)}
      </pre>
    </div>
  );
}

/** What the ids of the input stand for. It never left. */
function Aliases({ aliases }: { aliases: SentAnswer['aliases'] }) {
  const rows = Object.entries(aliases);
  if (rows.length === 0) return <p className="quiet-text">No name was replaced by an alias.</p>;
  return (
    <div className="aliases-box" tabIndex={0} role="region" aria-label="Aliases">
      <table className="aliases">
        <caption>What the aliases stand for; this table was not sent</caption>
        <thead>
          <tr>
            <th scope="col">Alias</th>
            <th scope="col">Kind</th>
            <th scope="col">Stands for</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([id, place]) => (
            <tr key={id}>
              <th scope="row">
                <code>{visible(id)}</code>
              </th>
              <td>{place.kind}</td>
              <td>
                <bdi>{visible(place.label)}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
