import { SERIES_KEYS, advance, encodeSeries, hostSlots, hostsRows, patternSlots, serviceRows } from '@headwater/fleet-series';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawGet, World } from '../testing/world.ts';
import { hosts, service } from '../testing/windows.ts';
import { formatOf } from './scrape.ts';

let w: World;
const T = Date.UTC(2026, 10, 22, 9, 0, 0);

async function store(name: string, n: number): Promise<void> {
  const window = service([{ route: '/', status: 200, n, ttfbMs: 10, seenAt: T }]);
  const series = advance(`s:${name}`, null, { windows: [serviceRows(T, window)], horizonMs: T, endMs: T + 60_000, slots: (l) => patternSlots(10, l) })!;
  await w.state.set(SERIES_KEYS.service(name), encodeSeries(series));
}

beforeAll(async () => {
  w = await World.start();
  await store('shop', 7);
  await store('mail', 3);
  const account = hostsRows(T, hosts([{ host: 'web-1', lost: { ring_full: 2 } }]));
  await w.state.set(SERIES_KEYS.hosts, encodeSeries(advance('h:', null, { windows: [account], horizonMs: T, endMs: T, slots: (l) => hostSlots(10, l) })!));
});
afterAll(() => w.stop());

const exchanges = (text: string) => [...text.matchAll(/^headwater_http_server_exchanges_total\{service_name="(\w+)".* (\d+)$/gm)].map((m) => `${m[1]} ${m[2]}`);

test('all series, in the text format unless OpenMetrics is asked for', async () => {
  const reply = await w.get('/v1/metrics');
  expect(reply.status).toBe(200);
  expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(exchanges(reply.text)).toEqual(['mail 3', 'shop 7']);
  expect(reply.text).toContain('headwater_capture_messages_total{host_name="web-1",message="request",outcome="lost",reason="ring_full"} 2\n');
  expect(reply.text).toContain('headwater_alerts_open{severity="page"} 0\n');
  const open = await w.get('/v1/metrics', { headers: ['accept', 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'] });
  expect(open.headers['content-type']).toContain('application/openmetrics-text');
  expect(open.text.endsWith('# EOF\n')).toBe(true);
});

test('a token narrowed to services sees these and no host; one without fleet:read sees no host', async () => {
  const narrowed = await w.get('/v1/metrics', { token: await w.token({ services: ['mail'] }) });
  expect(exchanges(narrowed.text)).toEqual(['mail 3']);
  expect(narrowed.text).not.toContain('web-1');
  const plain = await w.get('/v1/metrics', { token: await w.token({ scope: 'metrics:read' }) });
  expect(exchanges(plain.text)).toHaveLength(2);
  expect(plain.text).not.toContain('web-1');
  const other = await w.get('/v1/metrics?service=shop', { token: await w.token({ services: ['mail'] }) });
  expect(exchanges(other.text)).toEqual([]);
});

test('one service by name; other parameters are refused by name', async () => {
  expect(exchanges((await w.get('/v1/metrics?service=shop')).text)).toEqual(['shop 7']);
  const wrong = await w.get('/v1/metrics?route=/');
  expect([wrong.status, wrong.json.errors[0].parameter]).toEqual([400, 'route']);
});

test('what a newer version wrote is left out and counted; the rest is served', async () => {
  await w.state.set(SERIES_KEYS.service('new'), '{"version":99}');
  const { text } = await w.get('/v1/metrics');
  expect(exchanges(text)).toHaveLength(2);
  expect(text).toContain('headwater_series_unreadable 1\n');
  await w.state.delete(SERIES_KEYS.service('new'));
});

test('compressed for who asks', async () => {
  const response = await fetch(`${w.base}/v1/metrics`, { headers: { authorization: `Bearer ${await w.token()}`, 'accept-encoding': 'gzip' } });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(exchanges(await response.text())).toHaveLength(2);
});

test('without a scope or a store: 403, 503', async () => {
  expect((await rawGet(`${w.base}/v1/metrics`, [])).status).toBe(401);
  const { StateStoreError } = await import('@headwater/state-store');
  w.storeError = new StateStoreError('unreachable', { detail: 'test' });
  expect((await w.get('/v1/metrics')).status).toBe(503);
  w.storeError = null;
});

test.each([
  [undefined, 'text'],
  ['*/*', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5', 'text'],
  ['application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.5', 'text'],
  ['application/openmetrics-text; version=1.0.0, application/openmetrics-text; version=0.0.1; q=0.75, text/plain;version=0.0.4;q=0.5', 'openmetrics'],
])('Accept %s: %s', (accept, format) => {
  expect(formatOf(accept)).toBe(format);
});
