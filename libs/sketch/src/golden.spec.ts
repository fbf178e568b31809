// golden/*.bin are windows as a version wrote them. They must stay readable for ever, with the same contents, and be written
// with the same bytes: what needs nothing of a newer version is written as the older one.
// `UPDATE_GOLDEN=1 vitest run golden` writes files of the present version that do not exist yet.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { HostsWindow } from './hosts-window.ts';
import { ServiceWindow } from './service-window.ts';

const T = 1_790_000_000_000;
const place = (name: string): string => fileURLToPath(new URL(`../golden/${name}.bin`, import.meta.url));

function hosts(): HostsWindow {
  const w = new HostsWindow();
  for (const [name, n] of [
    ['host-a', 1],
    ['host-ü', 2],
  ] as const) {
    const a = w.host(name);
    a.request = { started: 100 * n, emitted: 90 * n, filtered: new Map([['in_body', 4]]), lost: new Map([['ring_full', 5]]), inFlight: n };
    a.response = { started: 95 * n, emitted: 90 * n, filtered: new Map(), lost: new Map(), inFlight: 0 };
    a.exchanges = 90 * n;
    a.coverageRead = 90 * n;
    a.coverageKnown = 120 * n;
    a.unread = new Map([['io_uring', 30]]);
    a.batches = 3;
    a.lostBatches = new Map([
      ['sequence_gap', 2],
      ['sequence_gap_filled', 1],
    ]);
    a.repeatedBatches = 1;
    a.clampedTimes = 2;
    a.lateExchanges = 3;
    a.skewMinMs = -7 * n;
    a.untilMs = T + n;
  }
  return w;
}

function service(): ServiceWindow {
  const w = new ServiceWindow();
  w.sampled = true;
  w.roleExchanges.server = 12;
  w.roleExchanges.client = 1;
  for (const [role, method, route, status] of [
    ['server', 'GET', '/items/{int}', 200],
    ['server', 'POST', '/ü', 503],
    ['client', 'GET', '/', 0],
  ] as const) {
    const p = w.pattern(role, method, route, status);
    p.exchanges = role === 'client' ? 1 : 6;
    p.requestBytes = 1234;
    p.sizedRequests = 5;
    p.responseBytes = 2 ** 40;
    p.sizedResponses = 4;
    if (status !== 200) p.addError('connection_reset', 1);
    p.firstSeenMs = T + 5;
    p.lastSeenMs = T + 9;
    for (const ns of [0, 1_000, 2_500_000, 7e9]) p.ttfb.add(ns, 2);
    p.total.add(9e9, 6);
  }
  const h = w.header('server', 'request', 'host');
  h.exchanges = h.occurrences = 12;
  h.bytes = 160;
  for (let i = 0; i < 30; i++) {
    h.distinct.add(`shop-${i}`);
    h.top.add(`shop-${i}`, 1 + i);
  }
  return w;
}

/** since version 2 */
function sampledHosts(): HostsWindow {
  const w = hosts();
  w.host('host-a').addSampling('policy', { oneIn: 10, exchanges: 1000, kept: 104 });
  w.host('host-a').addSampling('governor', { oneIn: 64, exchanges: 640, kept: 12 });
  return w;
}

/** since version 3 */
function losingHosts(): HostsWindow {
  const w = sampledHosts();
  w.host('host-a').addLostBatches('retention', 4, 812);
  w.host('{unknown}').addLostBatches('retention', 9, null);
  w.host('{unknown}').addLostBatches('retention_attributed', 4, null);
  return w;
}

/** since version 2 */
function phasedService(): ServiceWindow {
  const w = service();
  const p = w.pattern('server', 'GET', '/items/{int}', 200);
  p.begun = 3;
  p.ended = 300;
  return w;
}

/** since version 3 */
function servedClients(): ServiceWindow {
  const w = phasedService();
  for (let i = 0; i < 30; i++) w.client('10.0.0.7').add(400 + i, 30 - i);
  const c = w.client('checkout');
  c.add(200, 5);
  c.add(0, 2);
  c.errors = 2;
  return w;
}

const WRITTEN = { 'hosts-1': hosts, 'service-1': service, 'hosts-2': sampledHosts, 'hosts-3': losingHosts, 'service-2': phasedService, 'service-3': servedClients };

it.each(Object.entries(WRITTEN))('%s stays readable', (name, make) => {
  if (!existsSync(place(name)) && process.env['UPDATE_GOLDEN'] === '1') writeFileSync(place(name), make().encode());
  const bytes = readFileSync(place(name));
  expect(bytes[1]).toBe(Number(name.at(-1)));
  const kind = name.startsWith('hosts') ? HostsWindow : ServiceWindow;
  expect(kind.decode(bytes)).toEqual(kind.decode(make().encode()));
  expect(Buffer.from(make().encode()).equals(bytes)).toBe(true);
});

it('for readers of version 2 clients are left out, and nothing else', () => {
  expect(Buffer.from(servedClients().encode(2)).equals(readFileSync(place('service-2')))).toBe(true);
});

it('of versions 1 and 2 in one merge, nothing of either is missing', () => {
  const w = HostsWindow.decode(readFileSync(place('hosts-1')));
  w.merge(HostsWindow.decode(readFileSync(place('hosts-2'))));
  const a = HostsWindow.decode(w.encode()).get('host-a')!;
  expect([a.exchanges, a.sampling.get('governor'), a.sampling.get('policy')]).toEqual([180, { oneIn: 64, exchanges: 640, kept: 12 }, { oneIn: 10, exchanges: 1000, kept: 104 }]);
});
