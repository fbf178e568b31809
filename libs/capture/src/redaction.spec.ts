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
  // every scheme, with the secret in each place that is one
  `Authorization: NTLM ${CANARY}`,
  `Authorization: AWS4-HMAC-SHA256 Credential=${CANARY}/20261123/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${CANARY}`,
  `Authorization: AWS4-HMAC-SHA256 Credential=a/b/${CANARY}/${CANARY}/aws4_request, Signature=${CANARY}`,
  `Authorization: AWS4-ECDSA-P256-SHA256 Credential=${CANARY}/20261123/s3/aws4_request, Signature=${CANARY}`,
  `Authorization: Hawk id="${CANARY}", nonce="${CANARY}", mac="${CANARY}", ext="${CANARY}", ${CANARY}="1"`,
  `Authorization: OAuth oauth_consumer_key="${CANARY}", oauth_signature_method="${CANARY}", oauth_signature="${CANARY}"`,
  `Authorization: Signature keyId="${CANARY}",algorithm="${CANARY}",signature="${CANARY}"`,
  `Authorization: Digest algorithm=${CANARY}, qop=${CANARY}, realm="${CANARY}"`,
  `Authorization: GNAP ${CANARY}`,
  `Authorization: SCRAM-SHA-256 sid=${CANARY}, data=${CANARY}`,
  `Authorization: HOBA result="${CANARY}"`,
  `Authorization: vapid t=${jwt}, k=${CANARY}`,
  `Authorization: PrivateToken token="${CANARY}"`,
  `Authorization: Bearer ${b64({ alg: CANARY, typ: CANARY, kid: CANARY, jwk: { k: CANARY } })}.${b64({ sub: CANARY })}.${CANARY}`,
  `Authorization: Bearer ${b64({ alg: 'dir', enc: CANARY })}.${CANARY}.${CANARY}.${CANARY}.${CANARY}`,
  `Authorization:\tBearer\t${CANARY}`,
  `DPoP: ${jwt}`,
  `Signature-Input: sig1=("@method" "host");keyid="${CANARY}";alg="${CANARY}";nonce="${CANARY}";tag="${CANARY}"`,
  `Signature: sig1=:${CANARY}:`,
  `X-Forwarded-Client-Cert: By=${CANARY};Hash=${CANARY};Subject="CN=${CANARY}";URI=spiffe://${CANARY}`,
  `Client-Cert: :${CANARY}:`,
  `X-Amzn-Oidc-Data: ${CANARY}`,
  `Client-Assertion: ${jwt}`,
  `Cookie: ${Buffer.from(CANARY.repeat(2)).toString('base64')}${CANARY}12345678==`,
  // folded lines (llhttp takes them in responses and requests alike), and a JWT cut by one
  `Authorization: Bearer\r\n ${CANARY}`,
  `X-Folded: Bearer\r\n\t${CANARY}`,
  `X-Folded-Jwt: ${jwt.slice(0, 30)}\r\n ${jwt.slice(30)}`,
  // under any name, by the looks of the value
  `X-Plain: {"user":"a","password":"${CANARY}"}`,
  `X-Plain: a=1&access_token=${CANARY}`,
  `X-Plain: see https://user:${CANARY}@db.example/x`,
  `X-Plain: Basic ${CANARY}`,
  `X-Plain: prefix Bearer ${CANARY}`,
  `X-Plain: ghp_${CANARY}`,
  `X-Plain: sk-${CANARY}`,
  `X-Plain: -----BEGIN PRIVATE KEY----- ${CANARY}`,
  `X-Original-Url: /x?token=${CANARY}#${CANARY}`,
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
  `Set-Cookie: sid=${CANARY}; Max-Age=${CANARY}; SameSite=${CANARY}; Priority=${CANARY}; Domain=${CANARY}; Expires=${CANARY}; Partitioned`,
  `Authentication-Info: nextnonce="${CANARY}", rspauth="${CANARY}", qop=${CANARY}, ${CANARY}=1`,
  `Location: https://u:${CANARY}@a/b#access_token=${CANARY}`,
  `Refresh: 0;url=/x?session=${CANARY}`,
  `Link: </x?sig=${CANARY}>; rel=next`,
];

function exchange(requestFields: string[], responseFields: string[], target = `/a?key=${CANARY}&b`): Uint8Array[] {
  const model = new KernelModel(1n);
  return [
    ...model.chunk(RX, `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${CANARY.length}\r\n${requestFields.map((f) => f + '\r\n').join('')}\r\n${CANARY}`, 1_000_000n),
    ...model.chunk(TX, `HTTP/1.1 200 OK\r\nContent-Length: ${CANARY.length}\r\n${responseFields.map((f) => f + '\r\n').join('')}\r\n${CANARY}`, 2_000_000n),
  ].map((r) => r.bytes);
}

/** All bytes that cross the native boundary. */
function crossing(
  records: Uint8Array[],
  policy: Partial<CaptureOptions['policy']>,
  key: CaptureOptions['key'] | null = TEST_KEY,
  previousKey?: CaptureOptions['previousKey'],
): string {
  const options = { ...DEFAULT_CAPTURE_OPTIONS, policy: { ...DEFAULT_CAPTURE_OPTIONS.policy, ...policy }, ...(key ? { key } : {}), ...(previousKey ? { previousKey } : {}) };
  const native = new (addon().Replay)(options, NOW * 1000, true);
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
  const hostile: Partial<CaptureOptions['policy']> = { rules: [{ header: '*', action: 'keep' }], queryNames: true, path: 'keep', clientAddress: 'keep' };
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

  it('in paths that are kept: tokens, matrix parameters, what follows a word for it', () => {
    const long = `${CANARY}0123456789`;
    for (const target of [
      `/a/${long}/b`,
      `/a;jsessionid=${CANARY}/b`,
      `/reset/${long}`,
      `/token/${long}?x=1`,
      `http://user:${CANARY}@a/b?c=${CANARY}`,
      `/x?${long}`,
      `/x?${long}=1`,
      `/x/${jwt}`,
    ])
      expect(crossing(exchange([], [], target), hostile), target).not.toContain(CANARY);
  });

  it('in heads that are cut in the middle of a secret', () => {
    for (const before of [16_250, 16_300, 16_340, 16_360]) {
      const model = new KernelModel(1n, { budget: 16_384 });
      const start = `GET / HTTP/1.1\r\nHost: a\r\nX-Long: `;
      const records = [
        ...model.chunk(RX, `${start}${'x'.repeat(before - start.length)}\r\nAuthorization: Bearer ${CANARY}${CANARY}\r\nX-Plain: Bearer ${CANARY}\r\n\r\n`, 1_000_000n),
        ...model.chunk(TX, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 2_000_000n),
        model.close('fin', 3_000_000n),
      ];
      expect(
        crossing(
          records.map((r) => r.bytes),
          hostile,
        ),
      ).not.toContain(CANARY);
    }
  });

  it('split over chunks, byte by byte, and under both keys', () => {
    const model = new KernelModel(1n);
    const head = `GET /?t=${CANARY} HTTP/1.1\r\nHost: a\r\n${secrets.slice(0, 12).join('\r\n')}\r\n\r\n`;
    const records = head.split('').flatMap((c, i) => model.chunk(RX, c, 1_000_000n + BigInt(i)));
    records.push(...model.chunk(TX, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 9_000_000n));
    const bytes = records.map((r) => r.bytes);
    expect(crossing(bytes, hostile)).not.toContain(CANARY);
    expect(crossing(bytes, hostile, TEST_KEY, { id: 'k0', hex: '22'.repeat(32) })).toMatch(/fp=k1:[0-9a-f]{16} fp=k0:[0-9a-f]{16}/);
    expect(crossing(bytes, hostile, TEST_KEY, { id: 'k0', hex: '22'.repeat(32) })).not.toContain(CANARY);
  });

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

  it('every scheme: what it is, never what it proves', async () => {
    const fp = 'fp=k1:H';
    const table = [
      ['Authorization: Basic dTpw', `Basic ${fp}`],
      ['Authorization: Digest username="u", algorithm=SHA-256, qop=auth, response="6"', `Digest ${fp} alg=SHA-256 qop=auth`],
      ['Authorization: NTLM TlRMTVNTUAADAAAAGAAYAHIAAAA=', `NTLM ${fp} ntlm_type=3`],
      ['Authorization: Negotiate YIIJvwYGKwYBBQUC', `Negotiate ${fp} token=spnego`],
      [
        'Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-central-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=5d',
        `AWS4-HMAC-SHA256 ${fp} region=eu-central-1 service=execute-api key_id=k1:H signed=host,x-amz-date`,
      ],
      [
        'Authorization: AWS4-ECDSA-P256-SHA256 Credential=AKIA/20261123/s3/aws4_request, SignedHeaders=host, Signature=30',
        `AWS4-ECDSA-P256-SHA256 ${fp} service=s3 key_id=k1:H signed=host`,
      ],
      ['Authorization: Hawk id="a", ts="1", nonce="b", mac="c"', `Hawk ${fp} params=id,ts,nonce,mac key_id=k1:H`],
      ['Authorization: OAuth oauth_consumer_key="d", oauth_signature_method="HMAC-SHA1"', `OAuth ${fp} key_id=k1:H alg=HMAC-SHA1`],
      ['Authorization: PrivateToken token="AAIu"', `PrivateToken ${fp} type=2`],
      ['Authorization: SCRAM-SHA-256 sid=AAAA, data=biws', `SCRAM-SHA-256 ${fp} params=sid,data`],
      [
        'Authorization: Signature keyId="a",algorithm="rsa-sha256",headers="(request-target) host",signature="b"',
        `Signature ${fp} alg=rsa-sha256 components=(request-target),host key_id=k1:H`,
      ],
      [`DPoP: ${b64({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC' } })}.${b64({ jti: 'x' })}.c2ln`, `${fp} jwt alg=ES256 typ=dpop+jwt jwk=k1:H`],
      [
        'Signature-Input: sig1=("@method" "content-digest");created=1;keyid="k";alg="ed25519", sig2=()',
        `components=@method,content-digest params=created,alg,keyid alg=ed25519 key_id=k1:H ${fp}`,
      ],
      ['X-Forwarded-Client-Cert: By=a;Hash=b;Subject="C, D",By=e;URI=f', `certificates=2 params=By,Hash,Subject,URI ${fp}`],
      [`Authorization: Bearer ${b64({ alg: 'dir', enc: 'A256GCM' })}....`, `Bearer ${fp} jwe alg=dir enc=A256GCM`],
      [`X-Amz-Security-Token: abc`, fp],
    ];
    const said = await requestFields(table.map(([field]) => field!));
    expect(said.slice(2).map((h) => h[1]!.replace(/[0-9a-f]{16}/g, 'H'))).toEqual(table.map(([, expected]) => expected));
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
