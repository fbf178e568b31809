// One Redis, over TLS, with an append-only file: killed, losing its last second, put back to an older backup, full. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from '../../infra/redis/start.mjs';
import { redisCertificate } from '../../infra/redis/tls.mjs';
import { scratch } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { eventually } from '../e2e/standalone.mjs';
import { openFleet } from './fleet.mjs';
import { verdicts } from './redis-verdicts.mjs';
import { watchCas } from './redis-cas.mjs';

const MB = 1 << 20;
const residentMb = (p) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${p.pid}/status`, 'utf8'))[1]) / 1024;

test('one Redis (TLS, append-only file)', { timeout: 400_000 }, async (t) => {
  const { dir } = scratch(t, 'hw-chaos-redis-');
  const tls = redisCertificate(dir);
  const tlsPort = await freePort();
  const redis = await startRedis({ dir: join(dir, 'redis'), appendonly: true, config: { appendfsync: 'everysec', ...tls.config(tlsPort) } });
  t.after(() => redis.stop());
  const store = { kind: 'redis', url: `rediss://127.0.0.1:${tlsPort}`, tls: { ca: tls.ca } };
  const fleet = await openFleet(t, { store });
  const { later, all } = verdicts(fleet);
  const info = async (section, field) => Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(String(await redis.command('INFO', section)))?.[1]);

  await t.test('SIGKILL, and the power cut that takes the last second of the file', async () => {
    const cas = await watchCas(t, store);
    const load = await fleet.load({ name: 'aof', seconds: 16 });
    for (let k = 0; k < 2; k += 1) {
      await sleep(4_000);
      // What everysec may lose: all since the last fsync. SIGKILL alone loses nothing, the kernel has it; so the file is cut as a power cut would.
      const file = incremental(join(redis.dir, 'appendonlydir'));
      const kept = statSync(file).size;
      await sleep(1_000);
      await redis.kill();
      assert.ok(statSync(file).size > kept, 'nothing was written in that second');
      truncateSync(file, kept);
      await redis.restart();
    }
    later({ fault: 'Redis SIGKILL x2, append-only file (everysec) without its last second; TLS, own CA', load });
    const { lost } = await cas.check(true);
    t.diagnostic(`compare-and-set: ${lost} writes were taken back, no version came twice`);
  });

  await t.test('put back to a backup of 10 s before', async () => {
    const cas = await watchCas(t, store);
    const load = await fleet.load({ name: 'backup', seconds: 16 });
    await sleep(2_000);
    await redis.snapshot();
    await sleep(10_000);
    await redis.restoreSnapshot();
    later({ fault: 'Redis put back to a backup of 10 s before; TLS, own CA', load });
    assert.ok((await cas.check(true)).lost > 0, 'the backup took no write back');
  });

  await t.test('full at noeviction, then with room again', async () => {
    const load = await fleet.load({ name: 'full', seconds: 16 });
    await sleep(3_000);
    const said = [...fleet.analyzers.values()].map((p) => p.output.length);
    await redis.command('CONFIG', 'SET', 'maxmemory', (await info('memory', 'used_memory')) + MB / 4);
    const full = (p, i) => /"reason":"the store has no room/.test(p.output.slice(said[i]));
    assert.ok(await eventually(() => [...fleet.analyzers.values()].every(full), 10_000), `no commit was refused\n${fleet.outputs()}`);
    const before = [...fleet.analyzers.values()].map(residentMb);
    await sleep(5_000);
    const grown = [...fleet.analyzers.values()].map((p, i) => residentMb(p) - before[i]);
    await redis.command('CONFIG', 'SET', 'maxmemory', 0);
    // One dirty set (8 MB) and what a batch of Kafka holds; the rest of the load waits in Kafka.
    assert.ok(Math.max(...grown) < 100, `memory grew by ${grown.map(Math.round)} MB`);
    later({ fault: `Redis full (noeviction) for 5 s, then not; analyzers grew by at most ${Math.round(Math.max(0, ...grown))} MB`, load });
    await load.gone;
  });

  await all();
});

/** The part of the append-only file that is written now. */
function incremental(dir) {
  const [newest] = readdirSync(dir)
    .filter((n) => n.endsWith('.incr.aof'))
    .sort((a, b) => statSync(join(dir, b)).mtimeMs - statSync(join(dir, a)).mtimeMs);
  return join(dir, newest);
}
