import type { Asked } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { visible } from '../../insights/text.ts';
import { gatewayFacts, troubleText } from './gateway.ts';

/** How asking the model is doing; without one, that nothing leaves, and how to have one. */
export function GatewayStrip({ query }: { query: Asked<'/v1/insight-gateway'> }) {
  return (
    <section className="gateway" aria-label="AI gateway">
      <Answered query={query} what="the state of the gateway" height={56}>
        {(answer) => {
          const facts = gatewayFacts(answer, query.dataUpdatedAt);
          const trouble = answer.configured ? troubleText(answer, query.dataUpdatedAt) : null;
          return (
            <>
              {facts.length === 0 ? (
                <p>No AI gateway is in use: findings are by rules alone, and nothing leaves this installation.</p>
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
              {trouble === null ? null : <p className="gateway-trouble">{trouble}</p>}
            </>
          );
        }}
      </Answered>
    </section>
  );
}
