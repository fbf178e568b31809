// A Redis Cluster of one's own on loopback: masters that share all slots, and replicas of them if wanted.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis } from './start.mjs';

const SLOTS = 16_384;
const PATIENCE_MS = 30_000;

/**
 * @param {{ masters?: number, replicas?: number, dir?: string, appendonly?: boolean, config?: Record<string, string | number> }} [o] replicas: of each master;
 *   config: of every node
 * @returns {Promise<import('./cluster.mjs').RunningCluster>}
 */
export async function startCluster({ masters = 3, replicas = 0, dir, appendonly = false, config = {} } = {}) {
  const node = async (name) =>
    startRedis({
      ...(dir ? { dir: join(dir, name) } : {}),
      appendonly,
      // A bus port of its own: the default (port + 10000) may lie above 65535.
      config: { 'cluster-enabled': 'yes', 'cluster-port': await freePort(), 'cluster-node-timeout': 2_000, 'cluster-replica-validity-factor': 0, ...config },
    });
  const of = (kind, n) => Promise.all(Array.from({ length: n }, (_, i) => node(`${kind}-${i}`)));
  const nodes = await of('master', masters);
  const second = await of('replica', masters * replicas);
  const all = [...nodes, ...second];
  const stop = async () => void (await Promise.all(all.map((n) => n.stop())));
  try {
    const [first] = nodes;
    const bus = String((await first.command('CONFIG', 'GET', 'cluster-port'))[1]);
    for (const [i, n] of nodes.entries()) {
      await n.command('CLUSTER', 'ADDSLOTSRANGE', Math.floor((SLOTS * i) / masters), Math.floor((SLOTS * (i + 1)) / masters) - 1);
      // Equal epochs are settled one after another by the nodes; told apart at once the cluster is there sooner.
      await n.command('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    }
    for (const n of all) if (n !== first) await n.command('CLUSTER', 'MEET', '127.0.0.1', first.port, bus);
    const knows = (n, pattern) => until(async () => pattern.test(String(await n.command('CLUSTER', 'INFO'))), `the cluster does not come up: ${pattern}`);
    await Promise.all(all.map((n) => knows(n, new RegExp(`cluster_known_nodes:${all.length}\\r`))));
    for (const [i, n] of second.entries()) {
      const master = nodes[i % masters];
      const id = String(await master.command('CLUSTER', 'MYID'));
      await until(async () => (await n.command('CLUSTER', 'REPLICATE', id).catch(() => '')) === 'OK', 'a replica does not find its master');
    }
    await Promise.all(all.map((n) => knows(n, /cluster_state:ok/)));
    await Promise.all(second.map((n) => until(async () => /master_link_status:up/.test(String(await n.command('INFO', 'replication'))), 'a replica does not get its data')));
  } catch (error) {
    await stop();
    throw error;
  }
  return { masters: nodes, replicas: second, nodes: all.map((n) => `127.0.0.1:${n.port}`), stop };
}

/** Waits for what a server says of itself. */
export async function until(probe, complaint) {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(50)) {
    if (await probe().catch(() => false)) return;
    if (Date.now() > end) throw new Error(complaint);
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
