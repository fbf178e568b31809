// Answers are the same whether they come from 10 s windows or from roll-ups, and long ranges live from roll-ups alone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import type { WindowRead } from '@headwater/summary-store';
import { service } from '../testing/windows.ts';
import { World } from '../testing/world.ts';

let w: World;
const HOUR = 3_600_000;
const T = Date.UTC(2026, 10, 22, 7, 0, 0);
const at = (s: number): number => T + s * 1_000;
/** two hours, and a ragged piece of them */
const RANGES = ['start=2026-11-22T07:00:00Z&end=2026-11-22T09:00:00Z', 'start=2026-11-22T07:00:20Z&end=2026-11-22T08:30:10Z'];
const PATHS = [
  '/v1/services?',
  '/v1/services?sort=burn_rate&slo=99&',
  '/v1/services?view=series&step=1m&',
  '/v1/services?view=series&step=1h&',
  '/v1/services?view=series&step=90s&',
  '/v1/request-patterns?view=latency&',
  '/v1/request-patterns?group_by=service&',
  '/v1/failures?group_by=service,route&sort=excess&',
  '/v1/failures?group_by=service,error_type,status&',
  '/v1/clients?',
  '/v1/latency?step=1m&',
  '/v1/latency?step=10m&route=%2Fa&',
  '/v1/latency?step=90s&',
  '/v1/latency?view=heatmap&step=1m&',
  '/v1/latency?view=heatmap&step=1h&metric=total&status=5xx&',
  '/v1/headers?',
  '/v1/headers?group_by=name,direction,service&',
  '/v1/headers?view=series&name=x-id&step=10m&',
  '/v1/fleet/agents?',
];

const answers = async () =>
  Promise.all(
    PATHS.flatMap((path) => RANGES.map(async (range) => w.get(`${path}${range}`).then(({ status, json }) => [path, range, status, json.range, json.data, json.quality] as const))),
  );

beforeAll(async () => {
  w = await World.start();
  // Windows with gaps between them, of two services and the hosts, over two hours.
  for (let s = 0; s < 7_200; s += 70) {
    const start = at(Math.floor(s / 10) * 10);
    const n = 1 + (s % 9);
    const shop = service(
      [
        { route: '/a', status: 200, n: 10 * n, ttfbMs: 1 + (s % 50), seenAt: start + 1 },
        { route: '/a', status: 500, n, ttfbMs: 90 + (s % 7), seenAt: start + 2 },
        { route: '/b', status: 0, n: 2, error: 'no_response', seenAt: start + 3 },
      ],
      (window) => {
        const h = window.header('server', 'request', 'x-id');
        h.exchanges = n;
        h.bytes = 8 * n;
        for (let i = 0; i < n; i += 1) h.distinct.add(`${s}-${i}`);
        h.top.add(`v${s % 3}`, n);
        window.client(`c${s % 3}`).add(s % 2 === 0 ? 200 : 500, n);
      },
    );
    const mail = service([{ route: '/send', status: s % 3 === 0 ? 404 : 202, n: 3, ttfbMs: 5, seenAt: start + 4 }]);
    const hosts = new HostsWindow();
    const account = hosts.host('web-1');
    account.exchanges = 11 * n + 5;
    account.request.started = account.exchanges;
    account.request.lost.set('ring_full', s % 3);
    account.coverageRead = account.coverageKnown = account.exchanges;
    account.untilMs = start + 10_000;
    const segments = [{ subject: 's:shop', window: shop }, ...(s % 140 === 0 ? [{ subject: 's:mail', window: mail }] : []), { subject: 'h:', window: hosts }];
    await w.commit(start, segments);
    for (const { subject, window } of segments) await w.close(start, subject, window);
  }
}, 60_000);
afterAll(() => w.stop());

/** Rolls up whatever is due below this instant; answers how many. */
async function rollUpAll(before: number): Promise<number> {
  let made = 0;
  for (const resolution of ['1m', '1h'] as const)
    for (const key of await w.summaries.rollable({ topic: 'headwater.header-events.v1', partition: 0 }, resolution, before, 10_000)) {
      await w.rollUp(resolution, key.start, key.subject);
      made += 1;
    }
  return made;
}

const read = async (coarsest: '1m' | '1h'): Promise<WindowRead[]> =>
  w.summaries.read({ topic: 'headwater.header-events.v1', resolution: '10s', coarsest, start: T, end: T + 2 * HOUR, subjects: ['s:shop'] });

describe('roll-ups', () => {
  test('every listing answers the same through them, at any step and on ragged ranges', async () => {
    const before = await answers();
    expect(before.every(([, , status]) => status === 200)).toBe(true);
    expect(await rollUpAll(T + 2 * HOUR)).toBeGreaterThan(200);
    expect((await read('1h')).map((r) => r.resolution)).toEqual(['1h', '1h']);
    // a second API with nothing kept would answer so too: what is kept is named by its resolution
    for (const [i, now] of (await answers()).entries()) expect(now).toEqual(before[i]);
  });

  test('late data takes the roll-up away until it is made again; the answer has it at once, and is not complete until it is closed', async () => {
    const get = () => w.get(`/v1/services?${RANGES[0]}&service=shop`);
    const before = await get();
    expect(before.json.quality.lost).toBeGreaterThan(0);
    const late = service([{ route: '/a', status: 200, n: 1_000, ttfbMs: 5, seenAt: at(70) }]);
    await w.commit(at(70), [{ subject: 's:shop', window: late }]);
    const open = await get();
    expect(open.json.data[0].exchanges).toBe(before.json.data[0].exchanges + 1_000);
    expect(open.headers['etag']).not.toBe(before.headers['etag']);
    const points = async (): Promise<boolean[]> => (await w.get(`/v1/latency?${RANGES[0]}&step=1h&service=shop`)).json.data.map((p: { complete: boolean }) => p.complete);
    expect(await points()).toEqual([false, true]);
    const held = await w.summaries.closed('headwater.header-events.v1', { resolution: '10s', start: at(70), subject: 's:shop' });
    const merged = ServiceWindow.decode(held!.bytes);
    merged.merge(late);
    await w.close(at(70), 's:shop', merged);
    expect(await points()).toEqual([true, true]);
    const closed = await get();
    expect(closed.json.data).toEqual(open.json.data);
    expect(await rollUpAll(T + 2 * HOUR)).toBe(2);
    const again = await get();
    expect(again.json).toEqual(closed.json);
    expect((await read('1h')).map((r) => r.resolution)).toEqual(['1h', '1h']);
  });

  test('when the 10 s windows are gone, minutes and hours answer; yesterday and weeks ago too', async () => {
    const ask = async () =>
      Promise.all(
        ['/v1/services?view=series&step=1h&', '/v1/failures?', '/v1/latency?step=1m&', '/v1/latency?view=heatmap&step=1h&', '/v1/headers?'].map(
          async (path) => (await w.get(`${path}${RANGES[0]}`)).json.data,
        ),
      );
    const before = await ask();
    await w.summaries.retire('headwater.header-events.v1', '10s', T + 2 * HOUR, 0);
    expect(await ask()).toEqual(before);
    const { now } = w;
    w.now += 30 * 86_400_000;
    await w.summaries.retire('headwater.header-events.v1', '1m', T + 2 * HOUR, 0);
    const token = await w.token();
    const { json, status, text } = await w.get('/v1/services?view=series&start=now-40d', { token });
    expect(status, text).toBe(200);
    expect(json.range.step).toBe(21_600);
    const sum = (i: number): number => before[0].find((r: { service: string }) => r.service === json.data[i].service).exchanges;
    expect(json.data.map((r: { exchanges: number }) => r.exchanges)).toEqual([sum(0), sum(1)]);
    expect(json.data[0].series.exchanges.reduce((a: number, b: number) => a + b)).toBe(sum(0));
    w.now = now;
  });
});
