import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Quality } from '../../components/Quality.tsx';
import { RoleSwitch, useRole, type Role } from '../../components/RoleSwitch.tsx';
import { AskInsight } from '../../insights/AskInsight.tsx';
import { CitedStrip } from '../../insights/CitedStrip.tsx';
import { NAVIGATION } from '../../shell/pages.ts';
import { useRange, useSetRange } from '../../time/use-range.ts';
import { PageLink } from '../../url/PageLink.tsx';
import { Callers } from './Callers.tsx';
import { Changes } from './Changes.tsx';
import { Clients } from './Clients.tsx';
import { expectedOf, type Expected } from './expected.ts';
import { Figures } from './Figures.tsx';
import { dayBefore, longOf, type LongExchanges } from './in-progress.ts';
import { Releases } from './Releases.tsx';
import { RouteFilter, useRouteFilter } from './RouteFilter.tsx';
import { Routes } from './Routes.tsx';
import { ServiceAlerts, useServiceAlerts } from './ServiceAlerts.tsx';
import { Statuses } from './Statuses.tsx';
import { NOTHING } from './nothing.ts';
import { TrafficCharts, type TrafficProps } from './TrafficCharts.tsx';
import { LatencyChart } from './LatencyChart.tsx';
import './service.css';

/** As high as the figures and charts at any width. */
const SHAPE = <Traffic {...NOTHING} long={undefined} />;

/** What does it serve, to whom, how well? */
export default function ServicePage() {
  const { service = '' } = useParams({ strict: false });
  const role = useRole();
  const filter = useRouteFilter();
  const query = useApi('/v1/services', { view: 'series', service, role });
  const alerts = useServiceAlerts(service);
  const row = query.data?.data[0];
  const expected = useExpected(service, role);
  const long = useLongExchanges(service, role);
  const failures = NAVIGATION.find((page) => page.path === '/failures');
  return (
    <div className="page-grid service">
      <PageHead
        title={service}
        tools={
          <>
            <AskInsight key={service} subject={{ service }} />
            {failures ? (
              <PageLink to={failures.path} search={{ service }} className="button">
                Failures of this service
              </PageLink>
            ) : null}
            <RoleSwitch />
          </>
        }
        quality={<Quality quality={query.data?.quality} exchanges={row?.exchanges ?? (query.data ? 0 : undefined)} />}
      />
      <div>
        <ServiceAlerts service={service} query={alerts.query} />
        <CitedStrip what="this service" shown={{ service }} enabled={query.data !== undefined} />
      </div>
      <Answered query={query} what="the service" height={SHAPE}>
        {(answer) =>
          row === undefined ? (
            <NoTraffic service={service} role={role} />
          ) : (
            <Traffic row={row} answer={answer} readAt={query.dataUpdatedAt} marks={alerts.marks} expected={expected} long={long} />
          )
        }
      </Answered>
      {query.data !== undefined && row === undefined ? null : (
        <>
          <section aria-label="Latency">
            <RouteFilter filter={filter} />
            <LatencyChart service={service} role={role} filter={filter} series={row?.series} figures={row?.ttfb_ms} readAt={query.dataUpdatedAt} marks={alerts.marks} />
          </section>
          <Routes service={service} role={role} />
          <Changes service={service} role={role} />
          {role === 'server' ? <Clients service={service} /> : null}
          <div className="side-by-side">
            <Statuses service={service} role={role} filter={filter} />
            <Callers service={service} role={role} />
            <Releases service={service} role={role} />
          </div>
        </>
      )}
    </div>
  );
}

/** What is usual for the range as a rate; the same object while it is the same. */
function useExpected(service: string, role: Role): Expected | null {
  const query = useApi('/v1/services', { view: 'baseline', service, role });
  const row = query.data?.data[0];
  return useMemo(() => expectedOf(row), [row]);
}

/** Over the day that ends with the range: a stream may be older than what is looked at. */
function useLongExchanges(service: string, role: Role): LongExchanges | null | undefined {
  const { range } = useRange();
  const start = dayBefore(range.to);
  const query = useApi('/v1/request-patterns', { view: 'latency', group_by: 'service', service, role, start });
  return query.data === undefined ? undefined : longOf(query.data.data);
}

function Traffic(props: TrafficProps & { long: LongExchanges | null | undefined }) {
  return (
    <div className="page-grid">
      <Figures row={props.row} expected={props.expected} long={props.long} />
      <TrafficCharts {...props} />
    </div>
  );
}

function NoTraffic({ service, role }: { service: string; role: 'server' | 'client' }) {
  const setRange = useSetRange();
  return (
    <EmptyBox title={`No exchange of ${service} in this range`}>
      <p>
        Nothing of it was captured {role === 'server' ? 'as a server' : 'as a client'} in this time. It may be quiet, out of the agents’ scope, or only on the other side of
        exchanges. Look at the other side above, or widen the range.
      </p>
      <p className="actions">
        <button type="button" onClick={() => setRange({ from: 'now-24h', to: 'now' })}>
          Last 24 hours
        </button>
        <PageLink to="/">All services</PageLink>
      </p>
    </EmptyBox>
  );
}
