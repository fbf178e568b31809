import { useMemo, type ReactNode } from 'react';
import { Answered } from '../../components/Answered.tsx';
import { EmptyBox } from '../../components/EmptyBox.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Quality } from '../../components/Quality.tsx';
import { RoleSwitch, useRole } from '../../components/RoleSwitch.tsx';
import { DataTable, useAllRows, useTableSearch } from '../../components/table/index.ts';
import { countOf, formatCount } from '../../format/numbers.ts';
import { CitedStrip } from '../../insights/CitedStrip.tsx';
import { PageLink } from '../../url/PageLink.tsx';
import { useParameter, useUpdateSearch } from '../../url/use-search.ts';
import { parseChosen } from './chosen.ts';
import { BROKEN } from './broken.ts';
import { eachOnce, failureColumns, failuresOf, keyOf, type Failure } from './columns.tsx';
import { RouteFailures } from './RouteFailures.tsx';
import './failures.css';

const KINDS = [
  { id: 'all', label: 'All', hint: 'Status 400 and above, or no whole response', status: undefined },
  { id: '5xx', label: '5xx', hint: 'The server failed', status: '5xx' },
  { id: '4xx', label: '4xx', hint: 'The request was refused', status: '4xx' },
  { id: 'none', label: 'No response', hint: 'Broken off before a status came', status: '0' },
] as const;

const FAILURE = ['failure'] as const;

const target = (f: Failure) => ({ to: '/failures', search: { at: keyOf(f), outcome: null, failed: null, good: null }, keep: true });

/** What broke, and what do the broken ones share? */
export default function FailuresPage(): ReactNode {
  const role = useRole();
  const service = useParameter('service', '');
  const kindId = useParameter('kind', 'all');
  const kind = KINDS.find((k) => k.id === kindId) ?? KINDS[0];
  const at = useParameter('at', '');
  const chosen = parseChosen(at);
  const update = useUpdateSearch();
  const { state, onState } = useTableSearch();
  const brokenId = useParameter('broken', '');
  const broken = BROKEN.find((b) => b.id === brokenId);
  const failures = useAllRows('/v1/failures', {
    group_by: 'service,method,route',
    sort: 'excess',
    view: 'baseline',
    role,
    ...(service === '' ? {} : { service }),
    ...(broken === undefined ? (kind.status === undefined ? {} : { status: kind.status }) : broken.asked),
  });
  const rows = useMemo(() => (failures.data === undefined ? undefined : eachOnce(failures.data.data)), [failures.data]);
  const columns = useMemo(() => failureColumns(failures.dataUpdatedAt), [failures.dataUpdatedAt]);
  return (
    <div className="page-grid">
      <PageHead
        title="Failures"
        tools={
          <>
            {service === '' ? null : (
              <button type="button" title="Show failures of all services" onClick={() => update({ service: null })}>
                Only {service} <span aria-hidden="true">×</span>
              </button>
            )}
            <div className="segments" role="group" aria-label="Kind of failure">
              {KINDS.map((k) => (
                <button
                  key={k.id}
                  type="button"
                  title={k.hint}
                  aria-pressed={broken === undefined && k === kind}
                  onClick={() => update({ kind: k.id === 'all' ? null : k.id, broken: null })}
                >
                  {k.label}
                </button>
              ))}
            </div>
            <select
              aria-label="How it broke"
              title="Exchanges without a whole response, by how the connection ended"
              value={broken?.id ?? ''}
              onChange={(e) => update({ kind: null, broken: e.target.value === '' ? null : e.target.value })}
            >
              <option value="">Broken or not</option>
              {BROKEN.map((b) => (
                <option key={b.id} value={b.id}>
                  {b.label}
                </option>
              ))}
            </select>
            <RoleSwitch />
          </>
        }
        quality={<Quality quality={failures.data?.quality} exchanges={rows?.reduce((n, f) => n + f.exchanges, 0)} />}
      />
      <CitedStrip
        what={service === '' ? 'failures' : `failures of ${service}`}
        shown={{ kinds: FAILURE, ...(service === '' ? {} : { service }) }}
        enabled={failures.data !== undefined}
      />
      <section aria-label="Failures by route">
        <h2 className="hidden-visually">Failing routes</h2>
        <Answered query={failures} what="the failures" height={chosen === null ? 640 : 408}>
          {({ quality, next_cursor: more }) => (
            <div className="page-grid">
              {rows === undefined || rows.length === 0 ? null : <p className="fail-verdict">{verdict(rows)}</p>}
              {rows === undefined || rows.length === 0 ? (
                <NoFailures measured={quality.hosts > 0} all={kind.id === 'all' && broken === undefined} />
              ) : (
                <DataTable
                  label="Failing routes"
                  noun={['route', 'routes']}
                  columns={columns}
                  rows={rows}
                  rowKey={keyOf}
                  rowTarget={target}
                  {...(chosen === null ? {} : { selected: at, maxHeight: '320px' })}
                  defaultSort="-excess"
                  state={state}
                  onState={onState}
                  empty={null}
                />
              )}
              {more === undefined ? null : <p className="small quiet-text">Only the {formatCount(rows?.length ?? 0)} routes with the largest excess are listed.</p>}
            </div>
          )}
        </Answered>
      </section>
      {chosen === null ? null : <RouteFailures key={at} chosen={chosen} role={role} row={rows?.find((f) => keyOf(f) === at)} />}
    </div>
  );
}

/** Nothing failed is only said where something was measured. */
function NoFailures({ measured, all }: { measured: boolean; all: boolean }): ReactNode {
  if (!measured) {
    return (
      <EmptyBox title="Nothing was measured in this range">
        No host reported, so nothing is known of failures here. Choose a range in which hosts reported; the{' '}
        <PageLink to="/fleet" className="text-link">
          fleet page
        </PageLink>{' '}
        says since when they do.
      </EmptyBox>
    );
  }
  return (
    <EmptyBox title={all ? 'No failures in this range' : 'No failures of this kind in this range'}>
      Every exchange that was seen had a whole response with a status below 400{all ? '' : ', or failed in another way than the kind chosen above'}. Widen the range to see older
      ones; the{' '}
      <PageLink to="/fleet" className="text-link">
        fleet page
      </PageLink>{' '}
      says whether everything was seen.
    </EmptyBox>
  );
}

/** The answer in the first second. */
function verdict(rows: readonly Failure[]): string {
  const failed = rows.reduce((n, f) => n + failuresOf(f), 0);
  const excess = Math.round(rows.reduce((n, f) => n + f.excess, 0));
  const fresh = rows.filter((f) => f.new === true).length;
  const first = fresh === 0 ? '' : fresh === rows.length ? ', none of which failed in the 24 hours before' : `, ${fresh} of which did not fail in the 24 hours before`;
  const all = `${countOf(failed, 'failure')} on ${countOf(rows.length, 'route')}${first}`;
  if (rows.every((f) => f.baseline_ratio === null)) return `${all}. Nothing was asked in the range before, so what is usual is not known and all of them count as excess.`;
  if (excess === 0) return `${all}, no more than usual.`;
  const [worst] = rows.toSorted((a, b) => b.excess - a.excess);
  const share = worst === undefined ? 0 : worst.excess / rows.reduce((n, f) => n + f.excess, 0);
  return `${all}, ${formatCount(excess)} more than usual${worst !== undefined && share > 0.5 && rows.length > 1 ? `; most of them ${worst.method} ${worst.route} of ${worst.service}` : ''}.`;
}
