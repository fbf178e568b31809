// What insights are tested on: real Kafka and Redis, an analyzer, API and identity, a real nginx and a real capture of it, the real Portkey
// gateway from npm, and the model behind it. One of each for all cases; ends only what it started.
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { openFleet } from '../chaos/fleet.mjs';
import { NODE, healthy, scratch, settingsFile } from '../e2e/fleet.mjs';
import { freePort, startNginx } from '../e2e/nginx.mjs';
import { ROOT } from '../e2e/standalone.mjs';
import { openPortkey } from './portkey.mjs';
import { Model } from './model.mjs';

export const TOPICS = { events: topicName('headwater', 'headerEvents'), insights: topicName('headwater', 'insights'), requests: topicName('headwater', 'insightRequests') };
/** Only what nginx serves is alerted on: what cases planted in the past is asked about, not told. */
const RULES = {
  schema: 1,
  rules: [
    {
      ...{ id: 'errors', kind: 'error_burn', severity: 'page', subjects: ['shop'], objective: 99, min_exchanges: 10, min_failures: 5, resolve_after_minutes: 60 },
      windows: [{ long_minutes: 1, short_minutes: 1, burn_rate: 5 }],
    },
  ],
};
const SHOP = `
    location = /checkout { return 503 'no'; }
    location = /account  { default_type application/json; return 200 '{}'; }`;

/**
 * @param {{ clients: string[], keys: Record<string, string> }} o clients: that ask for insights, each with its own limit; keys: name -> text of a file `<name>.key`
 */
export async function openWorld(t, { clients, keys }) {
  const { dir, start } = scratch(t, 'hw insights-');
  const rules = join(dir, 'rules.json');
  writeFileSync(rules, JSON.stringify(RULES));
  for (const [name, text] of Object.entries(keys)) writeFileSync(join(dir, `${name}.key`), `${text}\n`, { mode: 0o600 });
  const model = new Model();
  await model.server.listen();
  t.after(() => model.server.close());
  const [portkey, nginx, fleet] = await Promise.all([
    openPortkey({ dir, start }, model.url),
    startNginx({ extra: SHOP }),
    openFleet(t, {
      analyzers: 1,
      // Whatever is ever written stays in the file, readable: what is looked for in it must not hide.
      redis: { appendonly: true, config: { 'aof-use-rdb-preamble': 'no', rdbcompression: 'no' } },
      analyzer: { alerts: { rules_file: rules } },
      api: (bus) => ({ bus }),
      scopes: ['insights:read', 'insights:submit'],
      clients,
    }),
  ]);
  t.after(() => nginx.stop());
  const bus = await openBus({ ...fleet.bus, clientId: 'insights-test', compression: 'zstd' });
  t.after(() => bus.close());

  const w = { dir, start, fleet, model, nginx, bus, portkey, processes: [portkey.process] };
  /** Settings of the part `gateway` that go through Portkey. */
  w.throughPortkey = (more = {}) => ({
    preset: 'portkey',
    url: portkey.url,
    model: 'stub-model',
    key: { file: join(dir, 'gateway.key') },
    headers_file: portkey.headersFile,
    ...more,
  });
  /** Starts insights; one runs at a time, as one group. */
  w.insights = async (name, gateway, settings = {}) => {
    const port = await freePort();
    const file = settingsFile(dir, name, {
      ...{ bus: fleet.bus, store: fleet.store, state: fleet.store, admin: { port } },
      ...(gateway ? { gateway } : {}),
      triggers: { coalesce_ms: 0, digest: false },
      ...settings,
    });
    const p = start(name, NODE, ['apps/insights/dist/main.js', '--config', file]);
    p.port = port;
    w.processes.push(p);
    return healthy(p, `http://127.0.0.1:${port}/healthz`);
  };
  return w;
}

/** Real capture of nginx and of what goes to Portkey, by an agent of its own; scoped to these two ports. */
export async function capture(w) {
  const { dir, start, nginx, portkey, fleet } = w;
  const socket = join(dir, 'probe.sock');
  const scope = ['--scope', `port=${nginx.port}`, '--scope', `port=${portkey.port}`];
  await start('probe', join(ROOT, 'bpf/build/headwater-probe'), ['--socket', socket, ...scope]).until(/ready/);
  const settings = {
    ...{ host_id: 'web-1', bus: fleet.bus, probe: { socket }, admin: { port: await freePort() }, fingerprints: { enabled: false } },
    services: [
      { service: 'shop', port: nginx.port },
      { service: 'gateway', port: portkey.port },
    ],
    overhead: { cpu_ceiling_percent: 0 },
  };
  const agent = start('agent', NODE, ['apps/agent/dist/main.js', '--config', settingsFile(dir, 'agent', settings)]);
  w.processes.push(agent);
  await agent.until(/"msg":"capturing"/);
  return agent;
}

/** Ports that a process's TCP connections lead to, as the kernel has them. */
export function portsAt(pid) {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((row) => row.trim().split(/\s+/))
      .filter((f) => inodes.has(f[9]))
      .map((f) => Number.parseInt(f[2].split(':')[1], 16)),
  );
}
