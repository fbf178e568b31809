import { PageLink } from '../url/PageLink.tsx';
import { openSentence, worstFirst } from './alert.ts';
import { useOpenAlerts } from './use-alerts.ts';
import './alerts.css';

/** What is open now, in a line that is always there and always as high; the worst leads to the page of alerts. */
export function OpenStrip() {
  const open = useOpenAlerts();
  const alerts = open.data?.data;
  const [worst] = alerts?.toSorted(worstFirst) ?? [];
  const loud = worst !== undefined && !worst.muted;
  const text = alerts !== undefined ? openSentence(alerts, open.dataUpdatedAt) : open.error !== null && !open.error.passing ? 'Alerts cannot be read.' : '';
  return (
    <section className="open-strip" aria-label="Open alerts" aria-busy={open.isPending} data-severity={loud ? worst.severity : undefined}>
      <span className="open-text" title={text}>
        {loud ? (
          <span aria-hidden="true" className="open-mark">
            ▲{' '}
          </span>
        ) : null}
        {text}
      </span>
      <PageLink to="/alerts" className="open-link">
        {alerts === undefined || alerts.length === 0 ? 'Alerts and rules' : 'All alerts'}
      </PageLink>
    </section>
  );
}
