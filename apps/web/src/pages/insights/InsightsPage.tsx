import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { Loading } from '../../components/Loading.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { countOf } from '../../format/numbers.ts';
import { AskInsight } from '../../insights/AskInsight.tsx';
import { newestFirst, worstFirst, severityOf, TRIGGERS, type Insight } from '../../insights/insight.ts';
import { useGateway, useInsights } from '../../insights/use-insights.ts';
import { useSetRange } from '../../time/use-range.ts';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { GatewayStrip } from './GatewayStrip.tsx';
import { ClosedCard, useFocusOnCard } from './InsightCard.tsx';
import { OneInsight } from './OneInsight.tsx';
import './insights-page.css';

const SEVERITIES = [
  { id: '', label: 'All', hint: 'Of any severity' },
  { id: 'ticket', label: 'Ticket', hint: 'With a finding of severity ticket or page' },
  { id: 'page', label: 'Page', hint: 'With a finding of severity page' },
] as const;
const SOURCES = [
  { id: '', label: 'By rules or a model' },
  { id: 'rules', label: 'By rules' },
  { id: 'model', label: 'By a model' },
] as const;
const FILTERS = ['service', 'trigger', 'severity', 'source'] as const;

/** What does it mean? */
export default function InsightsPage() {
  const [service, trigger, severity, source] = [useParameter('service', ''), useParameter('trigger', ''), useParameter('severity', ''), useParameter('source', '')];
  const order = useParameter('order', 'newest');
  const id = useParameter('id', '');
  const update = useUpdateSearch();
  useFocusOnCard(id);
  const wanted = Object.fromEntries(Object.entries({ service, trigger, severity, source }).filter(([, value]) => value !== ''));
  const query = useInsights(wanted);
  const gateway = useGateway();
  const services = useServices(service);
  const narrowed = Object.keys(wanted).length > 0;
  return (
    <div className="page-grid">
      <PageHead
        title="Insights"
        tools={
          <>
            <select aria-label="Service" value={service} onChange={(e) => update({ service: e.target.value === '' ? null : e.target.value })}>
              <option value="">All services</option>
              {services.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
            <select aria-label="Made because" value={trigger} onChange={(e) => update({ trigger: e.target.value === '' ? null : e.target.value })}>
              <option value="">Any trigger</option>
              {Object.entries(TRIGGERS).map(([name, { word, hint }]) => (
                <option key={name} value={name} title={hint}>
                  {word}
                </option>
              ))}
            </select>
            <select aria-label="Source of findings" value={source} onChange={(e) => update({ source: e.target.value === '' ? null : e.target.value })}>
              {SOURCES.map((s) => (
                <option key={s.id} value={s.id}>
                  {s.label}
                </option>
              ))}
            </select>
            <select aria-label="Order" value={order} onChange={(e) => update({ order: e.target.value === 'newest' ? null : e.target.value })}>
              <option value="newest">Newest first</option>
              <option value="worst">Worst first</option>
            </select>
            <div className="segments" role="group" aria-label="Severity">
              {SEVERITIES.map((s) => (
                <button key={s.id} type="button" title={s.hint} aria-pressed={severity === s.id} onClick={() => update({ severity: s.id === '' ? null : s.id })}>
                  {s.label}
                </button>
              ))}
            </div>
            <AskInsight subject={service === '' ? {} : { service }} onAsked={(asked) => update({ id: asked, sent: null })} />
          </>
        }
      />
      {/* How high each part is nobody knows before, so they come together and push nothing away. */}
      {[query, gateway].some((q) => q.isPending && q.failureReason === null) ? (
        <Loading label="the insights" height={640} />
      ) : (
        <>
          {query.error?.code === 'insufficient_scope' ? null : <GatewayStrip query={gateway} />}
          <Answered query={query} what="the insights" height={480}>
            {({ data, next_cursor: more }) => {
              const listed = data.toSorted(order === 'worst' ? worstFirst : newestFirst);
              return (
                <>
                  {id === '' || data.some((i) => i.id === id) ? null : (
                    <section className="insight-linked" aria-label="The insight of this link">
                      <h2 className="section-head">The insight of this link</h2>
                      <OneInsight id={id} known={null} />
                    </section>
                  )}
                  <section aria-label="Insights of this range">
                    <h2 className="hidden-visually">In this range</h2>
                    {listed.length === 0 ? (
                      <None narrowed={narrowed} how={gateway.data?.processes.length === 0 ? gateway.data.how : null} />
                    ) : (
                      <>
                        <p className="insights-verdict">{verdict(listed)}</p>
                        <ul className="insight-cards">
                          {listed.map((insight) => (
                            <li key={insight.id}>{insight.id === id ? <OneInsight id={id} known={insight} /> : <ClosedCard insight={insight} now={query.dataUpdatedAt} />}</li>
                          ))}
                        </ul>
                        {more === undefined ? null : <p className="small quiet-text">The newest {listed.length} are listed; a shorter range shows the others.</p>}
                      </>
                    )}
                  </section>
                </>
              );
            }}
          </Answered>
        </>
      )}
    </div>
  );
}

/** Names to choose from: services with traffic, and the one that is chosen. */
function useServices(chosen: string): string[] {
  const services = useApi('/v1/services', { limit: 1000 });
  return [...new Set([...(services.data?.data.map((s) => s.service) ?? []), ...(chosen === '' ? [] : [chosen])])].toSorted();
}

function verdict(insights: readonly Insight[]): string {
  const pages = insights.filter((i) => severityOf(i) === 'page').length;
  const findings = insights.reduce((n, i) => n + i.findings.length, 0);
  return `${countOf(insights.length, 'insight')} with ${countOf(findings, 'finding')}${pages === 0 ? '' : `; ${pages === insights.length ? (pages === 1 ? 'it is' : 'all are') : `${pages} of them ${pages === 1 ? 'is' : 'are'}`} of severity page`}.`;
}

function None({ narrowed, how }: { narrowed: boolean; how: string | null }) {
  const setRange = useSetRange();
  const update = useUpdateSearch();
  if (narrowed)
    return (
      <EmptyBox title="No insight of this kind in this range">
        <p className="insights-actions">
          <button type="button" onClick={() => update(Object.fromEntries(FILTERS.map((name) => [name, null])))}>
            Show all
          </button>
        </p>
      </EmptyBox>
    );
  return (
    <EmptyBox title="No insight in this range">
      <p>
        One is made when alerts of a service or a host open, at the end of every hour, and when somebody asks. It rests on closed windows, so it is about a minute behind.{' '}
        {how ?? ''}
      </p>
      <p className="insights-actions">
        <button type="button" onClick={() => setRange({ from: 'now-24h', to: 'now' })}>
          Last 24 hours
        </button>
      </p>
    </EmptyBox>
  );
}
