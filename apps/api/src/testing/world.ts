import { mkdtempSync, rmSync } from 'node:fs';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import pino, { type Logger } from 'pino';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type Coarse, type SummaryStore } from '@headwater/summary-store';
import { createApi, type ApiSettings } from '../app.ts';
import type { TrustedIssuer } from '../auth/principal.ts';
import type { InsightRequests } from '../insights/requests.ts';
import { HandmadeIssuer, signingKey, type SigningKey } from './issuer.ts';

export const TOPIC = 'headwater.header-events.v1';
export const AUDIENCE = 'https://headwater.test';

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // eslint-disable-next-line -- a test looks into whatever came
  json: any;
}

/** A raw request: `fetch` would merge headers that a test wants to send twice. */
export async function rawGet(url: string, headers: string[], method = 'GET', body?: string | Buffer): Promise<Reply> {
  return new Promise((ok, bad) => {
    const req = request(url, { method, headers: ['host', new URL(url).host, ...headers], agent: false }, (res) => {
      let text = '';
      res
        .setEncoding('utf8')
        .on('data', (d: string) => (text += d))
        .on('end', () => {
          let json: unknown = null;
          try {
            json = JSON.parse(text);
          } catch {
            // not every answer is JSON
          }
          ok({ status: res.statusCode ?? 0, headers: res.headers, text, json });
        });
    });
    req.once('error', bad).end(body);
  });
}

/** Real stores (embedded, or on the Redis given), a hand-made issuer, the whole API on a free port. */
export class World {
  readonly dir = mkdtempSync(join(tmpdir(), 'headwater-api-'));
  now = Date.UTC(2026, 10, 22, 10, 0, 0);
  summaries!: SummaryStore;
  state!: StateStore;
  issuer!: HandmadeIssuer;
  key!: SigningKey;
  base = '';
  #app: INestApplication<Server> | null = null;
  #epoch = 0;
  #offset: number | null = null;
  /** a test may take the stores away */
  storeError: Error | null = null;

  static async start(
    options: { issuers?: (own: TrustedIssuer) => TrustedIssuer[]; settings?: Partial<ApiSettings>; redis?: string; requests?: (dir: string) => InsightRequests; log?: Logger } = {},
  ): Promise<World> {
    const world = new World();
    const redis = options.redis === undefined ? null : ({ kind: 'redis', url: options.redis, prefix: 'hw' } as const);
    world.summaries = await openSummaryStore(redis ?? { kind: 'embedded', path: join(world.dir, 'summaries.db') });
    world.state = await openStateStore(redis ?? { kind: 'embedded', path: join(world.dir, 'state.db') });
    world.issuer = await HandmadeIssuer.start();
    world.key = await signingKey('k1', 'ES256');
    world.issuer.keys = [world.key.publicJwk];
    const own: TrustedIssuer = { issuer: world.issuer.url, audiences: [AUDIENCE], algorithms: ['ES256', 'RS256'], extraTypes: [], clientIdFromAzp: false };
    const settings = {
      baseUrl: AUDIENCE,
      resource: AUDIENCE,
      issuers: options.issuers?.(own) ?? [own],
      rateLimit: { requests: 100_000, windowS: 60 },
      topic: TOPIC,
      ...options.settings,
    };
    const given = <S>(store: S): S => {
      if (world.storeError !== null) throw world.storeError;
      return store;
    };
    world.#app = await createApi(settings, {
      summaries: () => given(world.summaries),
      state: () => given(world.state),
      ...(options.requests === undefined ? {} : { requests: options.requests(world.dir) }),
      log: options.log ?? pino({ level: process.env['HW_TEST_LOG'] ?? 'silent' }),
      clock: () => world.now,
    });
    await world.#app.listen(0, '127.0.0.1');
    world.base = `http://127.0.0.1:${(world.#app.getHttpServer().address() as AddressInfo).port}`;
    return world;
  }

  get server(): Server {
    return this.app.getHttpServer();
  }

  get app(): INestApplication<Server> {
    if (this.#app === null) throw new Error('not started');
    return this.#app;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await this.#app?.close();
    await this.issuer.stop();
    await this.summaries.end();
    await this.state.end();
    rmSync(this.dir, { recursive: true });
  }

  claims(more: Record<string, unknown> = {}): Record<string, unknown> {
    const s = Math.floor(this.now / 1000);
    return { iss: this.issuer.url, aud: AUDIENCE, sub: 'tester', client_id: 'tester', jti: 'j1', iat: s - 1, exp: s + 600, scope: 'metrics:read events:read fleet:read', ...more };
  }

  token(more: Record<string, unknown> = {}): Promise<string> {
    return this.issuer.sign(this.key, this.claims(more));
  }

  async get(path: string, options: { token?: string; headers?: string[]; method?: string } = {}): Promise<Reply> {
    const token = options.token ?? (await this.token());
    return rawGet(this.base + path, ['authorization', `Bearer ${token}`, ...(options.headers ?? [])], options.method);
  }

  /** JSON as a body; a string goes as it is. */
  async send(method: string, path: string, body: unknown, options: { token?: string; headers?: string[] } = {}): Promise<Reply> {
    const token = options.token ?? (await this.token({ scope: 'metrics:read fleet:read alerts:write' }));
    const headers = options.headers?.some((h) => h.toLowerCase() === 'content-type') === true ? [] : ['content-type', 'application/json'];
    const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const length = bytes === undefined ? [] : ['content-length', String(bytes.length)];
    return rawGet(this.base + path, ['authorization', `Bearer ${token}`, ...headers, ...length, ...(options.headers ?? [])], method, bytes);
  }

  /** Commits the windows of one start as the owner of partition 0. */
  async commit(start: number, segments: { subject: string; window: ServiceWindow | HostsWindow }[], fresh = true): Promise<void> {
    const unit = { topic: TOPIC, partition: 0 };
    if (this.#epoch === 0) ({ epoch: this.#epoch, nextOffset: this.#offset } = await this.summaries.claim(unit, 'bus-1'));
    const nextOffset = (this.#offset ?? 0) + 1;
    const result = await this.summaries.commit({
      unit,
      epoch: this.#epoch,
      expectedOffset: this.#offset,
      nextOffset,
      agents: new Uint8Array(0),
      watermark: start,
      silent: [],
      at: this.now,
      segments: segments.map((s) => ({ resolution: '10s', start, subject: s.subject, bytes: s.window.encode(), fresh })),
    });
    if (result.kind !== 'ok') throw new Error(`commit: ${result.kind}`);
    this.#offset = nextOffset;
  }

  /** The owner of another partition says that it has folded everything up to there. */
  async speak(partition: number, watermark: number): Promise<void> {
    const unit = { topic: TOPIC, partition };
    const { epoch, nextOffset } = await this.summaries.claim(unit, 'bus-1');
    const result = await this.summaries.commit({
      unit,
      epoch,
      expectedOffset: nextOffset,
      nextOffset: nextOffset ?? 0,
      agents: new Uint8Array(0),
      watermark,
      silent: [],
      at: this.now,
      segments: [],
    });
    if (result.kind !== 'ok') throw new Error(`commit: ${result.kind}`);
  }

  /** Closes the subject's window with the given merged contents. */
  async close(start: number, subject: string, merged: ServiceWindow | HostsWindow, missing: number[] = []): Promise<void> {
    const unit = { topic: TOPIC, partition: 0 };
    const key = { resolution: '10s', start, subject } as const;
    const taken = await this.summaries.take(TOPIC, key, unit);
    const holds: Record<number, number> = { ...taken.closed?.holds };
    for (const p of taken.partials) holds[p.partition] = Math.max(holds[p.partition] ?? 0, p.revision);
    const revision = (taken.closed?.revision ?? 0) + 1;
    const result = await this.summaries.close(TOPIC, {
      unit,
      epoch: this.#epoch,
      lease: taken.lease,
      expectedRevision: revision - 1,
      closed: { ...key, revision, bytes: merged.encode(), holds, missing, closedAt: this.now },
    });
    if (result.kind !== 'ok') throw new Error(`close: ${result.kind}`);
  }

  /** Makes the roll-up of the subject's finer windows, as a closer does. */
  async rollUp(resolution: Coarse, start: number, subject: string): Promise<void> {
    const unit = { topic: TOPIC, partition: 0 };
    const key = { resolution, start, subject };
    const sources = await this.summaries.sources(unit, key);
    if (sources === null) throw new Error(`rollUp: ${subject} ${resolution} ${start} is not due`);
    const rollUp = {
      revision: sources.revision + 1,
      bytes: union(
        subject,
        sources.finer.map((f) => f.bytes),
      ),
      missing: [...new Set(sources.finer.flatMap((f) => f.missing))],
      closedAt: this.now,
    };
    const result = await this.summaries.rollUp({ unit, epoch: this.#epoch, key, rollUp, mark: sources.mark, lease: sources.lease });
    if (result.kind !== 'ok') throw new Error(`rollUp: ${result.kind}`);
  }
}

function union(subject: string, parts: readonly Uint8Array[]): Uint8Array {
  const sum = subject === 'h:' ? new HostsWindow() : new ServiceWindow();
  for (const bytes of parts)
    if (sum instanceof HostsWindow) sum.merge(HostsWindow.decode(bytes));
    else sum.merge(ServiceWindow.decode(bytes));
  return sum.encode();
}
