// What a person sees when the login breaks: identity away, the API started again, the client revoked, the session over.
// Each time a sentence, and nothing is open that should not be. Real processes, as standalone runs them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { healthy, launch, NODE, settingsFile } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { ROOT } from '../e2e/standalone.mjs';
import { axe, openChromium, openPage, shoot, SCREENSHOTS, troubles } from './browser.mjs';
import { enter, settled } from './pages.mjs';

const dir = mkdtempSync(join(tmpdir(), 'hw-session-'));
const login = { user: 'ada', password: 'correct horse battery staple' };
const secret = 'dashboard-secret-of-this-test-only';
/** A token lives so long; an identity that is away is noticed when it is over, s. */
const TOKEN_S = 15;
const OVER_MS = (TOKEN_S + 30) * 1_000;
let at;
let clients;
let identity;
let api;
let browser;
let opened;

const inDir = (name) => join(dir, name);
const write = (name, text) => writeFileSync(inDir(name), text, { mode: 0o600 });

async function startIdentity() {
  identity = launch('identity', NODE, ['apps/identity/dist/main.js', '--config', inDir('identity.yaml')]);
  await healthy(identity, `${at.issuer}/readyz`);
}

async function startApi(sessionS) {
  const settings = {
    port: at.apiPort,
    public_url: at.api,
    audience: at.api,
    issuers: [{ issuer: at.issuer }],
    store: { kind: 'embedded', path: inDir('summaries.db') },
    state: { kind: 'embedded', path: inDir('state.db') },
    dashboard: { client_id: 'headwater-dashboard', client_secret_file: inDir('dashboard.secret'), key_file: inDir('session.key'), max_s: sessionS },
  };
  api = launch('api', NODE, ['apps/api/dist/main.js', '--config', settingsFile(dir, 'api', settings)]);
  await healthy(api, `${at.api}/readyz`);
}

before(async () => {
  const [apiPort, identityPort] = [await freePort(), await freePort()];
  at = { apiPort, api: `http://127.0.0.1:${apiPort}`, issuer: `http://127.0.0.1:${identityPort}` };
  clients = JSON.stringify({ clients: [{ client_id: 'headwater-dashboard', name: 'Headwater dashboard', client_secret: secret, redirect_uris: [`${at.api}/bff/callback`] }] });
  write('clients.json', clients);
  write('dashboard.secret', secret);
  write('password', login.password);
  execFileSync(join(ROOT, 'apps/identity/bin/headwater-identity'), ['add-user', login.user, '--users-file', inDir('users.json'), '--password-file', inDir('password')]);
  settingsFile(dir, 'identity', {
    port: identityPort,
    issuer: at.issuer,
    audience: at.api,
    clients_file: inDir('clients.json'),
    users_file: inDir('users.json'),
    keys_dir: inDir('keys'),
    token_ttl_s: TOKEN_S,
    state: { kind: 'embedded', path: inDir('identity.db') },
  });
  await startIdentity();
  await startApi(3_600);
  browser = await openChromium();
  opened = await openPage(browser);
});
after(async () => {
  await browser?.close();
  await api?.kill();
  await identity?.kill();
  rmSync(dir, { recursive: true, force: true });
});

const strip = () => opened.page.getByRole('status', { name: 'Capture' });
const says = (locator, text, timeout) => locator.filter({ hasText: text }).first().waitFor({ timeout });

/** Nothing is answered to nobody, nor to whoever kept this browser's cookie. */
async function closed() {
  const cookie = (await opened.context.cookies()).map((c) => `${c.name}=${c.value}`).join('; ');
  for (const path of ['/v1/services', '/v1/exchanges', '/v1/fleet/agents', '/bff/me', '/metrics']) {
    for (const headers of [{}, { cookie }]) {
      const answer = await fetch(at.api + path, { headers });
      assert.equal(answer.status, 401, `${path} with ${JSON.stringify(headers)}`);
      assert.doesNotMatch(await answer.text(), /"data"/);
    }
  }
}

test('a person who is not logged in sees a sentence and the way in; the way in is accessible', async () => {
  const { page } = opened;
  await page.goto(`${at.api}/fleet`);
  await page.getByRole('heading', { name: 'You are not logged in' }).waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole('link', { name: 'Log in' }).click();
  await page.getByLabel('Password').waitFor();
  assert.deepEqual(await axe(page), []);
  await shoot(page, join(SCREENSHOTS, 'login.png'));
  await page.getByLabel('User name').fill(login.user);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /not right/);
  await page.getByLabel('User name').fill(login.user);
  await page.getByLabel('Password').fill(login.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  assert.match(await page.getByRole('main').innerText(), /Headwater dashboard[\s\S]*metrics:read[\s\S]*fleet:read/);
  assert.deepEqual(await axe(page), []);
  await shoot(page, join(SCREENSHOTS, 'consent.png'));
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(`${at.api}/fleet`);
  await settled(page, 'Fleet');
  await page.getByRole('heading', { name: 'No host reports' }).waitFor();
});

test('identity away when the token must be renewed: a sentence, then it goes on by itself', async () => {
  const { page } = opened;
  await identity.kill();
  await says(strip(), 'The login service does not answer', OVER_MS);
  assert.match(await strip().innerText(), /trying again/);
  await startIdentity();
  await strip().filter({ hasText: 'does not answer' }).waitFor({ state: 'detached', timeout: 40_000 });
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Fleet');
});

test('the API is started again: a sentence meanwhile, and the session is still there', async () => {
  const { page } = opened;
  await api.kill();
  await says(strip(), 'The API does not answer', 40_000);
  await startApi(3_600);
  await strip().filter({ hasText: 'does not answer' }).waitFor({ state: 'detached', timeout: 40_000 });
  await page.reload();
  await settled(page, 'Fleet');
});

test('the client is revoked: the session ends within the life of a token, and nobody gets in', async () => {
  const { page } = opened;
  write('clients.json', '{"clients":[]}');
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ timeout: OVER_MS });
  await closed();
  await page.getByRole('link', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Unknown application' }).waitFor();
  assert.deepEqual(await axe(page), []);
  write('clients.json', clients);
});

test('a session that is too old ends on the page that is open; logging in comes back to it', async () => {
  const { page, context } = opened;
  await api.kill();
  await startApi(60);
  await context.clearCookies();
  await enter(page, `${at.api}/headers?from=now-15m`, login);
  await settled(page, 'Headers');
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor({ timeout: 90_000 });
  await closed();
  await enter(page, `${at.api}/headers?from=now-15m`, login);
  await settled(page, 'Headers');
});

test('logging out closes the session on both sides', async () => {
  const { page } = opened;
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL((url) => !url.href.includes('/headers'));
  await closed();
  const audit = readFileSync(inDir('state.db')).toString('latin1');
  assert.doesNotMatch(audit, /eyJ[\w-]{20,}\./, 'a token is in the store in clear');
  // What Chromium says of the answers that this file provoked.
  assert.deepEqual(await troubles(opened, [/status of (400|401|403|404|503)/, /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_SOCKET/]), []);
});
