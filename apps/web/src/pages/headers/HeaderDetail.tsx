import { useMemo, type ReactNode } from 'react';
import { useApi } from '../../api/hooks.ts';
import type { AnswerOf } from '../../api/client.ts';
import { arrivingFrom } from '../../charts/series.ts';
import { TimeChart } from '../../charts/TimeChart.tsx';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { Quality } from '../../components/Quality.tsx';
import type { Role } from '../../components/RoleSwitch.tsx';
import { DataTable, useAllRows, useInSight, useTableSearch } from '../../components/table/index.ts';
import { countOf, formatBytes, formatCount, formatPercent } from '../../format/numbers.ts';
import { CitedStrip } from '../../insights/CitedStrip.tsx';
import { zoomTo } from '../../time/range.ts';
import { stepFor } from '../../time/step.ts';
import { useRange, useSetRange } from '../../time/use-range.ts';
import { useUpdateSearch } from '../../url/use-search.ts';
import { SERVICE_COLUMNS } from './columns.tsx';
import { boundsText, inventory, type Header } from './inventory.ts';

interface Props {
  chosen: { direction: 'request' | 'response'; name: string };
  role: Role;
  /** empty: all */
  service: string;
  gone: boolean;
}

const PATH = '/v1/headers';
const POINTS = 180;
const HEADER = ['header'] as const;

/** One header: over time, by service, and its values where they leave the host. */
export function HeaderDetail({ chosen, role, service, gone }: Props): ReactNode {
  const { range, step } = useRange();
  const update = useUpdateSearch();
  const heading = useInSight<HTMLHeadingElement>();
  const asked = { ...chosen, role, ...(service === '' ? {} : { service }) };
  const whole = useApi(PATH, { ...asked, view: 'series', step: step ?? stepFor(range, POINTS) });
  const services = useAllRows(PATH, { ...asked, group_by: 'name,direction,service' });
  const row = whole.data?.data[0];
  return (
    <section className="page-grid head-detail" aria-labelledby="head-detail">
      <div>
        <div className="head-top">
          <h2 id="head-detail" ref={heading}>
            {chosen.name} <span className="quiet-text">in {chosen.direction}s</span>
          </h2>
          <button type="button" className="quiet" onClick={() => update({ header: null })}>
            Close
          </button>
        </div>
        <p>{row === undefined ? '\u00a0' : sentence(row)}</p>
        <Quality quality={whole.data?.quality} exchanges={row?.exchanges} />
      </div>
      <CitedStrip what="this header" shown={{ kinds: HEADER, header: chosen.name, ...(service === '' ? {} : { service }) }} enabled={whole.data !== undefined} lines={1} />
      <Answered query={whole} what="this header" height={220}>
        {(answer) =>
          answer.data[0] === undefined ? (
            <EmptyBox title={`${chosen.name} does not occur in this range`}>
              {gone ? 'It was there in the range before: choose an earlier range to see when it stopped.' : 'Choose another range, or the other side of the exchanges.'}
            </EmptyBox>
          ) : (
            <Over answer={answer} row={answer.data[0]} readAt={whole.dataUpdatedAt} />
          )
        }
      </Answered>
      {row === undefined ? null : (
        <div className="head-columns">
          <section aria-labelledby="head-values" className="head-section">
            <h3 id="head-values">Most frequent values</h3>
            <Values row={row} />
          </section>
          <section aria-labelledby="head-services" className="head-section">
            <h3 id="head-services">By service</h3>
            <Answered query={services} what="the services" height={160}>
              {(answer) => <Services rows={answer.data} />}
            </Answered>
          </section>
        </div>
      )}
    </section>
  );
}

function sentence(row: Header): string {
  const before =
    row.presence_before === null
      ? 'Nothing was seen in the range before'
      : row.presence_before === 0
        ? 'It was in none of the range before'
        : `It was in ${formatPercent(row.presence_before)} of those before`;
  return `In ${formatPercent(row.presence)} of the exchanges. ${before}. ${row.distinct === 0 ? 'Its values stay on the hosts, so they are not counted;' : `${row.sampled ? 'At least ' : 'About '}${countOf(row.distinct, 'distinct value')},`} ${formatBytes(row.bytes)} in all, ${formatBytes(row.exchanges === 0 ? null : row.bytes / row.exchanges)} an exchange.`;
}

function Over({ answer, row, readAt }: { answer: AnswerOf<typeof PATH>; row: Header; readAt: number }): ReactNode {
  const setRange = useSetRange();
  const shown = useMemo(() => {
    const range = { start: Date.parse(answer.range.start), end: Date.parse(answer.range.end) };
    const series = row.series ?? { t: [], presence: [], distinct: [], bytes: [] };
    // Where nothing was asked there is no value either, rather than none of it.
    const asked = <T,>(values: readonly T[]): (T | null)[] => values.map((v, i) => (series.presence[i] === null ? null : v));
    return {
      t: series.t.map((t) => Date.parse(t)),
      presence: series.presence,
      distinct: asked(series.distinct),
      bytes: asked(series.bytes.map((b) => b / answer.range.step)),
      range,
      arrivingFrom: arrivingFrom(range, answer.quality.complete, readAt),
    };
  }, [answer, row, readAt]);
  const common = { t: shown.t, range: shown.range, arrivingFrom: shown.arrivingFrom, height: 132, onZoom: (from: number, to: number) => setRange(zoomTo(from, to)) };
  return (
    <div className="head-charts">
      <TimeChart {...common} title="Presence" format={formatPercent} series={[{ label: 'Exchanges with it', values: shown.presence, colour: '1' }]} />
      {row.distinct === 0 ? null : (
        <TimeChart {...common} title="Distinct values in a step" format={formatCount} series={[{ label: 'Distinct', values: shown.distinct, colour: '3' }]} />
      )}
      <TimeChart {...common} title="Weight" format={(v) => `${formatBytes(v)}/s`} series={[{ label: 'Bytes a second', values: shown.bytes, colour: '2', filled: true }]} />
    </div>
  );
}

function Values({ row }: { row: Header }): ReactNode {
  if (row.sensitive)
    return (
      <p className="quiet-text">
        It carries credentials: its values never leave a host in clear, under any policy. What is known of them stands in single exchanges, on the failures page.
      </p>
    );
  if (row.top.length === 0)
    return <p className="quiet-text">The hosts’ policy keeps its values there. To see them, add a rule that keeps this header to the policy of the agent.</p>;
  return (
    <>
      <table className="head-values">
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col">Exchanges</th>
          </tr>
        </thead>
        <tbody>
          {row.top.map((t) => (
            <tr key={t.value}>
              <th scope="row">{t.value === '' ? <em className="quiet-text">empty</em> : <code>{t.value}</code>}</th>
              <td>{boundsText(t.exchanges, t.error)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {row.top.some((t) => t.error > 0) ? <p className="small quiet-text">Counts with two bounds are estimates: there are more values than are counted one by one.</p> : null}
    </>
  );
}

const serviceKey = (i: { service: string }): string => i.service;
const serviceTarget = (i: { service: string }) => ({ to: '/services/$service', params: { service: i.service } });

function Services({ rows }: { rows: readonly Header[] }): ReactNode {
  const { state, onState } = useTableSearch('by');
  const items = useMemo(() => rows.flatMap((r) => inventory([r], [], []).map((i) => ({ ...i, service: r.service ?? '', top: r.top[0]?.value ?? null }))), [rows]);
  return (
    <DataTable
      label="Services with this header"
      noun={['service', 'services']}
      columns={SERVICE_COLUMNS}
      rows={items}
      rowKey={serviceKey}
      rowTarget={serviceTarget}
      defaultSort="-presence"
      state={state}
      onState={onState}
      empty="No service."
      plain={items.length <= 5 && state.q === undefined}
      maxHeight="400px"
    />
  );
}
