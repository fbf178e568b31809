import { useMemo } from 'react';
import { useApi } from '../../api/hooks.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { DataTable, figure, useTableSearch, type Column } from '../../components/table/index.ts';
import { formatCount, formatExact, formatPercent } from '../../format/numbers.ts';
import { codesOf, codesText, failuresOf, sharesOf, type Client } from './clients.ts';

const keyOf = (c: Client) => c.client;
const OTHERS = '{other}';

const COLUMNS: Column<Client>[] = [
  figure({
    id: 'failures',
    header: 'Failures',
    hint: 'Status 400 and above, and exchanges without a whole response',
    value: failuresOf,
    cell: (c) => (failuresOf(c) === 0 ? <span className="quiet-text">0</span> : <strong>{formatCount(failuresOf(c))}</strong>),
    width: 96,
  }),
  {
    id: 'client',
    header: 'Client',
    hint: 'Its name where its host is known, else its address as the policy lets it leave',
    value: (c) => (c.client === OTHERS ? 'all others' : c.client || 'not known'),
    width: 176,
    grow: true,
    rowHeader: true,
    first: 'asc',
  },
  figure({ id: 'ratio', header: 'Error rate', hint: 'Failures over exchanges', value: (c) => c.error_ratio, text: formatPercent, width: 96 }),
  { id: 'classes', header: 'By class', hint: '2xx, 3xx, 4xx, 5xx and no response as shares of its exchanges', value: failuresOf, cell: (c) => <Classes client={c} />, width: 152 },
  { id: 'codes', header: 'Statuses', hint: 'Failures first', value: (c) => codesText(c.statuses), cell: (c) => <Codes client={c} />, width: 280, grow: true },
  figure({
    id: 'exchanges',
    header: 'Exchanges',
    value: (c) => c.exchanges,
    cell: (c) => <span title={formatExact(c.exchanges)}>{`${c.at_least ? '≥ ' : ''}${formatCount(c.exchanges)}`}</span>,
    width: 104,
  }),
  figure({ id: 'share', header: 'Share', hint: 'Of the exchanges of all clients', value: (c) => c.share, text: formatPercent, width: 80 }),
];

function Classes({ client }: { client: Client }) {
  return (
    <span className="classes" aria-hidden="true">
      {sharesOf(client.statuses).map((s) => (
        <span
          key={s.class}
          data-class={s.class}
          style={{ flexGrow: s.share }}
          title={`${s.class === 'none' ? 'no response' : s.class}: ${formatPercent(s.share)}, ${formatExact(s.exchanges)}`}
        />
      ))}
    </span>
  );
}

function Codes({ client }: { client: Client }) {
  return (
    <span title={codesText(client.statuses)}>
      {codesOf(client.statuses).map(({ code, text, failed, exchanges }, i) => (
        <span key={code} title={text}>
          {i === 0 ? '' : ', '}
          <span className={failed ? 'client-failed' : 'quiet-text'}>{code === 'none' ? 'no response' : code}</span> {formatCount(exchanges)}
        </span>
      ))}
    </span>
  );
}

/** Who called it and what each was answered: which client gets the 401, the 429, the 5xx. */
export function Clients({ service }: { service: string }) {
  const query = useApi('/v1/clients', { service, limit: 1000 });
  return (
    <section aria-label="Callers">
      <h2 className="section-head">Callers by what they are answered</h2>
      <Answered query={query} what="the callers" height={240}>
        {(answer) => <Table rows={answer.data} />}
      </Answered>
    </section>
  );
}

function Table({ rows }: { rows: readonly Client[] }) {
  const { state, onState } = useTableSearch('callers');
  const few = useMemo(() => rows.length <= 6 && state.q === undefined, [rows, state.q]);
  return (
    <DataTable
      label="Callers by failures"
      noun={['caller', 'callers']}
      columns={COLUMNS}
      rows={rows}
      rowKey={keyOf}
      defaultSort="-failures"
      state={state}
      onState={onState}
      maxHeight="400px"
      plain={few}
      empty={
        <EmptyBox title="No caller is known in this range">
          <p>Nobody called, or the windows of this range are from before callers were counted. Widen the range, or wait for the next window.</p>
        </EmptyBox>
      }
    />
  );
}
