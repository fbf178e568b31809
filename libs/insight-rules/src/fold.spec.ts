import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { expect, it } from 'vitest';
import { HostsFold, ServiceFold } from './fold.ts';

const AT = Date.UTC(2026, 10, 23, 10);

function windowOf(rows: { role?: 'server' | 'client'; route: string; status: number; n: number; ttfbMs?: number; error?: string }[]): Uint8Array {
  const w = new ServiceWindow();
  for (const { role = 'server', route, status, n, ttfbMs, error } of rows) {
    const p = w.pattern(role, 'GET', route, status);
    p.exchanges += n;
    w.roleExchanges[role] += n;
    p.firstSeenMs = AT;
    if (ttfbMs !== undefined) p.ttfb.add(ttfbMs * 1e6, n);
    if (error !== undefined) p.addError(error, n);
  }
  return w.encode();
}

it('counts as alerts do: 5xx, what had no whole answer, and no answer at all; times are of what was answered below 500', () => {
  const fold = new ServiceFold('shop');
  fold.add(
    windowOf([
      { route: '/a', status: 200, n: 90, ttfbMs: 10 },
      { route: '/a', status: 206, n: 4, error: 'connection_closed', ttfbMs: 10 },
      { route: '/a', status: 503, n: 6, ttfbMs: 9000 },
      { route: '/a', status: 0, n: 3, error: 'connection_reset' },
      { route: '/b', status: 0, n: 2 },
      { route: '', status: 200, n: 5, ttfbMs: 10 },
      { role: 'client', route: '/a', status: 500, n: 1000, ttfbMs: 1 },
    ]),
    'now',
  );
  const { service, endpoints, left } = fold.facts(10);
  expect(service.now).toMatchObject({ exchanges: 110, failed: 15, clientErrors: 0 });
  expect(service.now.p99Ms).toBeCloseTo(10, 0);
  expect(endpoints.map((e) => [e.route, e.now.exchanges, e.now.failed])).toEqual([
    ['/a', 103, 13],
    ['/b', 2, 2],
  ]);
  expect(endpoints[0]!.failures).toEqual([
    { status: null, errorType: 'connection_reset', exchanges: 3, before: 0, firstSeenMs: AT },
    { status: 206, errorType: 'connection_closed', exchanges: 4, before: 0, firstSeenMs: null },
    { status: 503, errorType: null, exchanges: 6, before: 0, firstSeenMs: AT },
  ]);
  expect(endpoints[1]!.failures).toMatchObject([{ status: null, errorType: 'no_response', exchanges: 2 }]);
  expect([left, endpoints[1]!.now.p50Ms]).toEqual([0, null]);
});

it('keeps what hurts most and what an alert names; the rest is counted, and so is what is over its budget', () => {
  const fold = new ServiceFold('shop');
  for (let part = 0; part < 6; part++)
    fold.add(windowOf(Array.from({ length: 900 }, (_, i) => ({ route: `/r${part * 900 + i}`, status: part === 1 && i === 7 ? 500 : 200, n: 10, ttfbMs: 5 }))), 'now');
  const { service, endpoints, left } = fold.facts(3, new Set(['GET /r42']));
  expect(service.now).toMatchObject({ exchanges: 54_000, failed: 10 });
  expect(endpoints.slice(0, 2).map((e) => e.route)).toEqual(['/r42', '/r907']);
  expect([endpoints.length, left]).toEqual([3, 5400 - 3]);
});

it('of hosts: what was lost on the way and in batches that never came, less what came after all', () => {
  const w = new HostsWindow();
  const a = w.host('alpha');
  a.exchanges = 500;
  a.request.lost.set('ring_full', 4);
  a.addLostBatches('sequence_gap', 2, 30);
  a.addLostBatches('sequence_gap_filled', 1, 10);
  const b = w.host('bravo');
  b.coverageRead = 90;
  b.coverageKnown = 100;
  const fold = new HostsFold();
  fold.add(w.encode());
  expect(fold.facts()).toEqual({
    hosts: [
      { host: 'alpha', exchanges: 500, lostExchanges: 24, coverage: 1, silentMs: null },
      { host: 'bravo', exchanges: 0, lostExchanges: 0, coverage: 0.9, silentMs: null },
    ],
    lostExchanges: 24,
    lostBatches: 1,
    coverage: 0.9,
  });
  expect(fold.facts('bravo')).toMatchObject({ lostExchanges: 0, lostBatches: 0, coverage: 0.9 });
});
