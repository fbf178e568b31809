// The dashboard on live traffic of the demo shop, in a real Chromium: login, each page, and the numbers from the
// programs' own logs over the API to the page.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../e2e/nginx.mjs';
import { eventually, get, getAll, startStandalone, token } from '../e2e/standalone.mjs';
import { analyzerMutes, followAlert, muteAlert, openAlert, planMaintenance, tryRule } from './alerts.mjs';
import { openChromium, openPage, troubles } from './browser.mjs';
import { countLog, readLogs, sureRange } from './demo-log.mjs';
import { askForInsight, findBesideCharts, insightOfAlert, publishHostile, readHostile } from './insights.mjs';
import { csvOf, enter, lookAtPages, settled } from './pages.mjs';
import { publishPast } from './past.mjs';

const dir = mkdtempSync(join(tmpdir(), 'hw-browser-'));
let run;
let browser;
let login;
/** without the slash at its end */
let url;
let range;
let alert;
/** a route that the shop had for hours, until the demo began */
const VANISHED = '/v0/catalogue';
const iso = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');

before(async () => {
  run = await startStandalone(['--api-port', String(await freePort()), '--identity-port', String(await freePort())], { stateDir: dir });
  await publishPast(dir, { service: 'shop', route: VANISHED });
  login = JSON.parse(readFileSync(join(dir, 'login.json'), 'utf8'));
  url = run.info.dashboard.replace(/\/$/, '');
  browser = await openChromium();
});
after(async () => {
  await browser?.close();
  await run?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A range whose ends no request is near, whose windows are all final. */
async function finalRange() {
  const began = Date.now();
  await sleep(75_000);
  const found = sureRange(readLogs(dir), began, Date.now() - 5_000);
  assert.ok(found, 'no two window ends without a request within 20 ms');
  const bearer = await token(run.info);
  const complete = async () => {
    const { quality } = await get(run.info, bearer, `/v1/services?start=${iso(found.from)}&end=${iso(found.to)}`);
    return quality.complete && quality.lost === 0;
  };
  assert.ok(await eventually(complete, 90_000, 1_000), 'the windows are not complete');
  return found;
}

test('the API counts what the programs of the shop logged: every method, route and status of both services', async () => {
  range = await finalRange();
  const logs = readLogs(dir);
  const bearer = await token(run.info);
  let all = 0;
  for (const [service, entries] of logs) {
    const expected = countLog(entries, range);
    const { data } = await getAll(run.info, bearer, `/v1/request-patterns?start=${iso(range.from)}&end=${iso(range.to)}&service=${service}&limit=1000`);
    const counted = new Map(data.map((r) => [`${r.method} ${r.route} ${r.status}`, r.exchanges]));
    assert.deepEqual(Object.fromEntries([...counted].sort()), Object.fromEntries([...expected].sort()), service);
    all += [...expected.values()].reduce((a, b) => a + b, 0);
  }
  assert.ok(all > 300, `only ${all} exchanges`);
  console.log(`    ${all} exchanges in ${(range.to - range.from) / 1000} s: log = API`);
});

test('the pages show what the API says, to the last exchange', async () => {
  const query = `from=${iso(range.from)}&to=${iso(range.to)}`;
  const bearer = await token(run.info);
  const api = (path) => getAll(run.info, bearer, `${path}${path.includes('?') ? '&' : '?'}start=${iso(range.from)}&end=${iso(range.to)}&limit=1000`);
  const opened = await openPage(browser, { acceptDownloads: true });
  const { page, context } = opened;
  await enter(page, `${url}/?${query}`, login);

  await settled(page, 'Overview');
  const services = (await api('/v1/services?sort=burn_rate')).data;
  const shown = await csvOf(page, 'Services');
  assert.deepEqual(
    shown.map((r) => [r.service, Number(r.exchanges), Number(r.errors)]),
    services.map((s) => [s.service, s.exchanges, s.error_ratio]),
  );

  for (const { service } of services) {
    await page.goto(`${url}/services/${service}?${query}`);
    await settled(page, service);
    const routes = (await api(`/v1/request-patterns?view=latency&group_by=method,route&service=${service}`)).data;
    const rows = await csvOf(page, 'Routes');
    const key = (r) => `${r.method} ${r.route}`;
    assert.deepEqual(Object.fromEntries(rows.map((r) => [key(r), Number(r.exchanges)]).sort()), Object.fromEntries(routes.map((r) => [key(r), r.exchanges]).sort()), service);
    assert.deepEqual(Object.fromEntries(rows.map((r) => [key(r), Number(r.p99)]).sort()), Object.fromEntries(routes.map((r) => [key(r), r.total_ms.p99]).sort()), service);
  }
  assert.deepEqual(await troubles(opened, [/status of 401/]), []);
  await context.close();
});

test('why /checkout fails can be read off the failures page: the token towards payments has expired', async () => {
  // Of each kind of exchange the newest samples are kept, so they belong to a range that is still going on.
  const query = 'from=now-15m';
  const opened = await openPage(browser);
  const { page, context } = opened;
  await enter(page, `${url}/failures?${query}`, login);
  await settled(page, 'Failures');
  await page
    .getByRole('row', { name: /\/charges.*payments/ })
    .first()
    .getByRole('link')
    .first()
    .click();
  await page.getByRole('table', { name: 'Failed exchange beside a good one' }).waitFor();
  const said = await page.getByRole('main').innerText();
  assert.match(said, /failed, none of \d+ good:\s*asked with\s+authorization\s+token has expired/);
  assert.match(said, /www-authenticate\s+Bearer\s+error invalid_token/);
  assert.deepEqual(await troubles(opened, [/status of 401/]), []);
  await context.close();
});

test('the failing checkout is an alert: it leads to its service, is muted in two clicks, and its rule can be tried', async () => {
  alert = await openAlert(run.info, 'shop', 90_000);
  const opened = await openPage(browser);
  const { page, context } = opened;
  await enter(page, `${url}/?from=now-15m`, login);
  await settled(page, 'Overview');
  await page.getByRole('region', { name: 'Open alerts' }).getByText(alert.title).waitFor();
  await page.getByRole('row', { name: /shop.*\d alerts?/ }).waitFor();
  await followAlert(page, url, alert);
  await muteAlert(page, run.info, alert);
  await planMaintenance(page);
  await tryRule(page);
  assert.deepEqual(await troubles(opened, [/status of 401/]), []);
  await context.close();
});

test('what does it mean: an insight looked at the alert, another is asked for, and both stand beside the charts they cite', async () => {
  const opened = await openPage(browser);
  const { page, context } = opened;
  await enter(page, `${url}/?from=now-15m`, login);
  await settled(page, 'Overview');
  await askForInsight(page, url, run.info, 'shop');
  await findBesideCharts(page, url, run.info, 'shop');
  await insightOfAlert(page, url, run.info, alert, 90_000);
  assert.deepEqual(await troubles(opened, [/status of 401/]), []);
  await context.close();
});

test('an insight whose every text means harm stays text, and what was sent for it is shown to the byte', async () => {
  const hostile = await publishHostile(dir, { service: 'shop' });
  const opened = await openPage(browser);
  const { page, context } = opened;
  await enter(page, `${url}/?from=now-15m`, login);
  await settled(page, 'Overview');
  await readHostile(page, url, hostile, 'shop');
  assert.deepEqual(await troubles(opened, [/status of 401/]), []);
  await context.close();
});

test('a service says who was answered what, and which routes are new and which have vanished; failures how they broke', async () => {
  const bearer = await token(run.info);
  const opened = await openPage(browser, { acceptDownloads: true });
  const { page, context } = opened;
  const query = `from=${iso(range.from)}&to=${iso(range.to)}`;
  const api = async (path) => (await getAll(run.info, bearer, `${path}&start=${iso(range.from)}&end=${iso(range.to)}`)).data;
  await enter(page, `${url}/?${query}`, login);
  // What is new or has vanished is told against an hour and more before the range, which the demo has not had.
  await page.goto(`${url}/services/shop?from=now-15m`);
  await settled(page, 'shop');
  const changes = await page.getByRole('region', { name: 'New and vanished', exact: true }).innerText();
  assert.match(changes, new RegExp(`Vanished\\s+POST ${VANISHED}`));
  assert.match(changes, /New\s+POST \/checkout/);
  await page.goto(`${url}/services/shop?${query}`);
  await settled(page, 'shop');
  const [client] = await api('/v1/clients?service=shop');
  const callers = await page.getByRole('region', { name: 'Callers', exact: true }).innerText();
  assert.equal(client.exchanges, (await api('/v1/services?service=shop'))[0].exchanges);
  for (const status of ['401', '502']) assert.match(callers, new RegExp(`${client.client}[\\s\\S]*\\b${status} ${client.statuses[status]}\\b`));

  await page.goto(`${url}/failures?from=now-15m`);
  await settled(page, 'Failures');
  await page.getByRole('row', { name: /POST \/checkout new/ }).waitFor();
  await page.goto(`${url}/failures?${query}`);
  await settled(page, 'Failures');
  // The shop hangs up on every fourth export before it says a word.
  await page.getByLabel('How it broke').selectOption('Closed before a response');
  const broken = await api('/v1/failures?group_by=service,method,route&error_type=connection_closed&status=0');
  assert.deepEqual(
    broken.map((f) => `${f.method} ${f.route}`),
    ['GET /exports/daily'],
  );
  await page.getByRole('region', { name: 'Failures by route', exact: true }).getByText('1 route', { exact: true }).waitFor();
  await settled(page, 'Failures');
  assert.deepEqual(
    (await csvOf(page, 'Failures by route')).map((r) => `${r.route} ${r.failures}`).sort(),
    broken.map((f) => `${f.method} ${f.route} ${f.transport_errors}`).sort(),
  );
  assert.deepEqual(await troubles(opened, [/status of 401/]), []);
  await context.close();
});

test('every page in light and dark, wide and narrow: accessible, quiet console, nothing secret within reach', { timeout: 300_000 }, async () => {
  await lookAtPages(browser, { url, login, service: 'shop', traffic: 'live', query: 'from=now-15m' });
});

test('the analyzer has met the mute of the page: it names it in the alert that it no longer sends', () => analyzerMutes(run.info, alert));
