// A master, a replica that can be held back, and a Sentinel that promotes it: on loopback, of one's own.
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { until } from './cluster.mjs';
import { startRedis } from './start.mjs';

/**
 * @param {{ dir: string, name?: string, config?: Record<string, string | number> }} o name: of the master, as Sentinel knows it; config: of both servers
 * @returns {Promise<{ master: import('./start.mjs').RunningRedis, replica: import('./start.mjs').RunningRedis, node: string, holdBack: () => void,
 *   offset: (server: import('./start.mjs').RunningRedis) => Promise<number>, stop: () => Promise<void> }>} node: host:port of the Sentinel;
 *   holdBack: from now on nothing the master writes reaches the replica; offset: how much of the replication stream a server has
 */
export async function startReplicated({ dir, name = 'windows', config = {} }) {
  const master = await startRedis({ dir: join(dir, 'master'), config });
  const wire = await startWire(master.port);
  const replica = await startRedis({ dir: join(dir, 'replica'), config: { ...config, replicaof: `127.0.0.1 ${wire.port}` } });
  await until(async () => /master_link_status:up/.test(String(await replica.command('INFO', 'replication'))), 'the replica does not get its data');
  const home = join(dir, 'sentinel');
  mkdirSync(home, { recursive: true });
  const sentinelFile = join(home, 'sentinel.conf');
  writeFileSync(sentinelFile, `sentinel monitor ${name} 127.0.0.1 ${wire.port} 1\nsentinel down-after-milliseconds ${name} 2000\nsentinel failover-timeout ${name} 3000\n`);
  const sentinel = await startRedis({ dir: home, sentinelFile });
  await until(async () => (await sentinel.command('SENTINEL', 'REPLICAS', name)).length === 1, 'Sentinel does not find the replica');
  const servers = [sentinel, replica, master];
  return {
    master,
    replica,
    node: `127.0.0.1:${sentinel.port}`,
    holdBack: wire.holdBack,
    offset: async (server) => Number(/master_repl_offset:(\d+)/.exec(String(await server.command('INFO', 'replication')))[1]),
    async stop() {
      for (const server of servers) await server.stop();
      await wire.stop();
    },
  };
}

/** A TCP relay before the master; after holdBack() a replica gets nothing more. Sentinel knows the master by it: it would set a replica right that follows another address. */
async function startWire(to) {
  let held = false;
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const s of [near, far]) sockets.add(s.on('error', () => {}));
    let follows = false;
    near.on('data', (data) => {
      follows ||= data.includes('PSYNC');
      far.write(data);
    });
    far.on('data', (data) => (held && follows) || near.write(data));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    holdBack: () => void (held = true),
    async stop() {
      for (const s of sockets) s.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
