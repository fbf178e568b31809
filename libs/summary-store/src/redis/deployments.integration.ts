/** The ways a company runs Redis: Cluster, Sentinel, users with few rights, TLS. Real servers on loopback. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis, type RunningRedis } from '../../../../infra/redis/start.mjs';
import { summaryStoreContract } from '../contract.ts';
import { openSummaryStore, type SummaryStore } from '../index.ts';
import { RedisSummaryStore } from './store.ts';
import { play, steps } from '../model.ts';

const unit = { topic: 't', partition: 0 };
const commit = (epoch: number, from: number | null, to: number) => ({
  unit,
  epoch,
  expectedOffset: from,
  nextOffset: to,
  agents: new Uint8Array(1),
  watermark: 0,
  silent: [],
  at: 0,
  segments: [{ resolution: '10s', start: 0, subject: 's:a', bytes: Buffer.from(`${to}`), fresh: from === null } as const],
});
/** expect.poll works in tests only; this in hooks too. */
async function until(what: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const got = await what().catch((e: Error) => e.message);
    if (got === wanted) return;
    if (Date.now() > end) expect(got).toEqual(wanted);
    await sleep(50);
  }
}

describe('Cluster of three masters', () => {
  let nodes: RunningRedis[] = [];
  let store: SummaryStore;
  beforeAll(async () => {
    // Bus ports of our own: the default (port + 10000) may lie above 65535.
    nodes = await Promise.all([1, 2, 3].map(async () => startRedis({ config: { 'cluster-enabled': 'yes', 'cluster-port': await freePort(), 'cluster-node-timeout': 2000 } })));
    const [first] = nodes as [RunningRedis];
    const bus = String(((await first.command('CONFIG', 'GET', 'cluster-port')) as string[])[1]);
    for (const [i, node] of nodes.entries()) {
      await node.command('CLUSTER', 'ADDSLOTSRANGE', Math.floor((16384 * i) / 3), Math.floor((16384 * (i + 1)) / 3) - 1);
      if (node !== first) await node.command('CLUSTER', 'MEET', '127.0.0.1', first.port, bus);
    }
    for (const node of nodes)
      await until(
        async () => /cluster_state:ok/.test(String(await node.command('CLUSTER', 'INFO'))) && /cluster_known_nodes:3/.test(String(await node.command('CLUSTER', 'INFO'))),
        true,
      );
    // Partials that go at once, as the contract says it; shards.integration.ts is about those that stay for a while.
    store = await RedisSummaryStore.open({ kind: 'redis', url: first.url, prefix: 'cl', cluster: nodes.map((n) => `127.0.0.1:${n.port}`) }, 0);
  });
  afterAll(async () => {
    await store?.end();
    for (const node of nodes) await node.stop();
  });

  summaryStoreContract(() => store);

  test('units lie on several nodes, each whole on one', async () => {
    for (let partition = 0; partition < 12; partition++) await store.claim({ topic: 'spread', partition }, 'bus');
    const counts = await Promise.all(nodes.map(async (n) => ((await n.command('KEYS', 'cl:sum:{spread:*')) as string[]).length));
    expect(counts.reduce((a, b) => a + b)).toBe(12);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(await store.units('spread')).toHaveLength(12);
  });

  test('nothing lost, nothing twice', async () => {
    const world = { store: () => store, actorsDie: false, snapshot: async () => {}, rollback: async () => {} };
    await fc.assert(
      fc.asyncProperty(steps, (list) => play(world, list)),
      { numRuns: 6 },
    );
  });

  test('a node that is away rejects the calls that need it, quickly, and comes back without its functions', async () => {
    const last = nodes[2]!;
    const epochs = new Map<number, number>();
    for (let partition = 0; partition < 12; partition++) epochs.set(partition, (await store.claim({ topic: 'spread', partition }, 'bus')).epoch);
    await last.kill();
    const began = performance.now();
    await expect(store.units('spread')).rejects.toMatchObject({ code: 'unreachable' });
    expect(performance.now() - began).toBeLessThan(8000);
    await last.restart();
    await until(async () => (await store.units('spread')).length < 12, true); // no persistence: the node's units are gone
    for (let partition = 0; partition < 12; partition++) await until(async () => (await store.claim({ topic: 'spread', partition }, 'bus')).epoch > epochs.get(partition)!, true);
    expect(await store.units('spread')).toHaveLength(12);
  });
});

describe('Sentinel', () => {
  let master: RunningRedis;
  let replica: RunningRedis;
  let sentinel: RunningRedis;
  let sentinelDir: string;
  let store: SummaryStore;
  beforeAll(async () => {
    master = await startRedis();
    replica = await startRedis({ config: { replicaof: `127.0.0.1 ${master.port}` } });
    await until(async () => /master_link_status:up/.test(String(await replica.command('INFO', 'replication'))), true);
    sentinelDir = mkdtempSync(join(tmpdir(), 'headwater-sentinel-'));
    sentinel = await startSentinel(sentinelDir, master.port);
    store = await openSummaryStore({ kind: 'redis', url: 'redis://ignored', prefix: 'se', sentinels: { name: 'windows', nodes: [`127.0.0.1:${sentinel.port}`] } });
  });
  afterAll(async () => {
    await store?.end();
    for (const server of [sentinel, replica, master]) await server?.stop();
    rmSync(sentinelDir, { recursive: true });
  });

  test('the master dies: calls reject, then go on with the promoted replica, which has what it had', async () => {
    const { epoch } = await store.claim(unit, 'bus');
    expect((await store.commit(commit(epoch, null, 1))).kind).toBe('ok');
    await until(async () => (await replica.command('HGET', 'se:sum:{t:0}:unit', 'o')) as string, '1');
    await master.kill();
    await expect(store.commit(commit(epoch, 1, 2))).rejects.toMatchObject({ code: 'unreachable' });
    await until(async () => (await store.commit(commit(epoch, 1, 2))).kind, 'ok');
    expect(await replica.command('HGET', 'se:sum:{t:0}:unit', 'o')).toBe('2');
    expect(await store.partials('t', { resolution: '10s', start: 0, subject: 's:a' })).toMatchObject([{ revision: 2 }]);
  });
});

describe('one server', () => {
  test('the user that infra/redis/redis.conf names can do all that is needed, and nothing beside', async () => {
    const redis = await startRedis();
    const conf = readFileSync(new URL('../../../../infra/redis/redis.conf', import.meta.url), 'utf8');
    const rules = /^#\s+user headwater (.*)$/m.exec(conf)![1]!.split(' ');
    await redis.command('ACL', 'SETUSER', 'headwater', ...rules);
    await redis.command('SET', 'somebody-elses', 'x');
    const passwordFile = join(redis.dir, 'password');
    writeFileSync(passwordFile, 'SECRET\n');
    const settings = { kind: 'redis', url: redis.url.replace('//', '//headwater@'), prefix: 'headwater', passwordFile } as const;
    const store = await openSummaryStore(settings);
    try {
      const { epoch } = await store.claim(unit, 'bus');
      expect((await store.commit(commit(epoch, null, 1))).kind).toBe('ok');
      const key = { resolution: '10s', start: 0, subject: 's:a' } as const;
      const t = await store.take('t', key, unit);
      expect(
        (
          await store.close('t', {
            unit,
            epoch,
            lease: t.lease,
            expectedRevision: 0,
            closed: { ...key, revision: 1, bytes: new Uint8Array(1), holds: { 0: 1 }, missing: [], closedAt: 0 },
          })
        ).kind,
      ).toBe('ok');
      expect(await store.read({ topic: 't', resolution: '10s', start: 0, end: 10_000 })).toHaveLength(1);
      expect(await store.prune('t', '10s', 10_000)).toBe(1);
      await store.ping();
      await expect(openSummaryStore({ ...settings, prefix: 'another' })).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('NOPERM') });
    } finally {
      await store.end();
      await redis.stop();
    }
  });

  test('TLS with a CA of our own; without it the connection is refused', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'headwater-tls-'));
    const [cert, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        keyFile,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    const tlsPort = await freePort();
    const redis = await startRedis({ config: { 'tls-port': tlsPort, 'tls-cert-file': cert, 'tls-key-file': keyFile, 'tls-ca-cert-file': cert, 'tls-auth-clients': 'no' } });
    const settings = { kind: 'redis', url: `rediss://127.0.0.1:${tlsPort}`, prefix: 'tls' } as const;
    try {
      const store = await openSummaryStore({ ...settings, tls: { ca: cert } });
      const { epoch } = await store.claim(unit, 'bus');
      expect((await store.commit(commit(epoch, null, 1))).kind).toBe('ok');
      await store.end();
      await expect(openSummaryStore(settings)).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('self-signed') });
    } finally {
      await redis.stop();
      rmSync(dir, { recursive: true });
    }
  });
});

async function startSentinel(dir: string, masterPort: number): Promise<RunningRedis> {
  const file = join(dir, 'sentinel.conf');
  writeFileSync(file, `sentinel monitor windows 127.0.0.1 ${masterPort} 1\nsentinel down-after-milliseconds windows 500\nsentinel failover-timeout windows 3000\n`);
  return startRedis({ dir, sentinelFile: file });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
