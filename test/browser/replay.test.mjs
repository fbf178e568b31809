// The same pages on recorded traffic, which they must say.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../e2e/nginx.mjs';
import { eventually, get, startStandalone, token } from '../e2e/standalone.mjs';
import { openChromium, openPage } from './browser.mjs';
import { enter, lookAtPages, settled } from './pages.mjs';

const dir = mkdtempSync(join(tmpdir(), 'hw-browser-replay-'));
let run;
let browser;
let login;
/** without the slash at its end */
let url;

before(async () => {
  run = await startStandalone(['--replay', '--api-port', String(await freePort()), '--identity-port', String(await freePort())], { stateDir: dir });
  login = JSON.parse(readFileSync(join(dir, 'login.json'), 'utf8'));
  url = run.info.dashboard.replace(/\/$/, '');
  browser = await openChromium();
});
after(async () => {
  await browser?.close();
  await run?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('recorded traffic is on every page, marked as recorded', { timeout: 300_000 }, async () => {
  const bearer = await token(run.info);
  const service = await eventually(async () => (await get(run.info, bearer, '/v1/services')).data[0]?.service, 60_000);
  assert.ok(service, 'nothing was replayed');
  await eventually(async () => (await get(run.info, bearer, '/v1/exchanges')).data.length > 0, 30_000);
  const { page, context } = await openPage(browser);
  await enter(page, `${url}/?from=now-15m`, login);
  await settled(page, 'Overview');
  assert.match(await page.getByRole('status', { name: 'Capture' }).innerText(), /recorded|replay/i);
  await context.close();
  await lookAtPages(browser, { url, login, service, traffic: 'recorded', query: 'from=now-15m' });
});
