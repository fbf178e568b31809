import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_CAPTURE_OPTIONS, explainExchange } from '@headwater/capture';
import { afterAll, expect, it, vi } from 'vitest';
import { agentProgram } from '../program.ts';
import { pathOf, sampleOf } from './sample.ts';

const dir = mkdtempSync(join(tmpdir(), 'hw-policy-check-'));
afterAll(() => rmSync(dir, { recursive: true }));
const example = (name: string): string => fileURLToPath(new URL(`../../../../libs/capture-policy/examples/${name}.yaml`, import.meta.url));

async function check(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((t) => ((out += String(t)), true)),
    vi.spyOn(process.stderr, 'write').mockImplementation((t) => ((err += String(t)), true)),
  ];
  try {
    return { status: await agentProgram(['policy', 'check', ...args]), out, err };
  } finally {
    spies.forEach((s) => s.mockRestore());
  }
}

it('only validates and sums up when no exchange is described', async () => {
  const { status, out } = await check(example('shop'));
  expect(status).toBe(0);
  expect(out).toMatch(/shop\.yaml is valid: shop@3\n/);
  expect(out).toMatch(/rule 2 +x-shop-\* +service checkout\* +keep/);
  expect(out).toMatch(/filter 2 +method=GET,HEAD status=2xx,3xx +one in 10/);
  expect(out).not.toContain('logged');
});

it('tells what leaves of each header and which rule says so', async () => {
  const flags = ['--path', '/orders/7?coupon=abc', '--service', 'checkout', '--host', 'shop.example', '--client-address', '198.51.100.77'];
  const headers = ['Authorization: Bearer s3cret', 'X-Request-Id: r-81', 'X-Customer-Id: c-9', 'Referer: https://a.example/', 'X-Shop-Cart: 12', 'X-Other: hidden'];
  const { status, out } = await check(example('shop'), ...flags, ...headers.flatMap((h) => ['--request-header', h]), '--response-header', 'Set-Cookie: sid=abc; HttpOnly');
  expect(status).toBe(0);
  expect(out).toMatch(/^logged +one of 10, with the weight 10 +shop@3 filter 2$/m);
  expect(out).toMatch(/^url\.path +\/orders\/\{int\}$/m);
  expect(out).toMatch(/^url\.query +coupon$/m);
  expect(out).toMatch(/^client\.address +198\.51\.100\.0$/m);
  expect(out).toMatch(/^Host +keep +shop\.example +built-in allow-list$/m);
  expect(out).toMatch(/^Authorization +summary +Bearer .*credential$/m);
  expect(out).toMatch(/^X-Request-Id +keep +r-81 +shop@3 rule 1$/m);
  expect(out).toMatch(/^X-Customer-Id +hash +\S+ +shop@3 rule 3$/m);
  expect(out).toMatch(/^Referer +drop +- +shop@3 rule 4$/m);
  expect(out).toMatch(/^X-Shop-Cart +keep +12 +shop@3 rule 2$/m);
  expect(out).toMatch(/^X-Other +presence +- +not on the allow-list$/m);
  expect(out).toMatch(/^Set-Cookie +summary /m);
  for (const secret of ['s3cret', 'c-9', 'hidden', 'abc;']) expect(out.replace(/^(GET|POST) .*$/m, '')).not.toContain(secret);
});

it('of two policies the stricter one counts', async () => {
  const { out } = await check(example('shop'), '--narrowing', example('fleet-narrowing'), '--path', '/a?b=c', '--request-header', 'X-Customer-Id: c-9', '--json');
  const { decision, policy, narrowing } = JSON.parse(out) as { decision: { query: string; requestHeaders: unknown[] }; policy: string; narrowing: string };
  expect([policy, narrowing, decision.query]).toEqual(['shop@3', 'fleet@7', '']);
  expect(decision.requestHeaders).toEqual([{ name: 'X-Customer-Id', action: 'presence', value: '', by: 'fleet@7 rule 1' }]);
  const { out: open } = await check(example('shop'), '--narrowing', example('allow-all'), '--path', '/a?b=c', '--request-header', 'X-Request-Id: r', '--json');
  expect(JSON.parse(open)).toMatchObject({ decision: { query: 'b', requestHeaders: [{ action: 'keep', value: 'r' }] } });
});

it('says what is not logged, and what sampling cannot leave out', async () => {
  const health = await check(example('shop'), '--path', '/healthz', '--request-header', 'X-Request-Id: r');
  expect(health.out).toMatch(/^logged +no +shop@3 filter 1\nNothing of it leaves/m);
  expect(health.out).not.toContain('REQUEST HEADER');
  expect((await check(example('shop'), '--status', '404')).out).toMatch(/^logged +yes /m);
  expect((await check(example('shop'), '--total-ms', '501')).out).toMatch(/^logged +yes +.*slower than 500 ms/m);
});

it('lists every error and exits 1; wrong usage is 2', async () => {
  const file = join(dir, 'bad.yaml');
  writeFileSync(file, 'schema: 1\nid: a\nversion: 1\npaths: keep\nheaders: [{ header: x, action: kep }]\n');
  const { status, err, out } = await check(file, '--narrowing', join(dir, 'none.yaml'));
  expect([status, out]).toEqual([1, '']);
  expect(err).toMatch(/bad\.yaml:4:1: paths: .*did you mean path\?\n.*bad\.yaml:5:32: headers\[0\]\.action: .*did you mean keep\?\n.*none\.yaml: cannot be read/);
  const json = await check(file, '--json');
  expect(json.status).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({
    valid: false,
    errors: [
      { line: 4, field: 'paths' },
      { line: 5, column: 32, field: 'headers[0].action' },
    ],
  });
  for (const wrong of [
    [],
    [file, '--status', '99'],
    [file, '--request-header', 'no colon'],
    [file, '--path', 'x'],
    [file, '--path', '/', '--route', '/'],
    [file, '--client-address', 'x'],
    [file, '--method', 'A B'],
  ])
    expect((await check(...wrong)).status).toBe(2);
});

it('a route stands for a path that has it', () => {
  const route = '/a/{int}/{uuid}/{hex}/{date}/{opaque}';
  const sample = sampleOf({ route, requestHeader: [], responseHeader: [] })!;
  expect(sample.target).toBe(pathOf(route));
  expect(explainExchange({ policy: DEFAULT_CAPTURE_OPTIONS.policy, services: [] }, sample).route).toBe(route);
});
