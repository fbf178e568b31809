// Starts `npm start`'s own script as a person would, and asks what it started.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../tools/repo.mjs';
import { freePort } from '../../tools/start/ports.mjs';

/** `npm start -- args` without npm; its output is kept. */
export function start(args) {
  const child = spawn(process.execPath, [join(ROOT, 'tools/start.mjs'), '--no-install', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, output: '', ended: null };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (d) => (run.output += d));
  run.gone = new Promise((ok) => child.once('close', (code, signal) => ok((run.ended = { code, signal }))));
  return run;
}

/**
 * A start that is ready, on a state directory of its own that goes with the test. Without `--scope`, `--replay` or `--demo`
 * (the demo shop) it captures a port nobody uses.
 */
export async function running(t, extra = []) {
  const dir = mkdtempSync(join(tmpdir(), 'hw start-'));
  const stateDir = join(dir, 'state');
  const ports = ['--api-port', String(await freePort()), '--identity-port', String(await freePort())];
  const scope = ['--scope', '--demo', '--replay'].some((e) => extra.includes(e)) ? [] : ['--no-demo', '--scope', `port=${await freePort()}`];
  const run = start(['--state-dir', stateDir, ...ports, ...scope, ...extra.filter((e) => e !== '--demo')]);
  t.after(async () => {
    if (!run.ended) run.child.kill('SIGTERM');
    await run.gone;
    rmSync(dir, { recursive: true, force: true });
  });
  const file = join(stateDir, 'standalone.json');
  // The screen is the last thing a start says.
  for (let waited = 0; !existsSync(file) || !/^curl -K .*\n/m.test(run.output); waited += 50) {
    assert.ok(!run.ended && waited < 120_000, `not ready:\n${run.output}`);
    await sleep(50);
  }
  return { ...run, run, stateDir, info: JSON.parse(readFileSync(file, 'utf8')) };
}

/** Answers of the API with a client's token; `count`: exchanges of role server by service, method and status. */
export async function asked(info) {
  const basic = Buffer.from(`${info.client_id}:${info.client_secret}`).toString('base64');
  const got = await fetch(info.token_url, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials' }), headers: { authorization: `Basic ${basic}` } });
  const headers = { authorization: `Bearer ${(await got.json()).access_token}` };
  return async (path) => (await (await fetch(`${info.api}${path}`, { headers })).json()).data;
}
