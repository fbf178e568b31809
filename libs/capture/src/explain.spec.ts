import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPTURE_OPTIONS, explainExchange, explainHeaders, type CaptureRules, type ExchangeSample, type PolicyLayer } from './index.ts';
import { TEST_KEY } from './testing/replay-rows.ts';

const layer = (o: Partial<PolicyLayer>): PolicyLayer => ({ ...DEFAULT_CAPTURE_OPTIONS.policy, id: 'shop', version: 3, ...o });
const rules = (o: Partial<CaptureRules> = {}): CaptureRules => ({ policy: layer({}), services: [], key: TEST_KEY, ...o });
const exchange: ExchangeSample = {
  method: 'GET',
  target: '/orders/17?page=2',
  status: 200,
  role: 'server',
  port: 8080,
  totalMs: 12,
  requestHeaders: [
    { name: 'Host', value: 'api.example:8080' },
    { name: 'X-Tenant', value: 'acme' },
  ],
  responseHeaders: [{ name: 'Content-Type', value: 'text/plain' }],
};

describe('explainHeaders', () => {
  it('says what leaves and by which rule, counted from 1', () => {
    const r = rules({
      policy: layer({
        rules: [
          { header: 'x-gone', action: 'drop' },
          { header: 'x-*', action: 'keep', route: '/orders/*' },
        ],
      }),
      narrowing: layer({
        id: 'fleet',
        version: 7,
        rules: [
          { header: 'x-masked', action: 'mask' },
          { header: 'x-tenant', action: 'keep' },
        ],
      }),
    });
    const said = explainHeaders(r, {
      direction: 'request',
      service: 'shop',
      route: '/orders/{int}',
      headers: [
        { name: 'X-Gone', value: 'a' },
        { name: 'X-Masked', value: 'Ab-12' },
        { name: 'X-Tenant', value: 'acme' },
        { name: 'X-Tenant', value: 'Bearer abcdefgh' },
        { name: 'X-Other', value: 'b' },
        { name: 'Accept', value: '*/*' },
        { name: 'X-RateLimit-Reset', value: '1700000000' },
        { name: 'Authorization', value: 'Bearer abcdefgh' },
      ],
    });
    expect(said.map((d) => [d.action, d.value.replace(/[0-9a-f]{16}/, 'H'), d.by])).toEqual([
      ['drop', '', 'shop@3 rule 1'],
      ['mask', 'Aa-00', 'fleet@7 rule 1'],
      ['keep', 'acme', 'shop@3 rule 2'],
      ['summary', 'Bearer fp=k1:H', 'looks like a credential'],
      ['presence', '', 'not on the allow-list'],
      ['keep', '*/*', 'built-in allow-list'],
      ['keep', '1700000000', 'shop@3 rule 2'],
      ['summary', 'Bearer fp=k1:H', 'credential'],
    ]);
  });

  it('keeps opaque values only where a rule names their header; of Host never the user information', () => {
    const uuid = '0b0f8f1c-3d5e-4a4b-9a55-0c6f1d2e3f40';
    const token = 'q7-Jx2kP_w9Zb4-LmT8vRs3N';
    const headers = [
      { name: 'X-Named', value: token },
      { name: 'X-Other', value: token },
      { name: 'X-Other', value: 'how-to-build-a-house-in-2024-with-10-steps' },
      { name: 'Host', value: `u:${token}@shop.example:8080` },
      { name: 'X-Request-Id', value: uuid },
    ];
    const own = layer({
      rules: [
        { header: 'x-named', action: 'keep' },
        { header: 'x-*', action: 'keep' },
      ],
    });
    const sample = { direction: 'request' as const, service: '', route: '/', headers };
    const expected = [
      ['keep', token, 'shop@3 rule 1'],
      ['summary', 'fp=k1:H', 'looks like a credential'],
      ['keep', 'how-to-build-a-house-in-2024-with-10-steps', 'shop@3 rule 2'],
      ['keep', 'shop.example:8080', 'built-in allow-list'],
      ['keep', uuid, 'shop@3 rule 2'],
    ];
    const said = (r: CaptureRules) => explainHeaders(r, sample).map((d) => [d.action, d.value.replace(/:[0-9a-f]{16}$/, ':H'), d.by]);
    expect(said(rules({ policy: own }))).toEqual(expected);
    // a fleet that allows all takes nothing away
    expect(said(rules({ policy: own, narrowing: layer({ id: 'fleet', version: 7, rules: [{ header: '*', action: 'keep' }] }) }))).toEqual(expected);
  });

  it('gives every fingerprint by both keys while they are rotated', () => {
    const r = rules({ previousKey: { id: 'k0', hex: '22'.repeat(32) }, policy: layer({ rules: [{ header: 'x-id', action: 'hash' }] }) });
    const [auth, id] = explainHeaders(r, {
      direction: 'request',
      service: '',
      route: '/',
      headers: [
        { name: 'Authorization', value: 'Basic YTpi' },
        { name: 'X-Id', value: '7' },
      ],
    });
    expect(auth!.value).toMatch(/^Basic fp=k1:[0-9a-f]{16} fp=k0:[0-9a-f]{16}$/);
    expect(id!.value).toMatch(/^k1:[0-9a-f]{16} k0:[0-9a-f]{16}$/);
  });

  it('refuses bad rules as a capture does', () => {
    expect(() => explainHeaders(rules({ peers: [{ cidr: '10.0.0.0/33', name: 'x' }] }), { direction: 'request', service: '', route: '', headers: [] })).toThrow(
      /peers\[0\]\.cidr is "10\.0\.0\.0\/33": give a network/,
    );
  });
});

describe('explainExchange', () => {
  it('says whether it is logged, as what, and by which filter', () => {
    const filters: PolicyLayer['filters'] = [
      { match: { path: '/health*' }, log: 'none' },
      { match: { host: 'API.example', header: { name: 'x-tenant', value: 'ac*' } }, log: 10 },
    ];
    const r = rules({ policy: layer({ filters, queryNames: true, path: 'keep', clientAddress: 'hash' }) });
    expect(explainExchange(r, exchange)).toMatchObject({ logged: true, weight: 10, by: 'shop@3 filter 2', route: '/orders/{int}', path: '/orders/17', query: 'page' });
    expect(explainExchange(r, exchange).clientAddress).toMatch(/^k1:/);
    expect(explainExchange(r, { ...exchange, status: 503 })).toMatchObject({ weight: 1, by: 'shop@3 filter 2; an error: never sampled' });
    expect(explainExchange(r, { ...exchange, totalMs: 1001 })).toMatchObject({ weight: 1, by: 'shop@3 filter 2; slower than 1000 ms: never sampled' });
    expect(explainExchange(r, { ...exchange, target: '/healthz' })).toMatchObject({ logged: false, weight: 0, by: 'shop@3 filter 1' });
    expect(explainExchange(r, { ...exchange, requestHeaders: [] })).toMatchObject({ weight: 1, by: 'no filter matches' });
    expect(explainExchange(rules(), exchange)).toMatchObject({ path: '/orders/{int}', query: '', clientAddress: '203.0.113.0' });
  });

  it('multiplies the rates of two policies; none of either drops', () => {
    const narrowing = layer({
      id: 'fleet',
      filters: [
        { match: { methods: ['GET'] }, log: 4 },
        { match: { statuses: ['2xx'] }, log: 'none' },
      ],
    });
    const r = rules({ policy: layer({ filters: [{ match: {}, log: 5 }] }), narrowing });
    expect(explainExchange(r, exchange)).toMatchObject({ weight: 20, by: 'shop@3 filter 1; fleet@3 filter 1' });
    expect(explainExchange(r, { ...exchange, method: 'PUT' })).toMatchObject({ logged: false, by: 'shop@3 filter 1; fleet@3 filter 2' });
  });

  it('refuses what is no HTTP', () => {
    expect(() => explainExchange(rules(), { ...exchange, method: 'GE T' })).toThrow(/HTTP\/1\.1 head/);
    expect(() => explainExchange(rules(), { ...exchange, requestHeaders: [{ name: 'a', value: 'b\r\n\r\nc' }] })).toThrow(/line break/);
  });
});
