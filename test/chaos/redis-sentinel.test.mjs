// Redis behind Sentinel, with a user of the ACL that may do what infra/redis/redis.conf says and nothing beside: the master dies
// while its replica lags, so what was answered is taken back. See README.md.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReplicated } from '../../infra/redis/sentinel.mjs';
import { ROOT } from '../../tools/repo.mjs';
import { scratch } from '../e2e/fleet.mjs';
import { openFleet } from './fleet.mjs';
import { watchCas } from './redis-cas.mjs';

test('Redis by Sentinel and ACL: fail-over to a replica that lags by seconds', { timeout: 300_000 }, async (t) => {
  const { dir } = scratch(t, 'hw-chaos-sentinel-');
  const redis = await startReplicated({ dir });
  t.after(() => redis.stop());
  const rules = /^#\s+user headwater (.*)$/m.exec(readFileSync(join(ROOT, 'infra/redis/redis.conf'), 'utf8'))[1];
  const secret = randomBytes(12).toString('hex');
  const password_file = join(dir, 'password');
  writeFileSync(password_file, `${secret}\n`);
  // Users are not replicated.
  for (const server of [redis.master, redis.replica]) await server.command('ACL', 'SETUSER', 'headwater', ...rules.replace('SECRET', secret).split(' '));
  const sentinels = { name: 'windows', nodes: [redis.node] };
  const store = { kind: 'redis', url: 'redis://by-sentinel', username: 'headwater', password_file, client_name: 'chaos', sentinels };
  const fleet = await openFleet(t, { store });
  const clients = String(await redis.master.command('CLIENT', 'LIST')).split('\n');
  const ours = clients.filter((c) => /name=chaos /.test(c));
  assert.ok(ours.length >= 4 && ours.every((c) => / user=headwater /.test(c)), `not all come as user headwater under the name of the settings:\n${clients.join('\n')}`);

  const cas = await watchCas(t, { kind: 'redis', url: 'redis://by-sentinel', username: 'headwater', passwordFile: password_file, sentinels });
  const load = await fleet.load({ name: 'lag', seconds: 18 });
  await sleep(6_000);
  redis.holdBack();
  await sleep(3_000);
  const behind = (await redis.offset(redis.master)) - (await redis.offset(redis.replica));
  assert.ok(behind > 10_000, `the replica lags by ${behind} bytes only`);
  await redis.master.kill();
  const dropped = await fleet.sum('memory_dropped_total', 'why="stale"');
  await fleet.exact({ fault: 'Redis fail-over by Sentinel to a replica 3 s behind; user of the ACL', load });
  assert.ok((await fleet.sum('memory_dropped_total', 'why="stale"')) > (dropped ?? 0), 'nobody noticed that the store went back');
  const { lost } = await cas.check(true);
  assert.ok(lost > 0, 'no write of the state store was taken back');
  t.diagnostic(`${behind} bytes behind; compare-and-set: ${lost} expected versions won again after their first win was taken back, none was given twice`);
});
