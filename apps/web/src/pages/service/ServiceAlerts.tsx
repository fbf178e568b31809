import { useMemo } from 'react';
import { marksOf, worstFirst, type Alert, type Mark } from '../../alerts/alert.ts';
import { SeverityMark } from '../../alerts/SeverityMark.tsx';
import { useApi, type Asked } from '../../api/hooks.ts';
import { formatSince } from '../../format/times.ts';
import { PageLink } from '../../url/PageLink.tsx';
import './service.css';

const MOST = 100;
const NONE: readonly Alert[] = [];

/** Alerts of the service that were open in the range, and their places on the time axis. */
export function useServiceAlerts(service: string): { query: Asked<'/v1/alerts'>; marks: readonly Mark[] } {
  const query = useApi('/v1/alerts', { service, limit: MOST }, { stepless: true });
  const alerts = query.data?.data ?? NONE;
  const marks = useMemo(() => marksOf(alerts), [alerts]);
  return { query, marks };
}

/** The alerts in a line, which is there and as high without any. */
export function ServiceAlerts({ service, query }: { service: string; query: Asked<'/v1/alerts'> }) {
  const alerts = query.data?.data.toSorted((a, b) => Number(a.state === 'resolved') - Number(b.state === 'resolved') || worstFirst(a, b));
  const [first] = alerts ?? [];
  const now = query.dataUpdatedAt;
  return (
    <section className="service-alerts" aria-label="Alerts of this service" aria-busy={query.isPending}>
      {first === undefined ? (
        <span className="quiet-text">{alerts !== undefined ? 'No alert of this service in this range.' : query.error?.passing === false ? 'Alerts cannot be read.' : ''}</span>
      ) : (
        <>
          <SeverityMark severity={first.severity} muted={first.muted || first.state === 'resolved'} />
          <span className="service-alert" title={first.title}>
            {first.state === 'open' ? `since ${formatSince(Date.parse(first.opened_at), now)}` : `${formatSince(Date.parse(first.opened_at), now)}, over`}:{' '}
            <PageLink to="/alerts" search={{ id: first.id }} className="text-link">
              {first.title}
            </PageLink>
          </span>
          {alerts !== undefined && alerts.length > 1 ? (
            <PageLink to="/alerts" search={{ service }} className="text-link service-more">
              and {alerts.length - 1} more
            </PageLink>
          ) : null}
        </>
      )}
    </section>
  );
}
