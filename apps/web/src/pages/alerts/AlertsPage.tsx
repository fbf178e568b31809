import { useMutes, useOpenAlerts } from '../../alerts/use-alerts.ts';
import { SEVERITIES, SEVERITY, type Alert } from '../../alerts/alert.ts';
import { Loading } from '../../components/Loading.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { Mutes } from './Mutes.tsx';
import { OneAlert } from './OneAlert.tsx';
import { OpenNow } from './OpenNow.tsx';
import { Resolved, useResolved } from './Resolved.tsx';
import { Rules, useRules } from './Rules.tsx';
import './alerts-page.css';

/** What is wrong by the rules now, what was, and would other rules have said it better? */
export default function AlertsPage() {
  const severity = useParameter('severity', '');
  const service = useParameter('service', '');
  const rule = useParameter('rule', '');
  const id = useParameter('id', '');
  const update = useUpdateSearch();
  const open = useOpenAlerts();
  const resolved = useResolved({ severity, service, rule });
  const rules = useRules();
  const mutes = useMutes();
  const shown = (alert: Alert) => (severity === '' || alert.severity === severity) && (service === '' || alert.subject.service === service) && (rule === '' || alert.rule === rule);
  const narrowed = [...(service === '' ? [] : [['service', service]]), ...(rule === '' ? [] : [['rule', rule]])] as [string, string][];
  return (
    <div className="page-grid">
      <PageHead
        title="Alerts"
        tools={
          <>
            {narrowed.map(([name, value]) => (
              <button key={name} type="button" title={`Show alerts of every ${name}`} onClick={() => update({ [name]: null })}>
                Only {value} <span aria-hidden="true">×</span>
              </button>
            ))}
            <div className="segments" role="group" aria-label="Severity">
              {['', ...SEVERITIES].map((s) => (
                <button key={s} type="button" aria-pressed={s === severity} onClick={() => update({ severity: s === '' ? null : s })}>
                  {s === '' ? 'All' : SEVERITY[s as Alert['severity']].word}
                </button>
              ))}
            </div>
          </>
        }
      />
      {/* How high each list is nobody knows before, so they come together and push nothing away. */}
      {[open, resolved, rules, mutes].some((query) => query.isPending && query.failureReason === null) ? (
        <Loading label="the alerts" height={640} />
      ) : (
        <>
          {id === '' ? null : <OneAlert id={id} mutes={mutes.data?.data ?? []} />}
          <OpenNow query={open} shown={shown} narrowed={severity !== '' || narrowed.length > 0} mutes={mutes.data?.data ?? []} />
          <Resolved query={resolved} />
          <Rules query={rules} />
          <Mutes query={mutes} />
        </>
      )}
    </div>
  );
}
