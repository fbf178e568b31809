import { describe, expect, it } from 'vitest';
import { addon } from './addon.ts';
import { DEFAULT_CAPTURE_OPTIONS, type CaptureOptions } from './index.ts';
import { RX, TX, KernelModel } from './testing/kernel-model.ts';
import { replayRows, TEST_KEY } from './testing/replay-rows.ts';

const CANARY = 'hunter2canary';
const b64 = (o: object) => Buffer.from(JSON.stringify(o)).toString('base64url');
const NOW = 1_700_000_000;
const jwt = `${b64({ alg: 'RS256', typ: 'JWT' })}.${b64({ iss: 'https://idp.example/t', aud: ['api', 'web'], sub: CANARY, exp: NOW + 3600, scope: 'read write' })}.${CANARY}`;

const secrets = [
  `Authorization: Bearer ${CANARY}`,
  `Authorization: Basic ${CANARY}`,
  `AUTHORIZATION: ${CANARY} x`,
  `Authorization: ${CANARY}`,
  `Authorization: Digest username="${CANARY}", response="${CANARY}"`,
  `Proxy-Authorization: Bearer ${CANARY}`,
  `Cookie: sid=${CANARY}; theme=${CANARY}`,
  `Cookie: ${CANARY}`,
  `X-Api-Key: ${CANARY}`,
  `x-api_key: ${CANARY}`,
  `X-Auth-Token: ${CANARY}`,
  `X-CSRF-Token: ${CANARY}`,
  `X-Amz-Security-Token: ${CANARY}`,
  `X-Session-Id: ${CANARY}`,
  `Private-Token: ${CANARY}`,
  `X-Whatever: Bearer ${CANARY}`,
  `X-Other: ${jwt}`,
  `Referer: https://user:${CANARY}@a/b?c=${CANARY}`,
];
const setCookies = [
  `Set-Cookie: sid=${CANARY}; Path=/${CANARY}; Secure; HttpOnly; SameSite=Strict; Max-Age=60; ${CANARY}=1`,
  `Set-Cookie: ${CANARY}`,
  `Location: /x?token=${CANARY}`,
  `X-Access-Token: ${CANARY}`,
  `WWW-Authenticate: Negotiate ${CANARY}`,
  `WWW-Authenticate: ${CANARY}`,
  `WWW-Authenticate: Bearer realm="${CANARY}", error="${CANARY}", error_description="${CANARY}"`,
  `Proxy-Authenticate: Digest nonce="${CANARY}", error=${CANARY}`,
];

function exchange(requestFields: string[], responseFields: string[], target = `/a?key=${CANARY}&b`): Uint8Array[] {
  const model = new KernelModel(1n);
  return [
    ...model.chunk(RX, `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${CANARY.length}\r\n${requestFields.map((f) => f + '\r\n').join('')}\r\n${CANARY}`, 1_000_000n),
    ...model.chunk(TX, `HTTP/1.1 200 OK\r\nContent-Length: ${CANARY.length}\r\n${responseFields.map((f) => f + '\r\n').join('')}\r\n${CANARY}`, 2_000_000n),
  ].map((r) => r.bytes);
}

/** All bytes that cross the native boundary. */
function crossing(records: Uint8Array[], policy: Partial<CaptureOptions['policy']>, key: CaptureOptions['key'] | null = TEST_KEY): string {
  const native = new (addon().Replay)({ ...DEFAULT_CAPTURE_OPTIONS, policy: { ...DEFAULT_CAPTURE_OPTIONS.policy, ...policy }, ...(key ? { key } : {}) }, NOW * 1000, true);
  const out = [];
  for (const r of records) {
    const framed = Buffer.alloc(4 + r.length);
    framed.writeUInt32LE(r.length);
    framed.set(r, 4);
    out.push(...native.push(framed));
  }
  out.push(...native.flush());
  expect(out.reduce((n, b) => n + b.rows, 0)).toBeGreaterThan(0);
  return out.map((b) => Buffer.from(b.buffer).toString('latin1') + b.account).join('') + native.totals();
}

describe('secrets never cross the native boundary', () => {
  const hostile: Partial<CaptureOptions['policy']> = { rules: [{ header: '*', action: 'keep' }], queryNames: true };
  const policies: [string, Partial<CaptureOptions['policy']>][] = [
    ['the default policy', {}],
    ['a policy that keeps everything', hostile],
    ['a policy that masks everything', { rules: [{ header: '*', action: 'mask' }] }],
  ];
  for (const [name, policy] of policies) {
    it(`under ${name}`, () => {
      for (const field of secrets) expect(crossing(exchange([field], []), policy), field).not.toContain(CANARY);
      for (const field of setCookies) expect(crossing(exchange([], [field]), policy), field).not.toContain(CANARY);
      expect(crossing(exchange(secrets, setCookies), policy, null)).not.toContain(CANARY);
    });
  }

  it('but a harmless value does cross, so the test can fail', () => {
    expect(crossing(exchange([`User-Agent: ${CANARY}`], []), {})).toContain(CANARY);
    expect(crossing(exchange([`X-Plain: ${CANARY}`], []), hostile)).toContain(CANARY);
  });
});

const requestFields = async (fields: string[], options: Partial<CaptureOptions> = {}) =>
  (await replayRows(exchange(fields, []), options)).rows[0]!['http.request.headers'] as string[][];

describe('what is said instead', () => {
  it('a JWT: alg, iss, aud, seconds to exp, scope names', async () => {
    const [, , authorization] = await requestFields([`Authorization: Bearer ${jwt}`]);
    expect(authorization![1]).toMatch(/^Bearer fp=k1:[0-9a-f]{16} jwt alg=RS256 iss=https:\/\/idp\.example\/t aud=api,web exp_s=3600 scope=read,write$/);
  });

  it('a challenge: scheme and registered error code, first of several', async () => {
    const said = async (value: string) => ((await replayRows(exchange([], [`WWW-Authenticate: ${value}`]))).rows[0]!['http.response.headers'] as string[][])[1]!.slice(1);
    const table = [
      ['Bearer realm="x", error="invalid_token", error_description="The token expired"', 'Bearer error=invalid_token'],
      ['bearer error=insufficient_scope, scope="a b"', 'Bearer error=insufficient_scope'],
      ['Bearer error_description="a, error=invalid_token", realm="x"', 'Bearer'],
      ['Bearer realm="a\\", error=invalid_token"', 'Bearer'],
      ['DPoP error="use_dpop_nonce"', 'DPoP error=use_dpop_nonce'],
      ['Bearer error="mine"', 'Bearer error=other'],
      ['Bearer error=', 'Bearer error=other'],
      ['Basic realm="x"', 'Basic'],
      ['Unheard realm="x"', 'other'],
    ];
    for (const [value, expected] of table) expect(await said(value!), value).toEqual([expected, 'summary']);
  });

  it('broken JWTs give a fingerprint only', async () => {
    for (const token of ['eyJ.e.x', 'ey..', `${b64({ alg: 'none' }).slice(0, 5)}.x.y`, `ey${'A'.repeat(9_000)}.e30.x`, `${b64({ alg: 'x' })}.!!!.x`]) {
      const [, , authorization] = await requestFields([`Authorization: Bearer ${token}`]);
      expect(authorization![1]).toMatch(/^Bearer fp=k1:[0-9a-f]{16}$/);
    }
  });

  it('without a key: no fingerprints', async () => {
    const { rows } = await replayRows(exchange(['Authorization: Bearer x', 'X-Api-Key: y'], []), { key: undefined as never });
    expect((rows[0]!['http.request.headers'] as string[][]).slice(2)).toEqual([
      ['Authorization', 'Bearer', 'summary'],
      ['X-Api-Key', 'present', 'summary'],
    ]);
    expect(rows[0]!['headwater.key_id']).toBe('');
  });

  it('rules: the first that fits by header, direction, service and route', async () => {
    const policy = {
      ...DEFAULT_CAPTURE_OPTIONS.policy,
      queryNames: true,
      rules: [
        { header: 'x-drop*', action: 'drop' as const },
        { header: 'x-id', action: 'keep' as const, direction: 'response' as const },
        { header: 'x-id', action: 'hash' as const },
        { header: 'x-r', action: 'keep' as const, route: '/other' },
        { header: 'x-r', action: 'mask' as const, route: '/a', service: 'test*' },
      ],
    };
    const { rows } = await replayRows(exchange(['X-Dropped: 1', 'X-Id: 7', 'X-R: Ab-12', 'X-None: 1'], ['X-Id: 7']), { policy });
    const row = rows[0]!;
    expect((row['http.request.headers'] as string[][]).slice(2)).toEqual([
      ['X-Id', expect.stringMatching(/^k1:[0-9a-f]{16}$/), 'hash'],
      ['X-R', 'Aa-00', 'mask'],
      ['X-None', '', 'presence'],
    ]);
    expect((row['http.response.headers'] as string[][])[1]).toEqual(['X-Id', '7', 'keep']);
    expect(row['url.query']).toBe('key&{opaque}');
  });
});
