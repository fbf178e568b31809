import { useMemo } from 'react';
import { placeOf, RESOLUTIONS, subjectText, type Alert } from '../../alerts/alert.ts';
import { SeverityMark } from '../../alerts/SeverityMark.tsx';
import type { AnswerOf, QueryOf } from '../../api/client.ts';
import { useApi, type Asked } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { DataTable, figure, useTableSearch, type Column } from '../../components/table/index.ts';
import { formatInstant, formatLength, formatSince } from '../../format/times.ts';
import { useSetRange } from '../../time/use-range.ts';
import { spanOf } from './timeline.ts';

const key = (a: Alert) => a.id;
const endOf = (a: Alert) => Date.parse(a.resolved_at ?? '');
const startOf = (a: Alert) => Date.parse(a.opened_at);

function columnsOf(range: { start: number; end: number }, now: number): Column<Alert>[] {
  return [
    figure({ id: 'resolved', header: 'Resolved', value: endOf, cell: (a) => formatSince(endOf(a), now), width: 104 }),
    { id: 'alert', header: 'Alert', value: (a) => a.title, width: 280, grow: true, rowHeader: true },
    { id: 'severity', header: 'Severity', value: (a) => a.severity, cell: (a) => <SeverityMark severity={a.severity} muted />, width: 88 },
    { id: 'subject', header: 'Of', value: (a) => subjectText(a.subject), width: 176 },
    { id: 'timeline', header: 'In the range', hint: 'When it was open, over the range of the page', value: startOf, cell: (a) => <Bar alert={a} range={range} />, width: 200 },
    figure({ id: 'opened', header: 'Opened', value: startOf, cell: (a) => formatSince(startOf(a), now), width: 104 }),
    figure({ id: 'lasted', header: 'Lasted', value: (a) => (endOf(a) - startOf(a)) / 1000, text: (s) => formatLength(s ?? 0), width: 104 }),
    { id: 'how', header: 'Ended', value: (a) => (a.resolution === null ? '' : RESOLUTIONS[a.resolution]), width: 136 },
  ];
}

function Bar({ alert, range }: { alert: Alert; range: { start: number; end: number } }) {
  const { left, width } = spanOf(startOf(alert), endOf(alert), range);
  return (
    <span className="alert-bar" role="img" aria-label={`open from ${formatInstant(startOf(alert))} to ${formatInstant(endOf(alert))}`}>
      <span data-severity={alert.severity} style={{ left: `${left * 100}%`, width: `${width * 100}%` }} />
    </span>
  );
}

/** By what the page's lists are narrowed; empty: by nothing. */
export interface Narrowed {
  severity: string;
  service: string;
  rule: string;
}

export function useResolved({ severity, service, rule }: Narrowed): Asked<'/v1/alerts'> {
  const asked = { state: 'resolved', limit: 1000, ...(severity === '' ? {} : { severity }), ...(service === '' ? {} : { service }), ...(rule === '' ? {} : { rule }) } as const;
  return useApi('/v1/alerts', asked as QueryOf<'/v1/alerts'>, { stepless: true });
}

/** What was open and is over, in the range of the page. */
export function Resolved({ query }: { query: Asked<'/v1/alerts'> }) {
  return (
    <section aria-label="Resolved">
      <h2 className="section-head">Resolved in this range</h2>
      <Answered query={query} what="the resolved alerts" height={160}>
        {(answer) => (answer.data.length === 0 ? <None /> : <Table answer={answer} now={query.dataUpdatedAt} />)}
      </Answered>
    </section>
  );
}

function Table({ answer, now }: { answer: AnswerOf<'/v1/alerts'>; now: number }) {
  const { state, onState } = useTableSearch();
  const columns = useMemo(() => columnsOf({ start: Date.parse(answer.range.start), end: Date.parse(answer.range.end) }, now), [answer, now]);
  const target = useMemo(() => (a: Alert) => placeOf(a, now), [now]);
  return (
    <>
      <DataTable
        label="Resolved alerts"
        noun={['alert', 'alerts']}
        columns={columns}
        rows={answer.data}
        rowKey={key}
        rowTarget={target}
        defaultSort="-resolved"
        state={state}
        onState={onState}
        maxHeight="400px"
        empty={null}
      />
      {answer.next_cursor === undefined ? null : <p className="small quiet-text">The newest {answer.data.length} are listed; a shorter range shows the others.</p>}
    </>
  );
}

function None() {
  const setRange = useSetRange();
  return (
    <EmptyBox title="Nothing was resolved in this range">
      <p className="alerts-actions">
        <button type="button" onClick={() => setRange({ from: 'now-7d', to: 'now' })}>
          Last 7 days
        </button>
      </p>
    </EmptyBox>
  );
}
