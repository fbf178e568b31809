import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStateStore } from '@headwater/state-store';
import { Seal } from '../session/seal.ts';
import type { Session } from '../session/sessions.ts';
import { Vault } from '../session/vault.ts';
import { Browser, type Page } from './browser.ts';
import { AppProcess, freePort } from './processes.ts';

export const SECRET = 'a-secret-of-the-test-0123456789';
export const PASSWORD = 'correct horse battery';
const salt = randomBytes(16);
/** The least cost that a users file may have: how long guessing takes is tested with identity. */
const HASH = `scrypt:16384:1:1:${salt.toString('base64url')}:${scryptSync(PASSWORD, salt, 32, { N: 16_384, r: 1, p: 1 }).toString('base64url')}`;

/** A self-signed pair, as a person would make it. */
export function selfSigned(dir: string, names: readonly string[], days = 2): { cert_file: string; key_file: string } {
  const [cert_file, key_file] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const san = names.map((n) => (/^[\d.]+$/.test(n) ? `IP:${n}` : `DNS:${n}`)).join(',');
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key_file,
      '-out',
      cert_file,
      '-days',
      String(days),
      '-subj',
      '/CN=headwater test',
      '-addext',
      `subjectAltName=${san}`,
    ],
    {
      stdio: 'pipe',
    },
  );
  return { cert_file, key_file };
}

/** Identity and API as processes of their own, on https with two names of different sites, or on loopback http. */
export class Installation {
  readonly dir = mkdtempSync(join(tmpdir(), 'headwater-session-'));
  readonly https: boolean;
  api = '';
  issuer = '';
  ca: string | undefined;
  identity!: AppProcess;
  server!: AppProcess;
  #tls: { cert_file: string; key_file: string } | null = null;

  private constructor(https: boolean) {
    this.https = https;
  }

  /** @param api false: only its files and identity, for tests that start an API of their own */
  static async start(https: boolean, api = true): Promise<Installation> {
    const it = new Installation(https);
    const [apiPort, identityPort] = [await freePort(), await freePort()];
    it.api = https ? `https://dash.test:${apiPort}` : `http://127.0.0.1:${apiPort}`;
    it.issuer = https ? `https://login.example:${identityPort}` : `http://127.0.0.1:${identityPort}`;
    if (https) {
      it.#tls = selfSigned(it.dir, ['dash.test', 'login.example', '127.0.0.1']);
      it.ca = readFileSync(it.#tls.cert_file, 'utf8');
    }
    mkdirSync(join(it.dir, 'web', 'assets'), { recursive: true });
    writeFileSync(join(it.dir, 'web', 'index.html'), '<!doctype html><title>the dashboard</title>');
    writeFileSync(join(it.dir, 'web', 'assets', 'app-1.js'), `console.log(${JSON.stringify('x'.repeat(4_000))})`);
    writeFileSync(join(it.dir, 'dashboard.secret'), `${SECRET}\n`, { mode: 0o600 });
    it.users([
      { name: 'ada', password: HASH },
      { name: 'bob', password: HASH, scopes: ['metrics:read', 'fleet:read'], services: ['shop', 'mail'] },
    ]);
    it.clients([it.dashboardClient]);
    await it.startIdentity();
    if (api) await it.startApi();
    return it;
  }

  get dashboardClient(): Record<string, unknown> {
    return {
      client_id: 'headwater-dashboard',
      name: 'Headwater dashboard',
      client_secret: `sha256:${createHash('sha256').update(SECRET).digest('hex')}`,
      redirect_uris: [`${this.api}/bff/callback`],
    };
  }

  users(list: readonly object[]): void {
    writeFileSync(join(this.dir, 'users.json'), JSON.stringify({ users: list }), { mode: 0o600 });
  }

  person(name: string, more: object = {}): object {
    return { name, password: HASH, ...more };
  }

  clients(list: readonly object[]): void {
    writeFileSync(join(this.dir, 'clients.json'), JSON.stringify({ clients: list }), { mode: 0o600 });
  }

  async startIdentity(): Promise<void> {
    this.identity = new AppProcess('identity', this.dir, {
      port: Number(new URL(this.issuer).port),
      issuer: this.issuer,
      audience: this.api,
      clients_file: join(this.dir, 'clients.json'),
      users_file: join(this.dir, 'users.json'),
      keys_dir: join(this.dir, 'keys'),
      state: { kind: 'embedded', path: join(this.dir, 'identity.db') },
      ...(this.#tls === null ? {} : { tls: this.#tls }),
    });
    await this.#ready(this.identity, `${this.issuer}/readyz`);
  }

  apiConfig(more: object = {}): Record<string, unknown> {
    return {
      port: Number(new URL(this.api).port),
      public_url: this.api,
      audience: this.api,
      issuers: [{ issuer: this.issuer, ...(this.#tls === null ? {} : { ca_file: this.#tls.cert_file, connect: `127.0.0.1:${new URL(this.issuer).port}` }) }],
      store: { kind: 'embedded', path: join(this.dir, 'summaries.db') },
      state: { kind: 'embedded', path: join(this.dir, 'state.db') },
      dashboard: { client_id: 'headwater-dashboard', client_secret_file: join(this.dir, 'dashboard.secret'), key_file: join(this.dir, 'session.key') },
      web: { dir: join(this.dir, 'web') },
      ...(this.#tls === null ? {} : { tls: this.#tls }),
      ...more,
    };
  }

  async startApi(more: object = {}): Promise<void> {
    this.server = new AppProcess('api', this.dir, this.apiConfig(more));
    await this.#ready(this.server, `${this.api}/readyz`);
  }

  async stop(): Promise<void> {
    await Promise.all([this.server?.stop(), this.identity?.stop()]);
    rmSync(this.dir, { recursive: true });
  }

  browser(): Browser {
    return new Browser(this.ca);
  }

  get sessionCookie(): string {
    return this.https ? '__Host-headwater_session' : 'headwater_session';
  }

  /** From /bff/login to the dashboard; the consent comes once a person. */
  async signIn(browser: Browser, name = 'ada', returnTo = '/failures?from=now-1h'): Promise<Page> {
    let page = await browser.go(`${this.api}/bff/login?return_to=${encodeURIComponent(returnTo)}`);
    if (page.text.includes('name="password"')) page = await browser.submit(page, { username: name, password: PASSWORD });
    if (page.text.includes('value="allow"')) page = await browser.submit(page, { decision: 'allow' });
    return page;
  }

  /** As the dashboard's client, straight at identity. */
  refresh(token: string): Promise<Page> {
    return this.browser().once(`${this.issuer}/token`, {
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json', authorization: `Basic ${btoa(`headwater-dashboard:${SECRET}`)}` },
    });
  }

  get(browser: Browser, path: string, headers: Record<string, string> = {}): Promise<Page> {
    return browser.once(this.api + path, { headers: { accept: 'application/json', ...headers } });
  }

  logout(browser: Browser, headers: Record<string, string> = { 'x-headwater-csrf': '1', origin: this.api }): Promise<Page> {
    return browser.once(`${this.api}/bff/logout`, { method: 'POST', headers });
  }

  /** Looks into the store with the API's own key, and changes what is there. */
  async tamper(browser: Browser, change: (session: Session) => Session): Promise<Session> {
    const store = await openStateStore({ kind: 'embedded', path: join(this.dir, 'state.db') });
    try {
      const vault = new Vault<Session>(() => store, Seal.fromFile(join(this.dir, 'session.key')), 'session');
      const id = browser.cookie(this.sessionCookie)?.value ?? '';
      const held = await vault.get(id);
      if (held === null) throw new Error('there is no such session');
      if (!(await vault.put(id, held.version, change(held.value), 3_600_000))) throw new Error('somebody else wrote');
      return held.value;
    } finally {
      await store.end();
    }
  }

  /** The next request has to renew the access token. */
  stale(browser: Browser): Promise<Session> {
    return this.tamper(browser, (s) => ({ ...s, tokens: { ...s.tokens, expiresAt: 0 } }));
  }

  async #ready(app: AppProcess, url: string): Promise<void> {
    for (let i = 0; i < 400; i += 1) {
      if (app.child.exitCode !== null) break;
      const up = await new Browser(this.ca).once(url).then(
        (p) => p.status === 200,
        () => false,
      );
      if (up) return;
      await sleep(50);
    }
    throw new Error(`${url} did not answer:\n${app.output}`);
  }
}
