import { useMemo, type ReactNode } from 'react';
import { DataTable, figure, useTableSearch, type Column } from '../../components/table/index.ts';
import { formatAgo } from '../../format/times.ts';
import { formatBytes, formatCount, formatMs, formatPercent } from '../../format/numbers.ts';
import { sum, type Agent } from './account.ts';
import { cpuText, hooksText, samplingNow, spoolText } from './facts.ts';
import { stateOf, type Finding } from './verdict.ts';

export const MARK = { good: '●', notice: '◆', bad: '▲' } as const;
const key = (a: Agent): string => a.host;
const target = (a: Agent) => ({ to: '/fleet', search: { host: a.host }, keep: true });

interface Props {
  agents: readonly Agent[];
  findings: ReadonlyMap<string, Finding[]>;
  chosen: string | undefined;
  now: number;
}

export function HostTable({ agents, findings, chosen, now }: Props): ReactNode {
  const { state, onState } = useTableSearch();
  const columns = useMemo((): Column<Agent>[] => {
    const of = (a: Agent) => stateOf(findings.get(a.host) ?? []);
    return [
      {
        id: 'state',
        header: 'State',
        hint: 'What needs attention about the host, the worst first',
        value: (a) => of(a).text,
        sortBy: (a) => of(a).rank,
        cell: (a) => (
          <span className="fleet-state" data-level={of(a).level} title={of(a).text}>
            <span className="fleet-mark" aria-hidden="true">
              {MARK[of(a).level]}
            </span>{' '}
            {of(a).short}
          </span>
        ),
        width: 140,
        first: 'desc',
      },
      { id: 'host', header: 'Host', value: (a) => a.host, width: 160, grow: true, rowHeader: true },
      figure({
        id: 'seen',
        header: 'Seen',
        hint: 'When its last heartbeat came',
        value: (a) => a.seen_at,
        cell: (a) => formatAgo(Date.parse(a.seen_at), now),
        width: 104,
      }),
      figure({
        id: 'lost',
        header: 'Lost',
        hint: 'Requests lost in this range, all reasons',
        value: (a) => (a.account === null ? null : sum(a.account.request.lost)),
        cell: (a) => (a.account === null ? '–' : formatCount(sum(a.account.request.lost))),
        width: 72,
      }),
      figure({
        id: 'exchanges',
        header: 'Exchanges',
        hint: 'In this range',
        value: (a) => a.account?.exchanges ?? null,
        cell: (a) => formatCount(a.account?.exchanges),
        width: 104,
      }),
      {
        id: 'coverage',
        header: 'Coverage',
        hint: 'Read, of all that is known to have passed',
        value: (a) => a.coverage,
        cell: (a) => formatPercent(a.coverage),
        width: 104,
        align: 'end',
        first: 'asc',
      },
      figure({ id: 'lag', header: 'Lag', hint: 'Age of what waits to be sent', value: (a) => a.lag_ms, text: formatMs, width: 84 }),
      figure({
        id: 'cpu',
        header: 'CPU',
        hint: 'Of agent and probe, of one core; its ceiling is in the title',
        value: (a) => a.cpu_percent,
        cell: (a) => <span title={cpuText(a)}>{a.cpu_percent === null ? '–' : formatPercent(a.cpu_percent / 100)}</span>,
        width: 72,
      }),
      figure({
        id: 'sampling',
        header: 'Kept',
        hint: 'One exchange in so many is kept now; errors and slow ones always',
        value: (a) => (a.policy_state === null && a.sampling === null ? null : (a.sampling?.one_in ?? 1)),
        cell: (a) => <span title={samplingNow(a)}>{a.sampling === null ? (a.policy_state === null ? '–' : 'all') : `1\u00a0in\u00a0${formatCount(a.sampling.one_in)}`}</span>,
        width: 84,
      }),
      figure({
        id: 'spool',
        header: 'On disk',
        hint: 'Batches that wait on disk for the bus',
        value: (a) => a.spool?.bytes ?? null,
        cell: (a) => <span title={spoolText(a, now)}>{formatBytes(a.spool?.bytes)}</span>,
        width: 84,
      }),
      figure({
        id: 'skew',
        header: 'Clock',
        hint: 'Clock of the bus minus clock of the host; above 0 the host is behind',
        value: (a) => a.skew_ms,
        cell: (a) => (a.skew_ms === null ? '–' : formatMs(a.skew_ms).replace('-', '\u2212')),
        width: 84,
      }),
      { id: 'scope', header: 'Scope', hint: 'Which sockets are captured', value: (a) => a.scope.join(' '), width: 180, grow: true },
      { id: 'hooks', header: 'Hooks', hint: 'How traffic is read in the kernel', value: (a) => a.hooks, cell: (a) => <span title={hooksText(a)}>{a.hooks}</span>, width: 84 },
      { id: 'policy', header: 'Policy', hint: "The policy in force as id@version; after a plus, the fleet's that narrows it", value: (a) => a.policy, width: 132 },
      { id: 'version', header: 'Version', value: (a) => a.version, width: 88 },
      { id: 'kernel', header: 'Kernel', value: (a) => a.kernel, width: 120 },
    ];
  }, [findings, now]);
  return (
    <DataTable
      label="Hosts"
      noun={['host', 'hosts']}
      columns={columns}
      rows={agents}
      rowKey={key}
      rowTarget={target}
      {...(chosen === undefined ? {} : { selected: chosen })}
      defaultSort="-state"
      state={state}
      onState={onState}
      empty="No hosts."
      plain={agents.length <= 3 && state.q === undefined}
    />
  );
}
