// The same pages on recorded traffic, which they must say; and behind a real AI gateway (Portkey), what a model found of it.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { scratch } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { eventually, get, startStandalone, token } from '../e2e/standalone.mjs';
import { Model } from '../insights/model.mjs';
import { openPortkey } from '../insights/portkey.mjs';
import { openChromium, openPage } from './browser.mjs';
import { readByModel } from './insights.mjs';
import { enter, lookAtPages, settled } from './pages.mjs';

const dir = mkdtempSync(join(tmpdir(), 'hw-browser-replay-'));
let run;
let browser;
let login;
/** without the slash at its end */
let url;
/** the model behind the gateway */
let model;
const ends = [];

before(async () => {
  model = new Model();
  await model.server.listen();
  ends.push(() => model.server.close());
  const gateway = await openPortkey(scratch({ after: (end) => ends.unshift(end) }, 'hw-gateway-'), model.url);
  writeFileSync(join(dir, 'gateway.key'), 'key-of-the-gateway\n', { mode: 0o600 });
  const args = ['--gateway-url', gateway.url, '--gateway-preset', 'portkey', '--gateway-model', 'model-of-the-test'];
  args.push('--gateway-key-file', join(dir, 'gateway.key'), '--gateway-headers-file', gateway.headersFile);
  run = await startStandalone(['--replay', '--api-port', String(await freePort()), '--identity-port', String(await freePort()), ...args], { stateDir: dir });
  login = JSON.parse(readFileSync(join(dir, 'login.json'), 'utf8'));
  url = run.info.dashboard.replace(/\/$/, '');
  browser = await openChromium();
});
after(async () => {
  await browser?.close();
  await run?.stop();
  for (const end of ends) await end();
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

test('what a model behind a real gateway found is on the page, under the names of this fleet, with what was sent', async () => {
  const { page, context } = await openPage(browser);
  await enter(page, `${url}/?from=now-15m`, login);
  await readByModel(page, url, run.info, model, 'shop');
  await context.close();
});
