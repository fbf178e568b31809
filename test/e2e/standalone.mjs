// Runs `npm start`'s own script as a person would and talks to what it started.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * @param {string[]} args arguments of `npm start --`
 * @param {{ stateDir: string, timeoutMs?: number }} options
 */
export async function startStandalone(args, { stateDir, timeoutMs = 120_000 }) {
  const child = spawn(process.execPath, [join(ROOT, 'tools/start.mjs'), '--state-dir', stateDir, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, output: '', exit: null };
  child.stdout.on('data', (d) => (run.output += d));
  child.stderr.on('data', (d) => (run.output += d));
  const gone = new Promise((ok) =>
    child.once('exit', (code, signal) => {
      run.exit = { code, signal };
      ok(run.exit);
    }),
  );
  const file = join(stateDir, 'standalone.json');
  const until = Date.now() + timeoutMs;
  while (!existsSync(file)) {
    if (run.exit) throw new Error(`start ended with ${JSON.stringify(run.exit)}:\n${run.output}`);
    if (Date.now() > until) {
      child.kill('SIGTERM');
      throw new Error(`not ready after ${timeoutMs} ms:\n${run.output}`);
    }
    await sleep(50);
  }
  run.info = JSON.parse(readFileSync(file, 'utf8'));
  run.stop = async () => {
    if (!run.exit) child.kill('SIGTERM');
    return gone;
  };
  return run;
}

/** An access token by client_credentials, as any client would get it; writing is not among what is given unless it is asked for. */
export async function token(info, scope) {
  const basic = Buffer.from(`${encodeURIComponent(info.client_id)}:${encodeURIComponent(info.client_secret)}`).toString('base64');
  const answer = await fetch(info.token_url, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) }),
  });
  if (!answer.ok) throw new Error(`token: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

/** GET of the API with a token; the parsed body. */
export async function get(info, bearer, path) {
  const answer = await fetch(new URL(path, info.api), { headers: { authorization: `Bearer ${bearer}` } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(body)}`);
  return body;
}

/** All pages of a list. */
export async function getAll(info, bearer, path) {
  const data = [];
  let cursor = '';
  let page;
  do {
    page = await get(info, bearer, `${path}${cursor}`);
    data.push(...page.data);
    cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : '';
  } while (cursor);
  return { ...page, data };
}

/** Calls probe() until it answers truthy or the time is over; the last answer. */
export async function eventually(probe, timeoutMs, everyMs = 200) {
  const until = Date.now() + timeoutMs;
  let last;
  for (;;) {
    last = await probe();
    if (last || Date.now() > until) return last;
    await sleep(everyMs);
  }
}
