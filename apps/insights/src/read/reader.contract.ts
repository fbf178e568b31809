import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson, ruleFindings } from '@headwater/insight-rules';
import { StoreError, type ReadRange, type SummaryStore } from '@headwater/summary-store';
import { scrub } from '../testing/stubs/scrubber.ts';
import type { Question } from './port.ts';
import { World, hostsWindow, serviceWindow, type Row } from './testing/world.ts';

const END = Date.UTC(2026, 10, 23, 10, 0);
const MINUTE = 60_000;
const WINDOW = { startMs: END - 5 * MINUTE, endMs: END };
const BEFORE = { startMs: WINDOW.startMs - 5 * MINUTE, endMs: WINDOW.startMs };
const none = new AbortController().signal;
const ask = (subject: Question['subject'], more: Partial<Question> = {}): Question => ({ subject, window: WINDOW, alerts: [], ...more });

/** What a reader answers, whatever store it reads. */
export function readerContract(open: () => Promise<World>): void {
  let world: World;
  let tests = 0;
  beforeAll(async () => {
    world = await open();
  });
  beforeEach(() => world.fresh(`test-${++tests}.header-events.v1`, END + 5 * MINUTE));
  afterAll(() => world.stop());

  /** One window of 10 s a minute, closed; the odd ones rolled up, too. */
  async function minutes(subject: string, range: { startMs: number; endMs: number }, of: (at: number, i: number) => { encode(): Uint8Array }): Promise<void> {
    for (let at = range.startMs, i = 0; at < range.endMs; at += MINUTE, i++) {
      const start = at + (i % 6) * 10_000;
      await world.open([{ start, subject, bytes: of(start, i).encode() }]);
      await world.close(start, subject);
      if (i % 2 === 1) await world.rollUp('1m', at, subject);
    }
  }

  const shop = (bad: number) => (at: number) => {
    const rows: Row[] = [
      { method: 'POST', route: '/checkout', status: 503, n: bad, at: at + 1000, ttfbMs: 5000 },
      { method: 'POST', route: '/checkout', status: 200, n: 1000 - bad, at, ttfbMs: 80 },
      { route: '/products/{int}', status: 200, n: 500, at, ttfbMs: 10 },
      { route: '/products/{int}', status: 404, n: 20, at, ttfbMs: 4 },
      { route: '/old', status: 0, n: 2, at, error: 'connection_reset' },
      { route: '{other}', status: 200, n: 10, at },
      { role: 'client', method: 'POST', route: '/charges', status: 500, n: 400, at, ttfbMs: 70 },
    ];
    return serviceWindow(rows, (w) => {
      const auth = w.header('server', 'request', 'authorization');
      auth.exchanges = 1532;
      auth.top.add('Basic', 100);
      auth.top.add('Bearer fp=k1:17e3f953046cbf21', 1432);
      w.header('server', 'response', bad > 100 ? 'x-build' : 'x-version').exchanges = 1532;
      w.header('client', 'response', 'x-of-others').exchanges = 400;
    });
  };

  describe('a service', () => {
    beforeEach(async () => {
      await minutes('s:shop', BEFORE, shop(1));
      await minutes('s:shop', WINDOW, shop(300));
      await minutes('s:cart', WINDOW, (at) => serviceWindow([{ route: '/secret-of-cart', status: 500, n: 900, at }]));
      await minutes('h:', WINDOW, () => hostsWindow({ alpha: { read: 95, known: 100 }, bravo: {} }));
    });

    it('is told exactly, against as long before, of role server alone, and nothing of others or of hosts', async () => {
      const { input, aliases, comparedWith, complete } = await world.reader().read(ask({ service: 'shop' }), none);
      expect([comparedWith, complete]).toEqual([BEFORE, true]);
      expect(input.quality).toEqual({ complete: true, lost_exchanges: 0, coverage_pct: 95, hosts: 2 });
      // A minute: 1000 + 520 + 2 + 10; failed 300 + 2.
      expect(input.services).toMatchObject([
        { id: 'svc_1', exchanges: 5 * 1532, exchanges_per_s: 25.533, error_pct: 19.71, client_error_pct: 1.31, before: { exchanges_per_s: 25.533, error_pct: 0.2 } },
      ]);
      expect(input.endpoints[0]).toMatchObject({
        method: 'POST',
        route: '/checkout',
        exchanges: 5000,
        error_pct: 30,
        statuses: '200:3500; 503:1500',
        before: { error_pct: 0.1 },
        change: 'none',
      });
      // What failed is in no time: 80 ms, within the sketch's 1 %.
      expect(input.endpoints[0]!.p99_ms).toBeGreaterThan(79);
      expect(input.endpoints[0]!.p99_ms).toBeLessThan(81);
      expect(input.failures[0]).toMatchObject({
        endpoint: 'ep_1',
        status: 503,
        error_type: null,
        exchanges: 1500,
        share_pct: 30,
        before_share_pct: 0.1,
        first_seen: '2026-11-23T09:55:01Z',
      });
      expect(input.failures).toContainEqual(expect.objectContaining({ status: null, error_type: 'connection_reset', share_pct: 100 }));
      expect(input.headers.map((h) => `${h.kind} ${h.name} ${h.share_pct}`)).toEqual(['credential_in_clear authorization 6.53', 'appeared x-build 100', 'vanished x-version 0']);
      expect(input.hosts).toEqual([]);
      const text = canonicalJson([input, aliases]);
      for (const sent of [canonicalJson(input), JSON.stringify(input, null, 2)]) expect(scrub(sent)).toBe(sent);
      for (const other of ['cart', 'charges', 'alpha', 'bravo', 'x-of-others', 'fp=k1']) expect(text).not.toContain(other);
      expect(canonicalJson(input)).not.toContain('shop');
      const [first] = ruleFindings(input, aliases);
      expect(first).toMatchObject({ rule: 'failing_endpoint', severity: 'page', likely_cause: expect.stringMatching(/x-build appeared/) });
    });

    it('is named only where that is allowed', async () => {
      const { input } = await world.reader({ sendServiceNames: true }).read(ask({ service: 'shop' }), none);
      expect(input.services[0]!.name).toBe('shop');
    });

    it('that is not known gives an input without it, compared with nothing', async () => {
      const { input, comparedWith } = await world.reader().read(ask({ service: 'nobody' }), none);
      expect([input.services, input.compared_with, comparedWith]).toEqual([[], null, null]);
    });
  });

  describe('the fleet', () => {
    it('is all services of both times, and all hosts, with those that are silent', async () => {
      for (let i = 0; i < 20; i++)
        await minutes(`s:svc-${i}`, { startMs: i === 0 ? BEFORE.startMs : WINDOW.startMs, endMs: i === 0 ? BEFORE.endMs : WINDOW.startMs + MINUTE }, (at) =>
          serviceWindow([{ route: '/', status: 200, n: 100, at }]),
        );
      await minutes('h:', WINDOW, () => hostsWindow({ alpha: {}, bravo: {} }));
      await world.heartbeat('alpha', world.now - 3000);
      await world.heartbeat('bravo', world.now - 90_000);
      await world.heartbeat('charlie', world.now - 120_000);
      await world.heartbeat('delta', world.now - 120_000, true);
      await world.state.set('agent/broken', 'not json');
      const { input, aliases } = await world.reader().read(ask({}), none);
      expect([input.services.length, input.truncated['services']]).toEqual([12, 8]);
      expect(input.services.find((s) => aliases[s.id]!.service === 'svc-0')).toMatchObject({ exchanges: 0, before: { exchanges_per_s: 1.667 } });
      expect(input.hosts.map((h) => [aliases[h.id]!.host, h.silent_s])).toEqual([
        ['bravo', 90],
        ['charlie', 120],
        ['alpha', null],
      ]);
      // Of a window that is long over heartbeats say nothing.
      world.now += 30 * MINUTE;
      const later = await world.reader().read(ask({}), none);
      expect(later.input.hosts.every((h) => h.silent_s === null)).toBe(true);
    });
  });

  describe('a host', () => {
    it('is told of alone, without services', async () => {
      await minutes('h:', WINDOW, () => hostsWindow({ alpha: { lost: 3 }, bravo: { lostBatch: 10, read: 8, known: 10 } }));
      await minutes('s:shop', WINDOW, shop(300));
      const read = (host: string) => world.reader().read(ask({ host }), none);
      const { input, aliases, complete, comparedWith } = await read('bravo');
      expect([complete, comparedWith]).toEqual([false, null]);
      expect(input).toMatchObject({
        quality: { complete: false, lost_exchanges: 50, coverage_pct: 80, hosts: 1 },
        services: [],
        endpoints: [],
        hosts: [{ exchanges: 0, lost_exchanges: 50, coverage_pct: 80, silent_s: null }],
      });
      expect(aliases).toEqual({ host_1: { kind: 'host', label: 'bravo', host: 'bravo' } });
      expect((await read('alpha')).input.quality).toMatchObject({ complete: false, lost_exchanges: 15 });
      expect((await read('zulu')).input).toMatchObject({ quality: { complete: true, hosts: 0 }, hosts: [] });
    });
  });

  describe('complete', () => {
    const start = WINDOW.startMs;
    const bytes = serviceWindow([{ route: '/', status: 200, n: 10, at: start }]).encode();
    const complete = async () => (await world.reader().read(ask({ service: 'shop' }), none)).input;

    it('is false while a window is open, and its exchanges are counted all the same', async () => {
      await world.open([{ start, subject: 's:shop', bytes }]);
      expect(await complete()).toMatchObject({ quality: { complete: false }, services: [{ exchanges: 10 }] });
      await world.close(start, 's:shop');
      expect(await complete()).toMatchObject({ quality: { complete: true }, services: [{ exchanges: 10 }] });
      // Late data beside the closed window.
      await world.open([{ start, subject: 's:shop', bytes }]);
      expect(await complete()).toMatchObject({ quality: { complete: false }, services: [{ exchanges: 20 }] });
    });
    it('is false where a partition was left out, until it has gone on past the window', async () => {
      await world.open([{ start, subject: 's:shop', bytes }]);
      await world.close(start, 's:shop', [1]);
      expect((await complete()).quality.complete).toBe(false);
      await world.speak(1, start + 39_000);
      expect((await complete()).quality.complete).toBe(false);
      await world.speak(1, start + 40_000);
      expect((await complete()).quality.complete).toBe(true);
    });
    it('is false where something was lost, and where bytes cannot be read: the rest is told', async () => {
      await world.open([
        { start, subject: 's:shop', bytes },
        { start: start + 10_000, subject: 's:shop', bytes: bytes.slice(0, -3) },
      ]);
      expect(await complete()).toMatchObject({ quality: { complete: false }, services: [{ exchanges: 10 }] });
    });
    it('is false while the youngest windows may still come', async () => {
      world.now = END + 5000;
      await world.open([{ start, subject: 's:shop', bytes }]);
      await world.close(start, 's:shop');
      expect((await complete()).quality.complete).toBe(false);
      world.now = END + 31_000;
      expect((await complete()).quality.complete).toBe(true);
    });
  });

  describe('a reader', () => {
    it('stops when it is aborted, and says it when the store is away', async () => {
      const gone = AbortSignal.abort(new Error('enough'));
      await expect(world.reader().read(ask({}), gone)).rejects.toThrow('enough');
      const away: SummaryStore = {
        ...world.summaries,
        units: () => Promise.reject(new StoreError('unreachable', { detail: 'gone' })),
        read: world.summaries.read.bind(world.summaries),
      };
      await expect(world.reader({ summaries: away }).read(ask({}), none)).rejects.toBeInstanceOf(StoreError);
    });

    it('gives way to others, and fetches a day in few, wide windows', async () => {
      const day = { startMs: END - 86_400_000, endMs: END };
      const rows = (at: number): Row[] => Array.from({ length: 200 }, (_, i) => ({ route: `/r${i}/{int}`, status: i % 40 === 0 ? 404 : 200, n: 10 + i, at, ttfbMs: 5 + i }));
      for (let at = day.startMs; at < day.endMs; at += 3_600_000) {
        await world.open([{ start: at, subject: 's:shop', bytes: serviceWindow(rows(at)).encode() }]);
        await world.close(at, 's:shop');
        await world.rollUp('1m', at, 's:shop');
        await world.rollUp('1h', at, 's:shop');
      }
      const widths = new Map<string, number>();
      const summaries = {
        units: (topic: string) => world.summaries.units(topic),
        read: async (range: ReadRange, held: () => boolean) => {
          const found = await world.summaries.read(range, held);
          for (const row of found) if (row.closed?.bytes) widths.set(row.resolution, (widths.get(row.resolution) ?? 0) + 1);
          return found;
        },
      } as Partial<SummaryStore> as SummaryStore;
      let turns = 0;
      let reading = true;
      const others = (async () => {
        for (; reading; turns++) await new Promise((ok) => setImmediate(ok));
      })();
      const { input } = await world.reader({ summaries }).read(ask({ service: 'shop' }, { window: day }), none);
      reading = false;
      await others;
      expect(input.services[0]!.exchanges).toBe(24 * (200 * 10 + (199 * 200) / 2));
      expect([input.endpoints.length, input.truncated['endpoints']]).toEqual([24, 176]);
      expect([...widths]).toEqual([['1h', 24]]);
      expect(turns).toBeGreaterThan(5);
    });
  });
}
