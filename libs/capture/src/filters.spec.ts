import { expect, it } from 'vitest';
import { DEFAULT_CAPTURE_OPTIONS, type ExchangeMatch, type LogFilter, type PolicyLayer } from './index.ts';
import { shots, Steps, type Shot } from './testing/traffic.ts';

const policy = (filters: LogFilter[], more: Partial<PolicyLayer> = {}): PolicyLayer => ({ ...DEFAULT_CAPTURE_OPTIONS.policy, filters, ...more });

const SHOTS: Shot[] = [
  { target: '/a/1?q=x', status: 200 },
  { method: 'POST', target: '/b', status: 404, request: ['X-Flag: yes, 1'] },
  { target: 'http://other.example/c', status: 503, response: ['X-Flag: no'] },
  { method: 'PURGE', target: '/d', status: 0 },
  { target: '/e', status: 301, ms: 250 },
];

/** Indices of the shots that become rows when only what matches is logged. */
function logged(match: ExchangeMatch): number[] {
  const steps = new Steps({
    policy: policy([
      { match, log: 'all' },
      { match: {}, log: 'none' },
    ]),
    services: [{ service: 'Shop', port: 8080 }],
  });
  const rows = [...steps.push(shots(SHOTS)).rows, ...steps.flush().rows];
  const totals = JSON.parse(steps.native.totals()) as { filtered: { request: Record<string, number> }; started: { request: number }; emitted: { request: number } };
  expect(totals.filtered.request['policy'] ?? 0).toBe(SHOTS.length - rows.length);
  expect(totals.emitted.request).toBe(rows.length);
  return rows.map((r) => ['/a/{int}', '/b', '/c', '/d', '/e'].indexOf(r['http.route'] as string));
}

it.each([
  [{}, [0, 1, 2, 3, 4]],
  [{ methods: ['POST', 'PURGE'] }, [1, 3]],
  [{ methods: ['post'] }, []],
  [{ statuses: [200, 503] }, [0, 2]],
  [{ statuses: ['4xx', '3xx'] }, [1, 4]],
  [{ statuses: [0] }, [3]],
  [{ statuses: [0, '5xx'] }, [2, 3]],
  [{ host: 'OTHER.*' }, [2]],
  [{ host: 'a' }, [0, 1, 3, 4]],
  [{ path: '/a/*' }, [0]],
  [{ path: '/a/1' }, [0]],
  [{ path: '/?' }, [1, 2, 3, 4]],
  [{ role: 'client' }, []],
  [{ role: 'server' }, [0, 1, 2, 3, 4]],
  [{ ports: [1, 2] }, []],
  [{ header: { name: 'x-flag' } }, [1, 2]],
  [{ header: { name: 'X-FLAG', direction: 'request' } }, [1]],
  [{ header: { name: 'x-flag', value: 'no' } }, [2]],
  [{ header: { name: 'x-flag', value: 'yes*' } }, [1]],
  [{ slowerThanMs: 200 }, [4]],
  [{ methods: ['GET'], statuses: ['2xx', '5xx'], path: '/c' }, [2]],
] as [ExchangeMatch, number[]][])('a filter on %j', (match, expected) => {
  expect(logged(match)).toEqual(expected);
});

it('the first filter that matches decides, and none means all', () => {
  const rows = (filters: LogFilter[], narrowing?: PolicyLayer) => {
    const steps = new Steps({ policy: policy(filters), ...(narrowing ? { narrowing } : {}) });
    return [...steps.push(shots(SHOTS)).rows, ...steps.flush().rows].length;
  };
  expect(rows([])).toBe(5);
  expect(rows([{ match: { path: '/a*' }, log: 'none' }])).toBe(4);
  expect(
    rows([
      { match: { path: '/a*' }, log: 'all' },
      { match: { path: '/a*' }, log: 'none' },
    ]),
  ).toBe(5);
  expect(rows([{ match: { path: '/a*' }, log: 'none' }], policy([{ match: { path: '/b' }, log: 'none' }]))).toBe(3);
  expect(rows([{ match: { path: '/a*' }, log: 'none' }], policy([{ match: { path: '/a*' }, log: 'all' }]))).toBe(4);
});
