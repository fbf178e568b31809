import { useMemo, useState } from 'react';
import { byService } from '../../alerts/alert.ts';
import { OpenStrip } from '../../alerts/OpenStrip.tsx';
import { useOpenAlerts } from '../../alerts/use-alerts.ts';
import type { AnswerOf } from '../../api/client.ts';
import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Quality } from '../../components/Quality.tsx';
import { RoleSwitch, useRole } from '../../components/RoleSwitch.tsx';
import { DataTable, useTableSearch } from '../../components/table/index.ts';
import { CitedStrip } from '../../insights/CitedStrip.tsx';
import { stepFor } from '../../time/step.ts';
import { useRange, useSetRange } from '../../time/use-range.ts';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { verdictOf, type Service } from './burning.ts';
import { serviceColumns } from './columns.tsx';
import { TotalCharts } from './TotalCharts.tsx';
import './overview.css';

const OBJECTIVES = ['99', '99.5', '99.9', '99.95', '99.99'] as const;
const FEW = 100;
const MOST = 1000;
const POINTS = 120;
const ALL = {};

const rowKey = (s: Service) => s.service;
const rowTarget = (s: Service) => ({ to: '/services/$service', params: { service: s.service } });

/** Is anything wrong, where, since when? */
export default function OverviewPage() {
  const { range, step } = useRange();
  const role = useRole();
  const objective = useParameter('slo', '99.9');
  const update = useUpdateSearch();
  const [limit, setLimit] = useState(FEW);
  const query = useApi('/v1/services', {
    view: 'series',
    sort: 'burn_rate',
    limit,
    role,
    slo: objective as never,
    step: step ?? stepFor(range, POINTS),
  });
  const total = query.data?.data.reduce((sum, s) => sum + s.exchanges, 0);
  return (
    <div className="page-grid overview">
      <PageHead
        title="Overview"
        tools={
          <>
            <select
              aria-label="Objective"
              title="The share of exchanges that must not fail"
              value={objective}
              onChange={(e) => update({ slo: e.target.value === '99.9' ? null : e.target.value })}
            >
              {OBJECTIVES.map((value) => (
                <option key={value} value={value}>
                  {value} % objective
                </option>
              ))}
            </select>
            <RoleSwitch />
          </>
        }
        quality={<Quality quality={query.data?.quality} exchanges={total} />}
      />
      <OpenStrip />
      <CitedStrip what="the services" shown={ALL} enabled={query.data !== undefined} lines={3} framed />
      <Answered query={query} what="the services" height={640}>
        {(answer) =>
          answer.data.length === 0 ? (
            <Nothing role={role} />
          ) : (
            <Services
              answer={answer}
              objective={Number(objective)}
              readAt={query.dataUpdatedAt}
              onMore={limit < MOST && answer.next_cursor !== undefined ? () => setLimit(MOST) : null}
            />
          )
        }
      </Answered>
    </div>
  );
}

function Services({ answer, objective, readAt, onMore }: { answer: AnswerOf<'/v1/services'>; objective: number; readAt: number; onMore: (() => void) | null }) {
  const { state, onState } = useTableSearch();
  const verdict = useMemo(() => verdictOf(answer.data, objective, answer.range.step, readAt), [answer, objective, readAt]);
  const open = useOpenAlerts().data?.data;
  const columns = useMemo(
    () => serviceColumns({ budget: 1 - objective / 100, step: answer.range.step, readAt, now: readAt, alerts: byService(open ?? []) }),
    [objective, answer.range.step, readAt, open],
  );
  return (
    <div className="page-grid">
      <section className="verdict" data-bad={verdict.bad || undefined} aria-label="Verdict">
        <p className="verdict-title">
          <span aria-hidden="true">{verdict.bad ? '▲' : '●'}</span> {verdict.title}
        </p>
        <p>{verdict.detail}</p>
      </section>
      <section aria-label="Services">
        <DataTable
          label="Services by burn rate"
          noun={['service', 'services']}
          columns={columns}
          rows={answer.data}
          rowKey={rowKey}
          defaultSort="-burn"
          state={state}
          onState={onState}
          rowTarget={rowTarget}
          empty={null}
        />
        {onMore === null ? null : (
          <p className="more">
            The {FEW} services that burn most are shown.{' '}
            <button type="button" onClick={onMore}>
              Show up to {MOST}
            </button>
          </p>
        )}
      </section>
      <TotalCharts answer={answer} readAt={readAt} partial={answer.next_cursor !== undefined} />
    </div>
  );
}

function Nothing({ role }: { role: 'server' | 'client' }) {
  const setRange = useSetRange();
  return (
    <EmptyBox title="No exchange in this range">
      <p>
        Nothing was captured {role === 'server' ? 'of requests that services received' : 'of requests that services sent'} in this time. Send a request to a service that is in the
        agent’s scope, look at the other side, or widen the range.
      </p>
      <p className="more">
        <button type="button" onClick={() => setRange({ from: 'now-24h', to: 'now' })}>
          Last 24 hours
        </button>
      </p>
    </EmptyBox>
  );
}
