import { useMemo, type ReactNode } from 'react';
import type { QueryOf } from '../../api/client.ts';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Quality } from '../../components/Quality.tsx';
import { RoleSwitch, useRole } from '../../components/RoleSwitch.tsx';
import { DataTable, useAllRows, useTableSearch } from '../../components/table/index.ts';
import { formatCount } from '../../format/numbers.ts';
import { CitedStrip } from '../../insights/CitedStrip.tsx';
import { PageLink } from '../../url/PageLink.tsx';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { COLUMNS } from './columns.tsx';
import { HeaderDetail } from './HeaderDetail.tsx';
import { inventory, parseKey, verdict, type Item } from './inventory.ts';
import './headers.css';

const PATH = '/v1/headers';
const DIRECTIONS = [
  { id: '', label: 'Both' },
  { id: 'request', label: 'Requests' },
  { id: 'response', label: 'Responses' },
] as const;
const ONLY = [
  { id: '', label: 'All headers' },
  { id: 'sensitive', label: 'Carrying credentials' },
  { id: 'new', label: 'New' },
  { id: 'gone', label: 'Gone' },
] as const;

const rowKey = (i: Item): string => i.key;
const target = (i: Item) => ({ to: '/headers', search: { header: i.key }, keep: true });
const NONE: never[] = [];
const HEADER = ['header'] as const;

/** What crosses my wires? */
export default function HeadersPage(): ReactNode {
  const role = useRole();
  const service = useParameter('service', '');
  const direction = useParameter('direction', '');
  const only = useParameter('only', '');
  const header = useParameter('header', '');
  const chosen = parseKey(header);
  const update = useUpdateSearch();
  const { state, onState } = useTableSearch();
  const asked: QueryOf<typeof PATH> = { role, ...(service === '' ? {} : { service }), ...(direction === 'request' || direction === 'response' ? ({ direction } as const) : {}) };
  const now = useAllRows(PATH, asked);
  const byService = useAllRows(PATH, { ...asked, group_by: 'name,direction,service' });
  const range = now.data?.range;
  const before = useAllRows(PATH, range === undefined ? asked : { ...asked, ...rangeBefore(range) }, { enabled: range !== undefined });
  // While the range before is still that of an older answer nothing is called gone.
  const gone = before.data !== undefined && before.data.range.end === range?.start ? before.data.data : NONE;
  const items = useMemo(() => inventory(now.data?.data ?? NONE, gone, byService.data?.data ?? NONE), [now.data, gone, byService.data]);
  const shown = useMemo(() => items.filter((i) => (only === 'sensitive' ? i.sensitive && i.change !== 'gone' : only === '' || i.change === only)), [items, only]);
  return (
    <div className="page-grid">
      <PageHead
        title="Headers"
        tools={
          <>
            {service === '' ? null : (
              <button type="button" title="Show headers of all services" onClick={() => update({ service: null })}>
                Only {service} <span aria-hidden="true">×</span>
              </button>
            )}
            <div className="segments" role="group" aria-label="Direction">
              {DIRECTIONS.map((d) => (
                <button key={d.id} type="button" aria-pressed={direction === d.id} onClick={() => update({ direction: d.id === '' ? null : d.id })}>
                  {d.label}
                </button>
              ))}
            </div>
            <RoleSwitch />
          </>
        }
        quality={<Quality quality={now.data?.quality} />}
      />
      <CitedStrip what={service === '' ? 'headers' : `headers of ${service}`} shown={{ kinds: HEADER, ...(service === '' ? {} : { service }) }} enabled={now.data !== undefined} />
      <h2 className="hidden-visually">Inventory</h2>
      <Answered query={now} what="the headers" height={chosen === null ? 640 : 408}>
        {(answer) => (
          <div className="page-grid">
            {answer.data.length === 0 ? (
              <EmptyBox title="No headers in this range">
                <p>
                  No exchange {service === '' ? '' : `of ${service} `}was seen here. Widen the range, look at the other side, or see on the{' '}
                  <PageLink to="/fleet" className="text-link">
                    fleet page
                  </PageLink>{' '}
                  what is captured.
                </p>
              </EmptyBox>
            ) : (
              <>
                <p className="head-verdict">{verdict(items)}</p>
                <DataTable
                  label="Headers"
                  noun={['header', 'headers']}
                  columns={COLUMNS}
                  rows={shown}
                  rowKey={rowKey}
                  rowTarget={target}
                  {...(chosen === null ? {} : { selected: header, maxHeight: '320px' })}
                  defaultSort="-presence"
                  state={state}
                  onState={onState}
                  tools={
                    <select aria-label="Which headers" value={only} onChange={(e) => update({ only: e.target.value === '' ? null : e.target.value })}>
                      {ONLY.map((o) => (
                        <option key={o.id} value={o.id}>
                          {o.label}
                        </option>
                      ))}
                    </select>
                  }
                  empty={
                    <>
                      {nothingShown(only, items)}{' '}
                      <button type="button" className="dt-clear" onClick={() => update({ only: null })}>
                        Show all headers
                      </button>
                    </>
                  }
                />
                {answer.next_cursor === undefined ? null : <p className="small quiet-text">Only the {formatCount(answer.data.length)} most frequent headers are listed.</p>}
              </>
            )}
          </div>
        )}
      </Answered>
      {chosen === null ? null : <HeaderDetail key={header} chosen={chosen} role={role} service={service} gone={items.some((i) => i.key === header && i.change === 'gone')} />}
    </div>
  );
}

/** Why the choice of headers leaves none. */
function nothingShown(only: string, items: readonly Item[]): string {
  if (only === 'sensitive') return 'None carries credentials.';
  if (items.every((i) => i.shift === null)) return 'Nothing was seen in the range before, so nothing can be called new or gone.';
  return only === 'gone' ? 'Every header of the range before is still there.' : 'No header is new against the range before.';
}

/** The range of the same length that ends where this one begins. */
function rangeBefore(range: { start: string; end: string; step: number }): { start: string; end: string; step: string } {
  const start = Date.parse(range.start);
  return { start: new Date(start - (Date.parse(range.end) - start)).toISOString(), end: range.start, step: `${range.step}s` };
}
