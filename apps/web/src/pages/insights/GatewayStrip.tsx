import type { Asked } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { useWhyNoAsking } from '../../insights/use-insights.ts';
import { visible } from '../../insights/text.ts';
import { gatewayFacts, troubleText } from './gateway.ts';

/** How asking the model is doing; without one, that nothing leaves, and how to have one. And who may not ask reads so. */
export function GatewayStrip({ query }: { query: Asked<'/v1/insight-gateway'> }) {
  const why = useWhyNoAsking();
  return (
    <section className="gateway" aria-label="AI gateway">
      <Answered query={query} what="the state of the gateway" height={56}>
        {(answer) => {
          const facts = gatewayFacts(answer, query.dataUpdatedAt);
          const trouble = answer.configured ? troubleText(answer, query.dataUpdatedAt) : null;
          return (
            <>
              {facts.length === 0 ? (
                <p>Findings are by rules alone, and nothing leaves this installation.</p>
              ) : (
                <dl className="gateway-facts">
                  {facts.map(({ label, text }) => (
                    <div key={label}>
                      <dt>{label}</dt>
                      <dd>{text}</dd>
                    </div>
                  ))}
                </dl>
              )}
              {answer.how === null ? null : <p className="quiet-text">{visible(answer.how)}</p>}
              {answer.accepts_requests ? null : (
                <p className="quiet-text">Insights cannot be asked for here: the API was not told the bus that takes requests (its setting bus).</p>
              )}
              {typeof why === 'string' ? <p className="quiet-text">{why}</p> : null}
              {trouble === null ? null : <p className="gateway-trouble">{trouble}</p>}
            </>
          );
        }}
      </Answered>
    </section>
  );
}
