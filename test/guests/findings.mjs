// What a guest left: the rows of its bus, told by the built agent here, beside what its client sent and its nginx logged.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../tools/repo.mjs';

/**
 * Every event on the bus that a guest's agent filled, as `headwater-agent tail` tells it.
 * @param {string} base64 the bus as a file @param {number} expected rows; more are looked for too
 */
export async function rowsOf(base64, expected) {
  const dir = mkdtempSync(join(tmpdir(), 'hw-guest-bus-'));
  try {
    writeFileSync(join(dir, 'bus.db'), Buffer.from(base64, 'base64'));
    const config = { bus: { kind: 'embedded', path: join(dir, 'bus.db') }, probe: { socket: '/nowhere' }, fingerprints: { enabled: false } };
    writeFileSync(join(dir, 'agent.json'), JSON.stringify(config));
    const tail = spawn(join(ROOT, 'apps/agent/bin/headwater-agent'), ['tail', '--config', join(dir, 'agent.json'), '--format', 'json', '--since', '1h'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    tail.stdout.setEncoding('utf8').on('data', (d) => (out += d));
    tail.stderr.setEncoding('utf8').on('data', (d) => (err += d));
    const count = () => out.split('\n').length - 1;
    // Until all are there and for half a second nothing else comes; 15 s at most.
    for (let quiet = 0, last = -1, turn = 0; (quiet < 10 || count() < expected) && turn < 300 && tail.exitCode === null; turn++) {
      quiet = count() === last ? quiet + 1 : 0;
      last = count();
      await new Promise((ok) => setTimeout(ok, 50));
    }
    tail.kill('SIGINT');
    if (tail.exitCode === null) await once(tail, 'close');
    const lost = err.split('\n').filter((l) => /lost|did not come|dropped/.test(l));
    return {
      rows: out
        .split('\n')
        .filter(Boolean)
        .map((l) => JSON.parse(l)),
      lost,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const agentOf = (row) => row['http.request.headers'].find((h) => h.name.toLowerCase() === 'user-agent')?.value ?? '';

/** Rows of one run. */
export const ofRun = (rows, run) => rows.filter((row) => agentOf(row).startsWith(`${run.name}/`));

/** A row in the form of what the client knows, so that the two can be compared. */
export const seen = (row) => ({
  agent: agentOf(row),
  port: row['server.port'],
  method: row['http.request.method'],
  target: row['url.path'],
  status: row['http.response.status_code'],
  request: row['http.request.headers'].map((h) => h.name),
  response: row['http.response.headers'].map((h) => h.name),
});

/** "METHOD TARGET STATUS" and who asked -> n */
export function counted(list) {
  const n = {};
  for (const { method, target, status, agent } of list) {
    const key = `${method} ${target} ${status} ${agent}`;
    n[key] = (n[key] ?? 0) + 1;
  }
  return n;
}

/** In an order that does not depend on when they were over. */
export const inOrder = (list) => list.toSorted((a, b) => a.agent.localeCompare(b.agent, 'en', { numeric: true }));

/** One sample of a metric of Prometheus' text form; all its label sets added up. */
export function metric(text, name) {
  return text
    .split('\n')
    .filter((l) => l.startsWith(`${name}{`) || l.startsWith(`${name} `))
    .reduce((sum, l) => sum + Number(l.slice(l.lastIndexOf(' ') + 1)), 0);
}
