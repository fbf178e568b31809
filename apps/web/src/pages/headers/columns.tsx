import { figure, type Column } from '../../components/table/index.ts';
import { formatBytes, formatCount } from '../../format/numbers.ts';
import { changeText, distinctText, type Item } from './inventory.ts';
import { Presence } from './Presence.tsx';

export const COLUMNS: readonly Column<Item>[] = [
  figure({
    id: 'presence',
    header: 'Presence',
    hint: 'Exchanges that carry it at least once, of all exchanges asked for',
    value: (i) => i.presence,
    cell: (i) => <Presence value={i.presence} />,
    width: 148,
  }),
  {
    id: 'name',
    header: 'Header',
    value: (i) => i.name,
    cell: (i) => (
      <>
        {i.name}
        {i.sensitive ? (
          <span className="head-tag" title="Carries credentials: its value never leaves a host in clear">
            credential
          </span>
        ) : null}
      </>
    ),
    width: 220,
    grow: true,
    rowHeader: true,
  },
  { id: 'direction', header: 'In', hint: 'Requests or responses', value: (i) => i.direction, width: 92 },
  figure({
    id: 'change',
    header: 'Change',
    hint: 'Presence against the range of the same length before, in points of a hundred',
    value: changeText,
    sortBy: (i) => (i.change === 'gone' ? -2 : i.change === 'new' ? 2 : i.shift),
    cell: (i) => (i.change === null ? changeText(i) : <span className="head-change">{changeText(i)}</span>),
    width: 100,
  }),
  figure({
    id: 'distinct',
    header: 'Distinct',
    hint: 'Distinct values, estimated; a plus says that there are at least as many. Not known where the values stay on the hosts',
    value: (i) => i.distinct,
    cell: distinctText,
    width: 92,
  }),
  figure({
    id: 'bytes',
    header: 'Weight',
    hint: 'Bytes of name and value in this range, as they left the host',
    value: (i) => i.bytes,
    text: formatBytes,
    width: 96,
  }),
  figure({
    id: 'each',
    header: 'Per exchange',
    hint: 'Bytes in an exchange that carries it',
    value: (i) => i.weight,
    text: formatBytes,
    width: 116,
  }),
  figure({ id: 'exchanges', header: 'Exchanges', hint: 'That carry it', value: (i) => i.exchanges, text: formatCount, width: 104 }),
  {
    id: 'services',
    header: 'Services',
    hint: 'That send or receive it',
    value: (i) => i.services.join(' '),
    cell: (i) => <span title={i.services.join(', ')}>{i.services.length <= 2 ? i.services.join(', ') : `${i.services[0]} and ${i.services.length - 1} more`}</span>,
    sortBy: (i) => i.services.length,
    width: 180,
    first: 'desc',
  },
];

/** One header in one service. */
export const SERVICE_COLUMNS: readonly Column<Item & { service: string; top: string | null }>[] = [
  figure({
    id: 'presence',
    header: 'Presence',
    hint: 'Of the exchanges of the service',
    value: (i) => i.presence,
    cell: (i) => <Presence value={i.presence} />,
    width: 148,
  }),
  { id: 'service', header: 'Service', value: (i) => i.service, width: 160, grow: true, rowHeader: true },
  COLUMNS.find((c) => c.id === 'change')! as never,
  figure({ id: 'distinct', header: 'Distinct', value: (i) => i.distinct, cell: distinctText, width: 92 }),
  figure({ id: 'bytes', header: 'Weight', value: (i) => i.bytes, text: formatBytes, width: 96 }),
  figure({ id: 'exchanges', header: 'Exchanges', value: (i) => i.exchanges, text: formatCount, width: 104 }),
  { id: 'top', header: 'Most frequent value', value: (i) => i.top, width: 200, grow: true },
];
