import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BearerGuard, RESOURCE_METADATA_URL, VERIFIER } from './auth/guard.ts';
import { explainListen, portHolder } from '@headwater/config';
import { Paths } from './http/paths.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { PROBLEMS, problemType } from './http/problem.ts';
import { describeApi } from './openapi/describe.ts';
import { expectBody, operations } from './testing/schemas.ts';
import { rawGet, World } from './testing/world.ts';

let w: World;
beforeAll(async () => void (w = await World.start()));
afterAll(() => w.stop());

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

function routes(): { method: string; path: string }[] {
  const router = (w.app.getHttpAdapter().getInstance() as { router: { stack: Layer[] } }).router;
  return router.stack.flatMap(({ route }) => (route === undefined ? [] : Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path }))));
}

/** Those that take a body or change something. */
const WRITING = ['POST /v1/alert-rules/preview', 'POST /v1/insights', 'POST /v1/mutes', 'DELETE /v1/mutes/:id'];
const OPEN = ['/healthz', '/readyz', '/openapi.json', '/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/*path'];
/** The dashboard's session guards itself (session.spec.ts); here there is no dashboard, so these are closed to all. */
const SESSION = ['GET /bff/login', 'GET /bff/callback', 'GET /bff/me', 'POST /bff/logout'];
/** For a browser on its way, not for programs. */
const UNDOCUMENTED = ['/bff/login', '/bff/callback'];
const LISTED = [
  '/metrics',
  '/v1/alerts',
  '/v1/alert-rules',
  '/v1/insights',
  '/v1/insights/:id',
  '/v1/insights/:id/sent',
  '/v1/insights/:id/events',
  '/v1/insight-gateway',
  '/v1/metrics',
  '/v1/mutes',
  '/v1/mutes/:id',
  '/v1/services',
  '/v1/clients',
  '/v1/exchanges',
  '/v1/request-patterns',
  '/v1/failures',
  '/v1/latency',
  '/v1/headers',
  '/v1/fleet/agents',
];

describe('every route of the running app', () => {
  test('is one of ours', () => {
    const all = routes().map(({ method, path }) => `${method} ${path}`);
    expect(all.sort()).toEqual([...[...OPEN, ...LISTED].map((p) => `GET ${p}`), ...WRITING, ...SESSION].sort());
  });
  test('answers 401 without a token, 403 without a scope; only the open ones do not', async () => {
    const bare = await w.token({ scope: '' });
    for (const { method, path: route } of routes()) {
      const path = route.replace('/*path', '/x').replace(':id', 'x');
      const nobody = await rawGet(w.base + path, [], method);
      const unscoped = await w.get(path, { token: bare, method });
      if (OPEN.includes(route)) expect([401, 403], path).not.toContain(nobody.status);
      else if (SESSION.includes(`${method} ${route}`)) expect([path, nobody.status, unscoped.status]).toEqual([path, 404, 404]);
      else expect([path, nobody.status, unscoped.status]).toEqual([path, 401, 403]);
    }
  });
  test('is in the document, with the scopes it needs', async () => {
    const { json } = await rawGet(`${w.base}/openapi.json`, []);
    for (const { method, path: route } of routes()) {
      const entry = json.paths[route.replace('*path', '{path}').replace(':id', '{id}')]?.[method.toLowerCase()];
      if (UNDOCUMENTED.includes(route)) {
        expect(entry, route).toBeUndefined();
        continue;
      }
      expect(entry, route).toBeDefined();
      expect(entry.operationId).toBeTruthy();
      if (LISTED.includes(route) || WRITING.includes(`${method} ${route}`)) expect(entry.security[0].oauth2.length, route).toBeGreaterThan(0);
      if (method === 'DELETE') continue;
      const [content] = Object.values(entry.responses[route === '/v1/mutes' && method === 'POST' ? '201' : '200'].content) as { example?: unknown }[];
      expect(content?.example, `${route} has no example`).toBeDefined();
    }
  });
});

test('every example of the document is what its schema says', () => {
  for (const { operation } of operations())
    for (const [status, { content }] of Object.entries(operation.responses))
      for (const [media, { schema, example }] of Object.entries(content ?? {}))
        if (media === 'application/json' && example !== undefined) expectBody(schema, example, `${operation.operationId} ${status}`);
});

test('a route that says nothing about scopes lets nobody in', async () => {
  @Controller()
  class Forgotten {
    @Get('forgotten')
    get(): string {
      return 'secret';
    }
  }
  const verifier = { verify: () => Promise.resolve({ kind: 'ok' }) };
  @Module({
    controllers: [Forgotten],
    providers: [
      { provide: APP_GUARD, useClass: BearerGuard },
      { provide: VERIFIER, useValue: verifier },
      { provide: RESOURCE_METADATA_URL, useValue: '' },
    ],
  })
  class OpenModule {}
  const app = await NestFactory.create(OpenModule, { logger: false });
  app.useGlobalFilters(new ProblemFilter(pino({ level: 'silent' }), new Paths({})));
  await app.listen(0, '127.0.0.1');
  const reply = await rawGet(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/forgotten`, ['authorization', 'Bearer t']);
  expect(reply.status).toBe(403);
  expect(reply.text).not.toContain('secret');
  await app.close();
});

test('openapi.json is what the code says (npm run gen -w @headwater/api)', async () => {
  expect(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8') === (await describeApi())).toBe(true);
});

test('every problem has a status, a title and a type of its own', () => {
  const types = Object.keys(PROBLEMS).map((c) => problemType(c as keyof typeof PROBLEMS));
  expect(new Set(types).size).toBe(types.length);
  for (const { status, title } of Object.values(PROBLEMS)) expect(status >= 400 && title.length > 0).toBe(true);
});

describe('the edges of HTTP', () => {
  test('unknown paths, other methods, HEAD', async () => {
    const missing = await w.get('/v2/services');
    expect([missing.status, missing.json.type]).toEqual([404, 'urn:headwater:problem:not-found']);
    const post = await w.get('/v1/services', { method: 'POST' });
    expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD']);
    const head = await w.get('/v1/services', { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect((await rawGet(`${w.base}/v1/services`, [], 'HEAD')).status).toBe(401);
    expect((await w.get('/v1/%zz')).status).toBeLessThan(500);
  });
  test('a request id is taken when harmless, else made', async () => {
    expect((await w.get('/healthz', { headers: ['x-request-id', 'abc-1'] })).headers['x-request-id']).toBe('abc-1');
    expect((await w.get('/healthz', { headers: ['x-request-id', 'a b<'] })).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
  test('what it says of itself (RFC 9728)', async () => {
    const { json, status } = await rawGet(`${w.base}/.well-known/oauth-protected-resource`, []);
    expect(status).toBe(200);
    expect(json).toMatchObject({ resource: 'https://headwater.test', authorization_servers: [w.issuer.url], bearer_methods_supported: ['header'] });
    expect(json.scopes_supported).toContain('metrics:read');
    expect((await rawGet(`${w.base}/.well-known/oauth-protected-resource/other`, [])).status).toBe(404);
  });
  test('metrics count by route, not by path', async () => {
    await w.get('/v1/whatever');
    const { text, headers } = await w.get('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toMatch(/headwater_api_requests_total\{route="other",method="GET",status="404"\} [1-9]/);
    expect(text).not.toContain('whatever');
  });
});

test('a client over its limit is told when to come back; another is not touched', async () => {
  const limited = await World.start({ settings: { rateLimit: { requests: 2, windowS: 60 } } });
  const first = await limited.get('/v1/services');
  expect([first.headers['ratelimit-policy'], first.headers['ratelimit']]).toEqual(['"default";q=2;w=60', '"default";r=1;t=60']);
  await limited.get('/v1/services');
  const third = await limited.get('/v1/services');
  expect([third.status, third.json.type]).toEqual([429, 'urn:headwater:problem:rate-limited']);
  expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
  expect((await limited.get('/v1/services', { token: await limited.token({ client_id: 'another' }) })).status).toBe(200);
  expect((await limited.get('/healthz')).status).toBe(200);
  await limited.stop();
});

test('issuer away: 503 with Retry-After, not 401; back: taken', async () => {
  const own = await World.start();
  const token = await own.token();
  await own.issuer.stop();
  const away = await own.get('/v1/services', { token });
  expect([away.status, away.json.type]).toEqual([503, 'urn:headwater:problem:issuer-unavailable']);
  expect(Number(away.headers['retry-after'])).toBeGreaterThan(0);
  await own.issuer.listen();
  own.now += 11_000;
  expect((await own.get('/v1/services', { token: await own.token() })).status).toBe(200);
  await own.stop();
});

test('who holds a port is found out', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((ok) => server.once('listening', ok));
  const { port } = server.address() as AddressInfo;
  expect(portHolder(port)).toContain(`(pid ${process.pid})`);
  const error = await new Promise((ok) => createServer().once('error', ok).listen(port, '127.0.0.1'));
  expect(explainListen(error, '127.0.0.1', port, 'do x').message).toMatch(new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken by .+ \\(pid ${process.pid}\\); do x`));
  await new Promise((ok) => server.close(ok));
  expect(portHolder(port)).toBeNull();
});
