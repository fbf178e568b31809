/** What a real Redis does to us: away, hung, full, forgetful, rolled back; and an answer that is lost on the way. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startRedis, type RunningRedis } from '../../../../infra/redis/start.mjs';
import { closeOf } from '../contract.ts';
import { openSummaryStore, type Commit, type SegmentKey, type SummaryStore } from '../index.ts';

const unit = { topic: 't', partition: 0 };
const key: SegmentKey = { resolution: '10s', start: 0, subject: 's:a' };
const commit = (epoch: number, from: number | null, to: number, fresh: boolean, text = `${to}`): Commit => ({
  unit,
  epoch,
  expectedOffset: from,
  nextOffset: to,
  agents: new Uint8Array(1),
  watermark: 0,
  silent: [],
  at: 0,
  segments: [{ ...key, bytes: Buffer.from(text), fresh }],
});
const range = { topic: 't', resolution: '10s', start: 0, end: 10_000 } as const;
const textsOf = async (store: SummaryStore) => (await store.read(range)).flatMap((r) => r.partials.map((p) => Buffer.from(p.bytes).toString()));

let redis: RunningRedis;
let store: SummaryStore;
const settings = () => ({ kind: 'redis', url: redis.url, prefix: 'faults' }) as const;
beforeAll(async () => void (redis = await startRedis()));
afterAll(() => redis.stop());
afterEach(() => store?.end());
const begin = async () => {
  await redis.command('FLUSHALL');
  store = await openSummaryStore(settings());
  return (await store.claim(unit, 'bus')).epoch;
};
const back = (s = store) =>
  expect
    .poll(
      () =>
        s.ping().then(
          () => 'back',
          (e: Error) => e.message,
        ),
      { timeout: 8000, interval: 20 },
    )
    .toBe('back');

test('away: calls reject quickly; back with nothing: the owner is told, claims and goes on', async () => {
  const epoch = await begin();
  await store.commit(commit(epoch, null, 5, true));
  await redis.kill();
  for (let i = 0; i < 20; i++) {
    const began = performance.now();
    await expect(store.commit(commit(epoch, 5, 6, false))).rejects.toMatchObject({ code: 'unreachable', retryable: true });
    expect(performance.now() - began).toBeLessThan(1000);
  }
  await expect.poll(() => store.ping().catch((e: Error) => e.message), { timeout: 2000 }).toMatch(/does not answer: .*ECONNREFUSED/);
  await expect(openSummaryStore(settings())).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('ECONNREFUSED') });
  await redis.restart();
  await back();
  // no persistence: data, offset and functions are gone
  expect(await store.commit(commit(epoch, 5, 6, false))).toEqual({ kind: 'stale', nextOffset: null });
  const again = await store.claim(unit, 'bus');
  expect([again.nextOffset, again.open]).toEqual([null, []]);
  expect(again.epoch).toBeGreaterThan(epoch);
});

test('hung: calls end by time-out, and what they did is done once', async () => {
  const epoch = await begin();
  process.kill(redis.pid!, 'SIGSTOP');
  try {
    await expect(store.commit(commit(epoch, null, 5, true))).rejects.toMatchObject({ code: 'unreachable' });
  } finally {
    process.kill(redis.pid!, 'SIGCONT');
  }
  await back();
  expect((await store.commit(commit(epoch, null, 5, true))).kind).toBe('ok');
  const [partial] = await store.partials('t', key);
  expect(partial!.revision).toBe(1);
});

test('full: refused whole, reads go on, and so do writes when there is room', async () => {
  const epoch = await begin();
  await store.commit(commit(epoch, null, 1, true));
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  try {
    await expect(store.commit(commit(epoch, 1, 2, false))).rejects.toMatchObject({ code: 'full', retryable: true });
    expect(await textsOf(store)).toEqual(['1']);
    expect((await store.units('t'))[0]!.nextOffset).toBe(1);
    expect(await store.prune('t', '10s', 10_000)).toBe(1);
  } finally {
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  }
  expect((await store.commit(commit(epoch, 1, 2, true))).kind).toBe('ok');
});

test('filling up in the middle: each commit is there whole or not at all', async () => {
  const epoch = await begin();
  const used = Number(/used_memory:(\d+)/.exec(String(await redis.command('INFO', 'memory')))![1]);
  await redis.command('CONFIG', 'SET', 'maxmemory', String(used + 3_000_000));
  try {
    let offset: number | null = null;
    const big = (n: number): Commit => ({
      ...commit(epoch, offset, n, true),
      segments: Array.from({ length: 100 }, (_, i) => ({ ...key, subject: `s:${n}.${i}`, bytes: new Uint8Array(3000), fresh: true })),
    });
    let refused = 0;
    for (let n = 1; n <= 30; n++) {
      const done = await store.commit(big(n)).catch((error: { code: string }) => error.code);
      if (done === 'full') refused++;
      else offset = n;
    }
    expect(refused).toBeGreaterThan(5);
    expect(offset).toBeGreaterThan(2);
    expect((await store.read(range)).length).toBe(offset! * 100);
    expect((await store.units('t'))[0]!.nextOffset).toBe(offset);
  } finally {
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  }
});

test('data of schema 1 gets its marks when its unit is claimed', async () => {
  const epoch = await begin();
  await store.commit(commit(epoch, null, 1, true));
  await store.close('t', closeOf(unit, { epoch }, key, await store.take('t', key, unit)));
  const base = 'faults:sum:{t:0}';
  await redis.command('HDEL', `${base}:unit`, 'v', 'g');
  await redis.command('DEL', `${base}:due:1m`, `${base}:due:1m:0`, `${base}:due:1h`, `${base}:due:1h:0`);
  await redis.command('SET', 'faults:sum:schema', 1);
  await store.end();
  store = await openSummaryStore(settings());
  expect(await store.rollable(unit, '1m', 60_000, 10)).toEqual([]);
  await store.claim(unit, 'bus');
  expect((await store.rollable(unit, '1m', 60_000, 10)).length).toBe(1);
  expect((await store.rollable(unit, '1h', 3_600_000, 10)).length).toBe(1);
  expect((await store.read({ ...range, end: 3_600_000, coarsest: '1h' })).map((w) => w.resolution)).toEqual(['10s']);
  expect(String(await redis.command('GET', 'faults:sum:schema'))).toBe('2');
});

test('a Redis that would forget, or data of a newer version, is refused', async () => {
  await begin();
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
  await expect(openSummaryStore(settings())).rejects.toMatchObject({ code: 'misconfigured', retryable: false, message: expect.stringContaining('noeviction') });
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await redis.command('SET', 'faults:sum:schema', 3);
  await expect(openSummaryStore(settings())).rejects.toMatchObject({ code: 'newer_version', message: expect.stringContaining('3') });
  await expect(openSummaryStore({ ...settings(), prefix: '{x}' })).rejects.toThrow(/prefix/);
  await expect(openSummaryStore({ ...settings(), url: 'http://127.0.0.1' })).rejects.toThrow(/redis:\/\//);
});

test('rolled back between take and close: the close is refused, and nothing is hidden', async () => {
  const epoch = await begin();
  await store.commit(commit(epoch, null, 1, true, 'a'));
  await redis.snapshot();
  const t = await store.take('t', key, unit);
  await redis.restoreSnapshot();
  await back();
  expect(await store.close('t', closeOf(unit, { epoch }, key, t))).toEqual({ kind: 'stale', revision: 0 });
  expect(await textsOf(store)).toEqual(['a']);
  expect((await store.commit(commit(epoch, 1, 2, false, 'ab'))).kind).toBe('ok'); // open again: the owner's state fits
  expect(await store.close('t', closeOf(unit, { epoch }, key, await store.take('t', key, unit)))).toEqual({ kind: 'ok' });
  expect(Buffer.from((await store.closed('t', key))!.bytes).toString()).toBe('ab');
});

test('functions flushed by somebody are loaded again', async () => {
  const epoch = await begin();
  await redis.command('FUNCTION', 'FLUSH');
  expect((await store.commit(commit(epoch, null, 1, true))).kind).toBe('ok');
  await redis.command('FUNCTION', 'FLUSH');
  expect(await textsOf(store)).toEqual(['1']);
});

test('partials that a close could not drop are hidden from readers, and pruned', async () => {
  const epoch = await begin();
  const other = { topic: 't', partition: 1 };
  const there = (await store.claim(other, 'bus')).epoch;
  await store.commit({ ...commit(there, null, 1, true, 'b'), unit: other });
  await redis.command('COPY', 'faults:sum:{t:1}:part:10s:0', 'kept:{t:1}');
  const t = await store.take('t', key, unit);
  await redis.command('DEL', 'kept:{t:1}');
  await redis.command('COPY', 'faults:sum:{t:1}:part:10s:0', 'kept:{t:1}');
  expect((await store.close('t', closeOf(unit, { epoch }, key, t))).kind).toBe('ok');
  // as if the connection had broken before the drop
  await redis.command('COPY', 'kept:{t:1}', 'faults:sum:{t:1}:part:10s:0');
  await redis.command('ZADD', 'faults:sum:{t:1}:part:10s', 0, 0);
  expect(await textsOf(store)).toEqual([]);
  expect(await store.closable('t', '10s', 10_000)).toEqual([]);
  expect((await store.take('t', key, unit)).partials).toEqual([]);
  expect(await store.prune('t', '10s', 0)).toBe(1);
  expect(await redis.command('EXISTS', 'faults:sum:{t:1}:part:10s:0', 'faults:sum:{t:1}:part:10s')).toBe(0);
});

describe('an answer that is lost', () => {
  test.each([0, 1, 2, 3])('commit %i: sent again, applied once', async (cut) => {
    await begin();
    const wire = await lossyWire(redis.port);
    const far = await openSummaryStore({ ...settings(), url: `redis://127.0.0.1:${wire.port}` });
    try {
      const { epoch } = await far.claim(unit, 'bus');
      let offset: number | null = null;
      for (let n = 1; n <= 4; n++) {
        const c = commit(epoch, offset, n, n === 1, `v${n}`);
        if (n - 1 === cut) {
          wire.loseAnswers();
          await expect(far.commit(c)).rejects.toMatchObject({ code: 'unreachable' });
          await back(far);
        }
        expect((await far.commit(c)).kind).toBe('ok');
        offset = n;
      }
      expect(await store.partials('t', key)).toMatchObject([{ revision: 4 }]);
      expect(await textsOf(store)).toEqual(['v4']);
    } finally {
      await far.end();
      await wire.end();
    }
  });
});

/** A TCP relay that passes requests on, and after loseAnswers() cuts the connection instead of passing the next answer back. */
async function lossyWire(to: number) {
  let lose = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const s of [near, far]) sockets.add(s.on('error', () => {}));
    near.pipe(far);
    far.on('data', (data) => {
      if (!lose) return near.write(data);
      lose = false;
      near.destroy();
      far.destroy();
      return false;
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    loseAnswers: () => (lose = true),
    async end() {
      for (const s of sockets) s.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
