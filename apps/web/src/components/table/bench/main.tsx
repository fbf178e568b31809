// A page with 10,000 made-up routes in the table, for frames.mjs. Not part of the dashboard.
import { createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import '../../../styles/tokens.css';
import '../../../styles/base.css';
import { parseSearch, stringifySearch } from '../../../url/search.ts';
import { DataTable, useTableSearch, type Column } from '../index.ts';

interface Row {
  id: number;
  excess: number;
  service: string;
  route: string;
  exchanges: number;
  ratio: number | null;
  p99: number | null;
}

const WORDS = ['orders', 'users', 'stock', 'search', 'basket', 'report', 'images', 'login'];
const rows: Row[] = Array.from({ length: 10_000 }, (_, i) => ({
  id: i,
  excess: (i * 7919) % 10_007,
  service: `service-${i % 37}`,
  route: `/${WORDS[i % 8]}/{int}/${WORDS[(i >> 3) % 8]}/${i}`,
  exchanges: (i * 104_729) % 1_000_003,
  ratio: i % 11 === 0 ? null : (i % 100) / 100,
  p99: i % 13 === 0 ? null : (i * 31) % 9_000,
}));

const columns: Column<Row>[] = [
  { id: 'excess', header: 'Excess', hint: 'Failures above what was usual', value: (r) => r.excess, width: 96, align: 'end', first: 'desc' },
  { id: 'route', header: 'Route', value: (r) => r.route, width: 240, grow: true, rowHeader: true },
  { id: 'service', header: 'Service', value: (r) => r.service, width: 140 },
  { id: 'exchanges', header: 'Exchanges', value: (r) => r.exchanges, width: 120, align: 'end', first: 'desc' },
  { id: 'ratio', header: 'Error rate', value: (r) => r.ratio, width: 110, align: 'end', first: 'desc', cell: (r) => (r.ratio === null ? '–' : `${Math.round(r.ratio * 100)} %`) },
  { id: 'p99', header: 'p99', value: (r) => r.p99, width: 100, align: 'end', first: 'desc' },
];
const rowKey = (r: Row): string => String(r.id);
const rowTarget = (r: Row) => ({ to: '/', search: { row: String(r.id) }, keep: true });

function Bench() {
  const { state, onState } = useTableSearch();
  return (
    <main style={{ padding: 16 }}>
      <h1>Routes</h1>
      <DataTable
        label="Routes"
        noun={['route', 'routes']}
        columns={columns}
        rows={rows}
        rowKey={rowKey}
        rowTarget={rowTarget}
        defaultSort="-excess"
        state={state}
        onState={onState}
        empty="Nothing."
      />
    </main>
  );
}

const root = createRootRoute({ component: Bench, notFoundComponent: Bench });
const router = createRouter({ routeTree: root, parseSearch, stringifySearch });
createRoot(document.getElementById('root')!).render(<RouterProvider router={router} />);
