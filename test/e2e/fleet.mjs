// The fleet's processes, started as an operator would: YAML files, environment, one process each. Ends only what it started.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './standalone.mjs';

export const NODE = join(ROOT, 'node_modules/.bin/node');

/** A child with its output kept; `until` waits for a line. */
export function launch(name, command, args, { env = {} } = {}) {
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const p = { name, child, pid: child.pid, output: '', exit: null };
  const keep = (d) => {
    p.output = (p.output + d).slice(-200_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  p.gone = new Promise((ok) =>
    child.once('exit', (code, signal) => {
      p.exit = { code, signal };
      ok(p.exit);
    }),
  );
  p.until = async (pattern, timeoutMs = 60_000) => {
    const end = Date.now() + timeoutMs;
    while (!pattern.test(p.output)) {
      if (p.exit) throw new Error(`${name} ended with ${JSON.stringify(p.exit)}:\n${p.output}`);
      if (Date.now() > end) throw new Error(`${name} did not say ${pattern} within ${timeoutMs} ms:\n${p.output}`);
      await sleep(25);
    }
    return p;
  };
  p.kill = (signal = 'SIGTERM') => {
    if (!p.exit) child.kill(signal);
    return p.gone;
  };
  return p;
}

/** Waits until a health or metrics URL answers 200. */
export async function healthy(p, url, timeoutMs = 150_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (p.exit) throw new Error(`${p.name} ended with ${JSON.stringify(p.exit)}:\n${p.output}`);
    try {
      if ((await fetch(url)).ok) return p;
    } catch {
      /* not listening yet */
    }
    if (Date.now() > end) throw new Error(`${p.name}: ${url} did not answer within ${timeoutMs} ms:\n${p.output}`);
    await sleep(50);
  }
}

/** Value of a metric summed over its labels, or null. */
export async function metric(port, name, labels = '') {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  let sum = null;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name) || (labels && !line.includes(labels))) continue;
    const next = line[name.length];
    if (next === '{' || next === ' ') sum = (sum ?? 0) + Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}

/** YAML is a superset of JSON: the settings as one file. */
export function settingsFile(dir, name, settings) {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${name}.yaml`);
  writeFileSync(file, JSON.stringify(settings, null, 2));
  return file;
}

/** A directory of the test's own, and `start`, which launches; whatever still runs at its end is killed. */
export function scratch(t, prefix) {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  const running = new Set();
  t.after(async () => {
    await Promise.all([...running].map((p) => p.kill('SIGKILL')));
    rmSync(dir, { recursive: true, force: true });
  });
  const start = (...a) => {
    const p = launch(...a);
    running.add(p);
    return p;
  };
  return { dir, start };
}

/**
 * Identity and API of a fleet on given ports. The company's authorization server is played by identity: to the API it
 * is an issuer URL in the settings; `settings`: more of the API's; `scopes`: more that clients may have; `others`: client ids beside `e2e`.
 * @returns {Promise<{ api: string, token_url: string, client_id: string, client_secret: string, as: (clientId: string) => object }>} as `token()` and `get()`
 *   want it; `as`: the same for another client
 */
export async function startApi({ dir, start, identityPort, apiPort, store, scopes = [], others = [], settings: more = {} }) {
  const audience = `http://127.0.0.1:${apiPort}`;
  const issuer = `http://127.0.0.1:${identityPort}`;
  const clientOf = (id) => ({ client_id: id, client_secret: randomBytes(24).toString('hex'), scopes: ['metrics:read', 'events:read', 'fleet:read', ...scopes] });
  const client = clientOf('e2e');
  const clients = [client, ...others.map(clientOf)];
  mkdirSync(join(dir, 'keys'), { mode: 0o700 });
  writeFileSync(join(dir, 'clients.json'), JSON.stringify({ clients }), { mode: 0o600 });
  const settings = {
    port: identityPort,
    audience,
    clients_file: join(dir, 'clients.json'),
    keys_dir: join(dir, 'keys'),
    state: { kind: 'embedded', path: join(dir, 'identity.db') },
  };
  const identity = start('identity', NODE, ['apps/identity/dist/main.js', '--config', settingsFile(dir, 'identity', settings)]);
  await healthy(identity, `${issuer}/.well-known/openid-configuration`);
  const api = start('api', NODE, ['apps/api/dist/main.js', '--config', settingsFile(dir, 'api', { port: apiPort, audience, issuers: [{ issuer }], store, state: store, ...more })]);
  await healthy(api, `${audience}/healthz`);
  const info = { api: audience, token_url: `${issuer}/token`, processes: { identity, api } };
  return { ...info, ...client, as: (id) => ({ ...info, ...clients.find((c) => c.client_id === id) }) };
}
