import { createHash } from 'node:crypto';
import { EventColumnsBuilder, toJson, type BatchAccount, type EventRow } from '@headwater/header-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Arrived } from '../arrived.ts';
import { Sampler } from './sampler.ts';
import { SlowLine } from './slow.ts';

const NOW = 1_790_000_000_000;
const MS = 1_000_000;

interface Stored {
  schema: number;
  service: string;
  role: string;
  method: string;
  route: string;
  status: number;
  kept: string;
  samples: { seen_at: string; kept: string; host: string; exchange: Record<string, unknown> }[];
}

function row(more: EventRow = {}): EventRow {
  return {
    start_time: BigInt(NOW) * 1_000_000n,
    'service.name': 'shop',
    'http.request.method': 'GET',
    'http.route': '/items/{int}',
    'http.response.status_code': 200,
    'headwater.ttfb_ns': 2 * MS,
    'headwater.total_ns': 3 * MS,
    'http.request.headers': [
      { name: 'Host', value: 'shop.test' },
      { name: 'Authorization', value: '', action: 'presence' },
      { name: 'Cookie', value: '9f1c', action: 'hash' },
    ],
    'http.response.headers': [{ name: 'X-Trace', value: 'abc' }],
    ...more,
  };
}

function arrived(rows: EventRow[], referenceMs = NOW): Arrived {
  const b = new EventColumnsBuilder();
  for (const r of rows) b.add(r);
  const none = { started: 0, emitted: 0, filtered: {}, lost: {}, in_flight: 0 };
  const account: BatchAccount = {
    watermark_unix_ms: referenceMs,
    since_unix_ms: referenceMs,
    until_unix_ms: referenceMs,
    request: none,
    response: none,
    exchanges: rows.length,
    unread: {},
    coverage: 1,
    source: 'live',
  };
  return { identity: { hostId: 'host-1', incarnation: 'a' }, seq: 1, offset: 0, account, columns: b.finish(), referenceMs };
}

describe('Sampler', () => {
  let stored: Map<string, { value: Stored; text: string; ttlMs: number | undefined }>;
  let order: string[];
  let lost: string[];
  let sampler: Sampler;
  let trouble: Error | null;
  const state = {
    set(key: string, text: string, options?: { ttlMs?: number }): Promise<void> {
      if (trouble) return Promise.reject(trouble);
      order.push(key);
      stored.set(key, { value: JSON.parse(text) as Stored, text, ttlMs: options?.ttlMs });
      return Promise.resolve();
    },
  };

  beforeEach(() => {
    stored = new Map();
    order = [];
    lost = [];
    trouble = null;
    sampler = new Sampler({ kept: () => undefined, lost: (reason) => lost.push(reason), written: () => undefined }, (name) => name || 'unknown');
  });

  const only = (): Stored => {
    expect(stored.size).toBe(1);
    return [...stored.values()][0]!.value;
  };

  it('writes the key and value of the contract, the exchange as toJson has it', async () => {
    const batch = arrived([row({ 'http.response.status_code': 503 })]);
    sampler.look(batch, NOW);
    await sampler.write(state, NOW);
    const hash = createHash('sha256').update(['server', 'GET', '/items/{int}', '503'].join('\0')).digest('hex').slice(0, 16);
    const { value, ttlMs } = stored.get(`sample/shop/${hash}`)!;
    expect(ttlMs).toBe(86_400_000);
    const seen = new Date(NOW).toISOString();
    expect(value).toEqual({
      schema: 1,
      service: 'shop',
      role: 'server',
      method: 'GET',
      route: '/items/{int}',
      status: 503,
      kept: 'failed',
      samples: [{ seen_at: seen, kept: 'failed', host: 'host-1', exchange: JSON.parse(JSON.stringify(toJson(batch.columns, 0))) }],
    });
  });

  it('holds no header value that the event does not have', async () => {
    const secret = 'tok-never-sent';
    const rows = [
      row({ 'http.response.status_code': 401 }),
      row({ 'http.response.status_code': 200, 'http.route': '/other', 'http.request.headers': [{ name: 'X-A', value: secret }] }),
    ];
    sampler.look(arrived(rows), NOW);
    await sampler.write(state, NOW);
    const failed = [...stored.values()].find((s) => s.value.status === 401)!;
    // The other row of the batch shares the dictionary, not the sample.
    expect(failed.text).not.toContain(secret);
    const headers = failed.value.samples[0]!.exchange['http.request.headers'] as { name: string; value: string; action: string }[];
    expect(headers).toEqual([
      { name: 'Host', value: 'shop.test', action: 'keep' },
      { name: 'Authorization', value: '', action: 'presence' },
      { name: 'Cookie', value: '9f1c', action: 'hash' },
    ]);
  });

  it('keeps failed, slow and good apart: an error without a response, more than a second, above the 99th percentile', async () => {
    sampler.look(arrived([row({ 'http.response.status_code': 0, 'error.type': 'connection_reset', 'headwater.total_ns': -1 })]), NOW);
    sampler.look(arrived([row({ 'http.route': '/long', 'headwater.total_ns': 1_000_000_001 })]), NOW);
    sampler.look(arrived([row({ 'http.route': '/very-long', 'headwater.total_ns': 60_000 * MS })]), NOW);
    sampler.look(arrived([row({ 'http.route': '/unknown', 'headwater.total_ns': -1 })]), NOW);
    const spread = Array.from({ length: 150 }, (_, i) => row({ 'http.route': '/spread', 'headwater.total_ns': (2 + (i % 3)) * MS }));
    sampler.look(arrived([...spread, row({ 'http.route': '/spread', 'headwater.total_ns': 40 * MS })]), NOW);
    await sampler.write(state, NOW);
    const kinds = Object.fromEntries([...stored.values()].map(({ value }) => [value.route + value.status, value.samples.map((s) => s.kept).join()]));
    expect(kinds).toEqual({
      '/items/{int}0': 'failed',
      '/long200': 'slow',
      '/very-long200': 'slow',
      '/unknown200': 'good',
      '/spread200': 'slow,good',
    });
    const slow = [...stored.values()].find((s) => s.value.route === '/spread')!.value;
    expect(slow.kept).toBe('slow');
    expect(slow.samples[0]!.exchange['headwater.total_ns']).toBe(40 * MS);
  });

  it('keeps three at most, newest first, and never throws the only good one out for slow ones', async () => {
    sampler.look(arrived([row()]), NOW);
    for (let i = 1; i <= 6; i++) sampler.look(arrived([row({ 'headwater.total_ns': (1000 + i) * MS })], NOW + i * 4_000), NOW + i * 4_000);
    await sampler.write(state, NOW + 30_000);
    const { samples } = only();
    expect(samples.map((s) => s.kept)).toEqual(['slow', 'slow', 'good']);
    expect(samples[0]!.exchange['headwater.total_ns']).toBe(1006 * MS);
    expect(samples[1]!.exchange['headwater.total_ns']).toBe(1005 * MS);
  });

  it('takes one good exchange a group each 10 s and writes a group each 10 s', async () => {
    for (let ms = 0; ms < 20_000; ms += 500) {
      sampler.look(arrived([row({ 'headwater.ordinal': ms })], NOW + ms), NOW + ms);
      await sampler.write(state, NOW + ms);
    }
    expect(order).toHaveLength(2);
    expect(only().samples.map((s) => s.exchange['headwater.ordinal'])).toEqual([10_000, 0]);
  });

  it('looks at no batch that is older than five minutes', async () => {
    sampler.look(arrived([row({ 'http.response.status_code': 500 })], NOW - 300_001), NOW);
    await sampler.write(state, NOW);
    expect(stored.size).toBe(0);
  });

  it('writes failed groups first and 64 a time', async () => {
    sampler.look(arrived(Array.from({ length: 200 }, (_, i) => row({ 'http.route': `/r${i}`, 'http.response.status_code': i % 4 === 0 ? 500 : 200 }))), NOW);
    await sampler.write(state, NOW);
    expect(order).toHaveLength(64);
    const statuses = [...stored.values()].map((s) => s.value.status);
    expect(statuses.slice(0, 50).every((s) => s === 500)).toBe(true);
    expect(statuses.slice(50).every((s) => s === 200)).toBe(true);
  });

  it('holds 500 groups a service at most and leaves room for failures', async () => {
    for (let second = 0; second < 100; second++) {
      const ms = NOW + second * 1000;
      const some = (status: number) => Array.from({ length: 20 }, (_, i) => row({ 'http.route': `/c${second * 20 + i}`, 'http.response.status_code': status }));
      sampler.look(arrived([...some(second < 50 ? 200 : 404), row({ 'service.name': 'other' })], ms), ms);
      await sampler.write(state, ms);
    }
    const shop = [...stored.values()].filter((s) => s.value.service === 'shop');
    expect(shop.filter((s) => s.value.status === 200)).toHaveLength(300);
    expect(shop.filter((s) => s.value.status === 404)).toHaveLength(200);
    expect([...stored.values()].filter((s) => s.value.service === 'other')).toHaveLength(1);
    expect(lost).toContain('no_room');
  });

  it('loses samples only, and counted, while the store is away; then writes what it has', async () => {
    trouble = new Error('away');
    sampler.look(arrived([row({ 'http.response.status_code': 500 })]), NOW);
    await sampler.write(state, NOW);
    expect(lost).toEqual(['store']);
    trouble = null;
    await sampler.write(state, NOW + 1_000); // still pausing
    expect(stored.size).toBe(0);
    await sampler.write(state, NOW + 5_000);
    expect(only().status).toBe(500);
  });

  it('begins no write while one is under way, and keeps a sample that came meanwhile', async () => {
    let done = (): void => undefined;
    const slowly = { set: () => new Promise<void>((ok) => (done = ok)) };
    sampler.look(arrived([row({ 'http.response.status_code': 500, 'headwater.ordinal': 1 })]), NOW);
    const first = sampler.write(slowly, NOW);
    await sampler.write(state, NOW);
    expect(stored.size).toBe(0);
    sampler.look(arrived([row({ 'http.response.status_code': 500, 'headwater.ordinal': 2 })]), NOW + 1);
    done();
    await first;
    await sampler.write(state, NOW + 10_000);
    expect(only().samples.map((s) => s.exchange['headwater.ordinal'])).toEqual([2, 1]);
  });

  it('does not keep an exchange over 64 KiB, nor throw at columns it cannot read', () => {
    sampler.look(arrived([row({ 'http.response.status_code': 500, 'http.request.headers': [{ name: 'X', value: 'v'.repeat(70_000) }] })]), NOW);
    expect(lost).toEqual(['too_large']);
    const broken = arrived([row()]);
    broken.columns.columns = {};
    sampler.look(broken, NOW);
    expect(lost).toEqual(['too_large', 'error']);
  });

  describe('long exchanges', () => {
    const phase = (name: 'begin' | 'end', more: EventRow = {}) =>
      row({ 'headwater.phase': name, 'headwater.total_ns': -1n, 'headwater.connection': 7n, 'headwater.ordinal': 2, ...more });
    const end = (more: EventRow = {}) =>
      phase('end', { 'headwater.total_ns': 30_000_000, 'http.response.body.size': 512, 'http.request.headers': [], 'http.response.headers': [], ...more });
    const stored_ = async (now: number) => {
      await sampler.write(state, now);
      return only().samples.map((s) => [s.kept, s.exchange['headwater.phase'], s.exchange['headwater.total_ns'], (s.exchange['http.request.headers'] as []).length]);
    };

    it('is kept when it begins, still open, and has the total of its end when that comes, in another batch', async () => {
      sampler.look(arrived([phase('begin', { 'headwater.flags': ['mid_connection'] })]), NOW);
      expect(await stored_(NOW)).toEqual([['good', 'begin', undefined, 3]]);
      sampler.look(arrived([end({ 'headwater.flags': ['end_inferred'] })]), NOW + 20_000);
      expect(await stored_(NOW + 20_000)).toEqual([['good', 'complete', 30_000_000, 3]]);
      expect(only().samples[0]!.exchange).toMatchObject({ 'headwater.flags': ['mid_connection', 'end_inferred'], 'http.response.body.size': 512 });
      // Once: another end of the same is nothing new.
      sampler.look(arrived([end({ 'headwater.total_ns': 1 })]), NOW + 40_000);
      expect(await stored_(NOW + 40_000)).toEqual([['good', 'complete', 30_000_000, 3]]);
    });

    it('counts as failed or slow by its end', async () => {
      sampler.look(arrived([phase('begin'), end({ 'error.type': 'connection_closed' })]), NOW);
      expect(await stored_(NOW)).toEqual([['failed', 'complete', 30_000_000, 3]]);
      sampler.look(arrived([phase('begin', { 'headwater.ordinal': 3 }), end({ 'headwater.ordinal': 3, 'headwater.total_ns': 2_000_000_000 })]), NOW + 20_000);
      expect(await stored_(NOW + 20_000)).toEqual([
        ['slow', 'complete', 2_000_000_000, 3],
        ['failed', 'complete', 30_000_000, 3],
      ]);
    });

    it('of an end without a sample of its beginning only a failure is kept, by itself', async () => {
      sampler.look(arrived([phase('begin'), end({ 'headwater.connection': 8n }), end({ 'headwater.ordinal': 9 })]), NOW);
      expect(await stored_(NOW)).toEqual([['good', 'begin', undefined, 3]]);
      sampler.look(arrived([end({ 'headwater.connection': 8n, 'error.type': 'connection_reset' })]), NOW + 20_000);
      expect(await stored_(NOW + 20_000)).toEqual([
        ['failed', 'end', 30_000_000, 0],
        ['good', 'begin', undefined, 3],
      ]);
    });

    it('waits for the end of a stream for hours, and not for one whose place was taken', async () => {
      sampler.look(arrived([phase('begin')]), NOW);
      await sampler.write(state, NOW);
      const later = NOW + 3 * 3_600_000;
      await sampler.write(state, later);
      sampler.look(arrived([end()], later), later);
      expect(await stored_(later)).toEqual([['good', 'complete', 30_000_000, 3]]);
      for (let i = 1; i < 6; i++) sampler.look(arrived([phase('begin', { 'headwater.ordinal': 10 + i })], later + i * 20_000), later + i * 20_000);
      sampler.look(arrived([end({ 'headwater.ordinal': 11 })], later + 200_000), later + 200_000);
      expect((await stored_(later + 200_000)).map((s) => s[1])).toEqual(['begin', 'begin', 'begin']);
    });
  });

  it('gives an endpoint that always fails its place beside a flood of failures elsewhere', async () => {
    const flood = Array.from({ length: 3_000 }, () => row({ 'http.response.status_code': 404 }));
    sampler.look(arrived([...flood, row({ 'http.response.status_code': 500, 'http.route': '/rare' })]), NOW);
    await sampler.write(state, NOW);
    expect([...stored.values()].map((s) => s.value.route).sort()).toEqual(['/items/{int}', '/rare']);
  });
});

describe('SlowLine', () => {
  it('names nothing slow before it has seen enough, then about one in a hundred', () => {
    const line = new SlowLine();
    let early = 0;
    for (let i = 0; i < 99; i++) if (line.over(i === 50 ? 1e12 : 1e6)) early++;
    expect(early).toBe(0);
    let over = 0;
    // log-normal-like durations from a fixed sequence
    let seed = 7;
    for (let i = 0; i < 50_000; i++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      const u = (seed >>> 8) / 2 ** 24;
      if (line.over(1e6 * Math.exp(4 * u))) over++;
    }
    expect(over).toBeLessThan(50_000 * 0.02);
    expect(over).toBeGreaterThan(0);
    expect(line.over(1e9)).toBe(true);
    expect(line.over(0)).toBe(false);
  });

  it('an exchange that stands for a thousand counts as a thousand; no weight runs a counter over', () => {
    const line = new SlowLine();
    // One in a thousand fast ones was kept, and every slow one.
    let over = 0;
    for (let i = 0; i < 200; i++) {
      line.over(1e6, 1_000);
      if (line.over(1e9)) over++;
    }
    expect(over).toBeGreaterThan(190);
    for (let i = 0; i < 100; i++) line.over(1e6, 2 ** 31);
    expect([line.over(1e6), line.over(1e9)]).toEqual([false, true]);
  });
});
