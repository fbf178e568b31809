import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis, type RunningRedis } from '../../../../infra/redis/start.mjs';
import { stateStoreContract } from '../contract.ts';
import { openStateStore, type StateStore } from '../index.ts';

let redis: RunningRedis;
let store: StateStore;
beforeAll(async () => {
  redis = await startRedis();
  store = await openStateStore({ kind: 'redis', url: redis.url, prefix: 'contract' });
});
afterAll(async () => {
  await store?.end();
  await redis?.stop();
});

describe('contract', () => stateStoreContract(() => store));

test('what expired leaves nothing behind', async () => {
  const own = await openStateStore({ kind: 'redis', url: redis.url, prefix: 'sweep' });
  await Promise.all(Array.from({ length: 30 }, (_, i) => own.set(`old:${i}`, 'x', { ttlMs: 20 })));
  await sleep(40);
  await own.set('a', 'x');
  await own.set('b', 'x');
  expect(await redis.command('ZCARD', '{sweep:state}:keys')).toBe(2);
  expect(await redis.command('ZCARD', '{sweep:state}:ends')).toBe(0);
  await own.end();
});

test('away: rejects quickly; back, also without its data and functions: goes on', async () => {
  await redis.kill();
  const began = performance.now();
  await expect(store.get('k')).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  expect(performance.now() - began).toBeLessThan(1000);
  await redis.restart();
  await expect.poll(() => store.add('n', 1).catch(() => 0), { timeout: 5000 }).toBe(1);
});

test('full: writes reject, nothing is changed, reads and deletes go on', async () => {
  await store.set('before', 'x');
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  try {
    await expect(store.set('before', 'y')).rejects.toMatchObject({ code: 'full', retryable: true });
    expect((await store.get('before'))!.value).toBe('x');
    expect(await store.delete('before')).toBe(true);
  } finally {
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  }
  await store.set('before', 'z');
});

test('a store that would forget is refused; so is a newer one, a wrong password, a prefix with braces', async () => {
  const settings = { kind: 'redis', url: redis.url, prefix: 'p' } as const;
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  await expect(openStateStore(settings)).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringContaining('allkeys-lru') });
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await redis.command('SET', 'p:state:schema', '99');
  await expect(openStateStore(settings)).rejects.toMatchObject({ code: 'newer_version' });
  await expect(openStateStore({ ...settings, prefix: 'a{b}' })).rejects.toThrow(/prefix/);
  await redis.command('ACL', 'SETUSER', 'hw', 'on', '>secret', '~*', '+@all');
  const passwordFile = join(redis.dir, 'password');
  writeFileSync(passwordFile, 'secret\n');
  const url = redis.url.replace('redis://', 'redis://hw@');
  await (await openStateStore({ ...settings, prefix: 'q', url, passwordFile })).end();
  writeFileSync(passwordFile, 'wrong');
  await expect(openStateStore({ ...settings, prefix: 'q', url, passwordFile })).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('WRONGPASS') });
});
