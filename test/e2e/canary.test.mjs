// Secrets of every kind through the whole fleet, under the built-in policy and under one that asks for everything: none
// is found in the buffers handed to JavaScript, in the spool, the topics, the stores, the API's answers or the logs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../../infra/kafka/start.mjs';
import { startRedis } from '../../infra/redis/start.mjs';
import { DEFAULT_CAPTURE_OPTIONS, openLive } from '../../libs/capture/dist/index.js';
import { healthy, metric, NODE, scratch, settingsFile, startApi } from './fleet.mjs';
import { freePort } from './nginx.mjs';
import { eventually, getAll, ROOT, token } from './standalone.mjs';
import { Kafka, logLevel, readAll } from './topic.mjs';

const run = promisify(execFile);

/** Secrets as they are met, each one used in one place only. @type {Map<string, string>} */
const secrets = new Map();
function secret(place, text = randomBytes(18).toString('base64url')) {
  secrets.set(place, text);
  return text;
}
const b64 = (v) => Buffer.from(typeof v === 'string' ? v : JSON.stringify(v)).toString('base64url');
const jwt = (place) =>
  `${b64({ alg: 'RS256', typ: 'JWT', kid: secret(`${place}: kid`) })}.${b64({ iss: 'https://idp.example', aud: 'api', sub: secret(`${place}: sub`), exp: 4_000_000_000 })}.${secret(`${place}: signature`, randomBytes(48).toString('base64url'))}`;

/** One request a line: how it is written, in pieces (one write each). */
const REQUESTS = [
  ['authorization bearer', () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nAuthorization: Bearer ${secret('authorization bearer')}\r\n\r\n`]],
  [
    'authorization basic',
    () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nAuthorization: Basic ${Buffer.from(`user:${secret('authorization basic')}`).toString('base64')}\r\n\r\n`],
  ],
  ['authorization of no scheme', () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nAuthorization: ${secret('authorization of no scheme')}\r\n\r\n`]],
  ['jwt', () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nauthorization: bearer ${jwt('jwt')}\r\n\r\n`]],
  [
    'aws',
    () => [
      `GET /a HTTP/1.1\r\nHost: canary.test\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIA${secret('aws: key id', randomBytes(8).toString('hex').toUpperCase())}/20261123/eu-north-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${secret('aws: signature', randomBytes(32).toString('hex'))}\r\nX-Amz-Security-Token: ${secret('aws: session token')}\r\n\r\n`,
    ],
  ],
  [
    'digest',
    () => [
      `GET /a HTTP/1.1\r\nHost: canary.test\r\nAuthorization: Digest username="${secret('digest: user')}", realm="${secret('digest: realm')}", nonce="${secret('digest: nonce')}", qop=auth, algorithm=SHA-256, response="${secret('digest: response')}"\r\n\r\n`,
    ],
  ],
  ['proxy-authorization', () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nProxy-Authorization: Negotiate ${secret('proxy-authorization')}\r\n\r\n`]],
  ['cookie', () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nCookie: sid=${secret('cookie sid')}; theme=${secret('cookie theme')}\r\nCookie: ${secret('cookie bare')}\r\n\r\n`]],
  [
    'api key',
    () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nX-Api-Key: ${secret('x-api-key')}\r\napi_key: ${secret('api_key')}\r\nX-Vault-Token: ${secret('x-vault-token')}\r\n\r\n`],
  ],
  ['csrf', () => [`POST /a HTTP/1.1\r\nHost: canary.test\r\nX-CSRF-Token: ${secret('csrf')}\r\nContent-Length: 24\r\n\r\n`, secret('body')]],
  ['dpop', () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nDPoP: ${jwt('dpop')}\r\nSignature: sig1=:${secret('signature', randomBytes(30).toString('base64'))}:\r\n\r\n`]],
  ['query', () => [`GET /a?token=${secret('query value')}&${secret('query word')}#${secret('fragment')} HTTP/1.1\r\nHost: canary.test\r\n\r\n`]],
  ['path', () => [`GET /reset/${secret('path')}/done HTTP/1.1\r\nHost: canary.test\r\n\r\n`]],
  ['path of hex', () => [`GET /verify/${secret('path of hex', randomBytes(20).toString('hex'))} HTTP/1.1\r\nHost: canary.test\r\n\r\n`]],
  ['user information', () => [`GET http://u:${secret('user information')}@canary.test/a HTTP/1.1\r\nHost: u:${secret('user information in host')}@canary.test\r\n\r\n`]],
  ['referer', () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nReferer: https://u:${secret('referer user')}@canary.test/x?code=${secret('referer query')}\r\n\r\n`]],
  [
    'custom header',
    () => [
      `GET /a HTTP/1.1\r\nHost: canary.test\r\nX-Partner-Code: ${secret('custom header')}\r\nX-Shop: Bearer ${secret('custom bearer')}\r\nX-Link: ${jwt('custom jwt')}\r\n\r\n`,
    ],
  ],
  ['folded', () => [`GET /a HTTP/1.1\r\nHost: canary.test\r\nAuthorization: Bearer\r\n ${secret('folded')}\r\nX-Note: a\r\n\tBearer ${secret('folded custom')}\r\n\r\n`]],
  [
    'oversized',
    () => [
      `GET /a HTTP/1.1\r\nHost: canary.test\r\nX-Pad: ${'p'.repeat(15_000)}\r\nAuthorization: Bearer ${secret('oversized', `over${randomBytes(1_500).toString('hex')}`)}\r\n\r\n`,
    ],
  ],
  [
    'split over chunks',
    () => {
      const text = secret('split');
      return ['GET /a HTTP/1.1\r\nHost: canary.test\r\nAuthor', `ization: Bearer ${text.slice(0, 5)}`, text.slice(5, 14), `${text.slice(14)}\r\n`, '\r\n'];
    },
  ],
  ['split byte by byte', () => [...`GET /a HTTP/1.1\r\nHost: canary.test\r\nCookie: sid=${secret('split byte by byte')}\r\n\r\n`]],
];

/** What the server answers to everything. */
const ANSWER = {
  'Set-Cookie': [`sid=${secret('set-cookie')}; Path=/; HttpOnly; Secure; SameSite=Lax`, `${secret('set-cookie name')}=1; Domain=canary.test`],
  Location: `https://u:${secret('location user')}@canary.test/next?token=${secret('location query')}`,
  'WWW-Authenticate': `Negotiate ${secret('challenge')}`,
  'Authentication-Info': `nextnonce="${secret('authentication-info')}"`,
  'X-Access-Token': secret('answered token'),
  'X-Trace-Note': secret('answered custom header'),
  'Content-Type': 'application/json',
};
const ANSWER_BODY = JSON.stringify({ token: secret('answered body') });

/** The forms under which a secret would still be one; parts, so that a cut one is found too. */
function forms(text) {
  const parts = text.length > 40 ? Array.from({ length: Math.floor(text.length / 20) }, (_, i) => text.slice(i * 20, i * 20 + 16)) : [text.slice(0, 14), text.slice(-14)];
  return [...parts, Buffer.from(text).toString('base64').slice(0, 16), Buffer.from(text).toString('hex').slice(0, 24), createHash('sha256').update(text).digest('hex')];
}

/** @returns {string[]} `place in where` for each secret that `bytes` holds */
function found(where, bytes) {
  const text = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : bytes;
  const wide = text.replaceAll('\0', '');
  return [...secrets].flatMap(([place, value]) => (forms(value).some((f) => text.includes(f) || wide.includes(f)) ? [`${place} in ${where}`] : []));
}

function files(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name));
}

/** All requests, one connection each, each answered. */
async function converse(port) {
  for (const [name, make] of REQUESTS) {
    const answer = await new Promise((done, failed) => {
      let got = '';
      const socket = net.connect(port, '127.0.0.1', async () => {
        for (const piece of make()) {
          if (socket.destroyed) break;
          await new Promise((ok) => socket.write(piece, ok));
          await sleep(2);
        }
      });
      socket.setNoDelay(true);
      socket.on('data', (d) => {
        got += d.toString('latin1');
        if (got.endsWith(ANSWER_BODY) || got.startsWith('HTTP/1.1 4')) socket.end();
      });
      socket.once('close', () => done(got));
      socket.once('error', failed);
    });
    assert.match(answer, /^HTTP\/1\.1 [24]/, name);
  }
  return REQUESTS.length;
}

const HOSTILE = {
  schema: 1,
  id: 'hostile',
  version: 1,
  path: 'keep',
  query_names: true,
  client_address: 'keep',
  headers: [
    { header: 'authorization', action: 'keep' },
    { header: 'cookie', action: 'mask' },
    { header: '*', action: 'keep' },
  ],
};

test('no secret leaves the host, whatever the policy says', { skip: process.getuid() === 0 ? false : 'capture needs root', timeout: 180_000 }, async (t) => {
  const { dir, start } = scratch(t, 'hw-canary-');
  const server = http.createServer({ maxHeaderSize: 64 * 1024, insecureHTTPParser: true }, (request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(200, { ...ANSWER, 'Content-Length': ANSWER_BODY.length }).end(ANSWER_BODY));
  });
  server.on('clientError', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  t.after(() => server.close());
  const { port } = server.address();

  const probeAt = async (name) => {
    const socket = join(dir, `${name}.sock`);
    const probe = start(name, join(ROOT, 'bpf/build/headwater-probe'), ['--socket', socket, '--scope', `port=${port}`]);
    await probe.until(/ready/);
    return socket;
  };
  const key = { id: 'k1', hex: randomBytes(32).toString('hex') };
  const leaks = [];

  // The buffers handed to JavaScript, under both policies.
  const layer = {
    ...DEFAULT_CAPTURE_OPTIONS.policy,
    id: 'hostile',
    path: 'keep',
    queryNames: true,
    clientAddress: 'keep',
    rules: HOSTILE.headers,
  };
  const policies = { 'built-in': DEFAULT_CAPTURE_OPTIONS.policy, hostile: layer };
  const captures = await Promise.all(
    Object.entries(policies).map(async ([name, policy]) => {
      const capture = await openLive({ socketPath: await probeAt(`raw-${name}`), options: { ...DEFAULT_CAPTURE_OPTIONS, policy, key, previousKey: { ...key, id: 'k0' } } });
      const seen = { name, capture, rows: 0, buffers: [] };
      capture.start(
        ({ columns, account }) => {
          seen.rows += columns.rows;
          seen.buffers.push(Buffer.from(columns.dictionary.bytes.buffer), JSON.stringify(account));
        },
        () => undefined,
      );
      return seen;
    }),
  );

  // An agent whose bus does not exist yet: everything goes to its spool.
  const [kafkaPort, agentPort, analyzerPort, identityPort, apiPort] = await Promise.all(Array.from({ length: 5 }, freePort));
  const bus = { kind: 'kafka', brokers: [`127.0.0.1:${kafkaPort}`] };
  const spool = join(dir, 'spool');
  const policyFile = join(dir, 'hostile.yaml');
  writeFileSync(policyFile, JSON.stringify(HOSTILE));
  writeFileSync(join(dir, 'fingerprint.key'), `${key.hex}\n`, { mode: 0o600 });
  const socket = await probeAt('probe');
  const agent = async (name, more) => {
    const settings = {
      host_id: 'canary',
      bus,
      probe: { socket },
      admin: { port: agentPort },
      services: [{ service: 'canary', port }],
      fingerprints: { key_file: join(dir, 'fingerprint.key') },
      spool: { dir: spool },
      log: { level: 'trace' },
      ...more,
    };
    const p = start(name, NODE, ['apps/agent/dist/main.js', '--config', settingsFile(dir, name, settings)]);
    return p.until(/"msg":"capturing"/);
  };
  const first = await agent('agent-built-in', {});
  const once = await converse(port);
  const emitted = () => metric(agentPort, 'headwater_emitted_total', 'kind="request"');
  assert.ok(await eventually(async () => (await emitted()) >= once, 10_000), `${await emitted()} of ${once} exchanges were captured\n${first.output}`);
  await first.kill('SIGTERM');
  const spooled = files(spool);
  assert.ok(
    spooled.some((f) => readFileSync(f).length > 1_000),
    'nothing was spooled: the search in it would prove nothing',
  );
  for (const f of spooled) leaks.push(...found(`spool ${f}`, readFileSync(f)));

  // The fleet, the same spool, and a policy that asks for everything.
  const redis = await startRedis({ dir: join(dir, 'redis'), appendonly: true, config: { 'aof-use-rdb-preamble': 'no', rdbcompression: 'no' } });
  t.after(() => redis.stop());
  const kafka = await startKafka({ dir: join(dir, 'kafka'), port: kafkaPort });
  t.after(() => kafka.stop());
  const store = { kind: 'redis', url: redis.url };
  await run(NODE, [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--brokers', kafka.bootstrap.join(',')]);
  const second = await agent('agent-hostile', { policy: { file: policyFile } });
  const analyzer = start('analyzer', NODE, [
    'apps/analyzer/dist/main.js',
    '--config',
    settingsFile(dir, 'analyzer', { bus, store, state: store, admin: { port: analyzerPort }, close_after_ms: 5_000, log: { level: 'trace' } }),
  ]);
  await healthy(analyzer, `http://127.0.0.1:${analyzerPort}/readyz`);
  const both = once + (await converse(port));
  const info = await startApi({ dir, start, identityPort, apiPort, store });
  const bearer = await token(info);
  let shown = 0;
  const arrived = await eventually(async () => {
    const { data } = await getAll(info, bearer, '/v1/services?start=now-15m&end=now');
    shown = data.find((s) => s.service === 'canary')?.exchanges ?? 0;
    return shown >= both;
  }, 30_000);
  assert.ok(arrived, `${shown} of ${both} exchanges in the API\n${second.output.slice(-3_000)}\n${analyzer.output.slice(-3_000)}`);

  for (const path of [
    '/v1/request-patterns?group_by=method,route,status&limit=1000',
    '/v1/failures?group_by=method,route,status&limit=1000',
    '/v1/headers?limit=1000',
    '/v1/exchanges?limit=200',
    '/v1/fleet/agents',
  ]) {
    const answer = await getAll(info, bearer, path);
    assert.ok(answer.data.length > 0 || path.includes('failures'), `${path} is empty: the search in it would prove nothing`);
    leaks.push(...found(path, JSON.stringify(answer)));
  }
  await second.kill('SIGTERM');
  await analyzer.kill('SIGTERM');

  const client = new Kafka({ clientId: 'canary', brokers: kafka.bootstrap, logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((name) => name.startsWith('headwater.'));
  await admin.disconnect();
  let policiesSeen = '';
  for (const topic of topics) {
    for (const record of await readAll(client, topic)) {
      leaks.push(...found(`topic ${topic}`, Buffer.concat([Buffer.from(`${record.key ?? ''} ${JSON.stringify(record.headers)} `), record.value ?? Buffer.alloc(0)])));
      if (topic.includes('header-events')) policiesSeen += record.value.toString('latin1');
    }
  }
  assert.ok(policiesSeen.includes('default@1') && policiesSeen.includes('hostile@1'), 'both policies were in force');
  for (const f of files(join(dir, 'redis'))) leaks.push(...found(`redis ${f}`, readFileSync(f)));
  for (const p of [first, second, analyzer]) leaks.push(...found(`the log of ${p.name}`, p.output));
  for (const f of files(dir).filter((f) => /\.(db|sqlite|db-wal)$/.test(f))) leaks.push(...found(f, readFileSync(f)));

  for (const seen of captures) {
    await seen.capture.stop();
    assert.ok(seen.rows >= both, `${seen.rows} of ${both} rows under the ${seen.name} policy`);
    for (const buffer of seen.buffers) leaks.push(...found(`the buffers of the ${seen.name} policy`, buffer));
  }
  assert.deepEqual([...new Set(leaks)].sort(), []);
  t.diagnostic(`${secrets.size} secrets, ${both} exchanges, ${topics.length} topics, 0 hits`);
});
