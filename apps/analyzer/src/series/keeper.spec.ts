import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERIES_KEYS, decodeSeries, serviceSamples } from '@headwater/fleet-series';
import { ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeWindow } from '../close/closer.ts';
import { Outbox } from '../close/outbox.ts';
import type { SeriesCounts } from './counts.ts';
import { SeriesKeeper } from './keeper.ts';

const TOPIC = 'headwater.header-events.v1';
const MINUTE = 60_000;
const T = Math.floor(1_800_000_000_000 / 3_600_000) * 3_600_000;
const unit = { topic: TOPIC, partition: 0 };

let dir: string;
let store: SummaryStore;
let state: StateStore;
let epoch: number;
let offset: number | null;
let clock: number;
let before: number | null;
let owns: (subject: string) => boolean;
const unreadable: string[] = [];
const refused: boolean[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hw-series-'));
  store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'summaries.db') });
  state = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
  ({ epoch, nextOffset: offset } = await store.claim(unit, 'bus'));
  clock = T + 120 * MINUTE;
  before = clock - 30_000;
  owns = () => true;
  unreadable.length = refused.length = 0;
});
afterEach(async () => {
  await store.end();
  await state.end();
  rmSync(dir, { recursive: true });
});

/** n exchanges of a route in the window around an instant; `closed`: by the closer, not left as a partial. */
async function exchanges(service: string, n: number, atMs: number, { route = '/', closed = true } = {}): Promise<void> {
  const window = new ServiceWindow();
  window.roleExchanges.server = n;
  const p = window.pattern('server', 'GET', route, 200);
  p.exchanges = n;
  p.total.add(1e8, n);
  const key = { resolution: '10s' as const, start: Math.floor(atMs / 10_000) * 10_000, subject: `s:${service}` };
  const segments = [{ ...key, bytes: window.encode(), fresh: true }];
  const nextOffset = (offset ?? 0) + 1;
  const result = await store.commit({ unit, epoch, expectedOffset: offset, nextOffset, agents: new Uint8Array(0), watermark: 1, silent: [], at: clock, segments });
  expect(result.kind).toBe('ok');
  offset = nextOffset;
  if (closed) await closeWindow(store, new Outbox(store, state, null as never, TOPIC, 't'), unit, epoch, key, [], clock);
}

function keeper(maxPatterns = 100): SeriesKeeper {
  const counts: SeriesCounts = { kept: () => undefined, written: (ok) => ok || refused.push(true), unreadable: (subject) => unreadable.push(subject), pushed: () => undefined };
  return new SeriesKeeper(
    {
      store,
      state,
      ours: {
        owns: (s) => owns(s),
        get closedBefore() {
          return before;
        },
      },
      counts,
    },
    { topic: TOPIC, maxPatterns },
    () => clock,
  );
}

const pass = (minutes: number) => {
  clock += minutes * MINUTE;
  before = clock - 30_000;
};

async function stored(service: string) {
  const entry = await state.get(SERIES_KEYS.service(service));
  if (!entry) return null;
  const series = decodeSeries(`s:${service}`, entry.value);
  const total = [...serviceSamples(series, 'server', 'exchanges')].reduce((n, s) => n + (s.kind === 'counter' ? s.value : 0), 0);
  return { total, late: series.late[0] };
}

it('counts closed minutes, takes late data in for ten minutes, and counts what comes later apart', async () => {
  const k = keeper();
  await exchanges('shop', 5, clock - 3 * MINUTE);
  await k.round();
  expect(await stored('shop')).toEqual({ total: 5, late: 0 });
  await exchanges('shop', 2, clock - 3 * MINUTE, { closed: false });
  await exchanges('shop', 100, clock - 20_000);
  await k.round();
  expect(await stored('shop'), 'late data is in, the running minute is not').toEqual({ total: 7, late: 0 });
  pass(2);
  await k.round();
  expect(await stored('shop')).toEqual({ total: 107, late: 0 });
  await exchanges('shop', 3, clock - 15 * MINUTE);
  await exchanges('shop', 1, clock - 3 * 60 * MINUTE);
  pass(2);
  await k.round();
  expect(await stored('shop')).toEqual({ total: 107, late: 4 });
  pass(30);
  await k.round();
  await exchanges('shop', 6, clock - 15 * MINUTE);
  pass(2);
  await k.round();
  expect(await stored('shop')).toEqual({ total: 107, late: 10 });
});

it('another owner goes on from what is stored; one that comes back is refused and reads again', async () => {
  const [a, b] = [keeper(), keeper()];
  await exchanges('shop', 5, clock - 3 * MINUTE);
  await a.round();
  await exchanges('shop', 4, clock - 2 * MINUTE);
  await b.round();
  pass(5);
  await exchanges('shop', 3, clock - 2 * MINUTE);
  await b.round();
  await a.round();
  expect(refused).toHaveLength(1);
  await a.round();
  expect(await stored('shop')).toEqual({ total: 12, late: 0 });
});

it('nobody was there for hours: what was folded meanwhile is counted', async () => {
  await exchanges('shop', 5, clock - 3 * MINUTE);
  await keeper().round();
  await exchanges('shop', 7, clock + 30 * MINUTE);
  await exchanges('shop', 8, clock + 150 * MINUTE);
  pass(300);
  const k = keeper();
  await k.round();
  expect(await stored('shop')).toEqual({ total: 20, late: 0 });
  pass(10);
  await k.round();
  expect(await stored('shop')).toEqual({ total: 20, late: 0 });
});

it('an owner whose partitions lag takes nothing back', async () => {
  await exchanges('shop', 5, clock - 3 * MINUTE);
  await keeper().round();
  before = clock - 60 * MINUTE;
  await exchanges('shop', 1, clock - 2 * MINUTE);
  await keeper().round();
  expect((await stored('shop'))?.total).toBeGreaterThanOrEqual(5);
  before = clock - 30_000;
  await keeper().round();
  expect(await stored('shop')).toEqual({ total: 6, late: 0 });
});

it('only what is ours; what was there before the series began is no late data', async () => {
  await exchanges('shop', 50, clock - 40 * MINUTE);
  await exchanges('mail', 1, clock - 2 * MINUTE);
  await exchanges('shop', 2, clock - 2 * MINUTE);
  owns = (subject) => subject === 's:shop';
  const k = keeper();
  await k.round();
  pass(2);
  await k.round();
  expect([await stored('shop'), await stored('mail')]).toEqual([{ total: 2, late: 0 }, null]);
  expect([...k.services()].map(([name]) => name)).toEqual(['shop']);
});

it('a service has as many series as it may; the rest is one, and sums are exact', async () => {
  for (let i = 0; i < 8; i++) await exchanges('shop', i + 1, clock - 3 * MINUTE + i * 10_000, { route: `/${i}` });
  const k = keeper(3);
  await k.round();
  const [[, series] = []] = [...k.services()];
  expect(series!.total.size).toBe(4);
  expect((await stored('shop'))?.total).toBe(36);
});

it('series of a newer version are left alone; damaged ones begin anew and are told', async () => {
  await state.set(SERIES_KEYS.service('shop'), '{"version":99}');
  await state.set(SERIES_KEYS.service('mail'), 'broken');
  await exchanges('shop', 1, clock - 2 * MINUTE);
  await exchanges('mail', 1, clock - 2 * MINUTE);
  await keeper().round();
  expect((await state.get(SERIES_KEYS.service('shop')))?.value).toBe('{"version":99}');
  expect((await stored('mail'))?.total).toBe(1);
  expect(unreadable.sort()).toEqual(['s:mail', 's:shop']);
});
