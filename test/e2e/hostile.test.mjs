// Bad input on a watched port: counted by reason, the next exchange is right, nothing is forged.
import test from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './nginx.mjs';
import { eventually, getAll, startStandalone, token } from './standalone.mjs';

/** Writes the pieces with a pause between them, reads until the other side is silent for a while or closes. */
function converse(port, pieces, { reset = false } = {}) {
  return new Promise((done) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', async () => {
      for (const piece of pieces) {
        if (socket.destroyed) break;
        socket.write(piece);
        await sleep(40);
      }
      if (reset) socket.resetAndDestroy();
      else setTimeout(() => socket.destroy(), 400);
    });
    socket.on('data', (d) => (answer += d.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => done(answer));
  });
}

const forged = 'GET /forged HTTP/1.1\r\nHost: forged.test\r\n\r\n';
const after = (n) => `GET /after-${n} HTTP/1.1\r\nHost: shop.test\r\n\r\n`;
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** name -> [pieces, options] */
const CASES = {
  binary: [[randomBytes(4_000)], {}],
  garbage: [['HELLO THERE\r\nthis is no HTTP\r\n\r\n'], {}],
  truncated: [['GET /truncated HTTP/1.1\r\nHost: shop.te'], {}],
  oversized: [[`GET /oversized HTTP/1.1\r\nHost: shop.test\r\nX-Big: ${'a'.repeat(100_000)}\r\n\r\n`], {}],
  reset: [['POST /reset HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 100\r\n\r\n', 'half'], { reset: true }],
  imitation: [[`POST /imitation HTTP/1.1\r\nHost: shop.test\r\nContent-Length: ${forged.length * 2}\r\n\r\n`, forged, forged, after('imitation')], {}],
  chunked_imitation: [
    ['POST /chunked HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n', `${forged.length.toString(16)}\r\n`, forged, '\r\n', '0\r\n\r\n', after('chunked')],
    {},
  ],
  // The chunk's data ends as the last chunk would, then a request follows: still data.
  false_end: [
    [
      'POST /false-end HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n',
      `${(8 + forged.length).toString(16)}\r\nabc0\r\n\r\n`,
      forged,
      '\r\n0\r\n\r\n',
      after('false-end'),
    ],
    {},
  ],
  chunked: [['POST /two HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n', chunk('hello'), chunk('world'), '0\r\n\r\n', after('two')], {}],
};

test('bad input is counted, forges nothing and harms no other exchange', { skip: process.getuid() === 0 ? false : 'capture needs root', timeout: 180_000 }, async (t) => {
  const seen = new Map();
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const key = `${request.method} ${request.url}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      response.end('ok');
    });
    request.on('error', () => undefined);
  });
  const port = await freePort();
  await new Promise((ok) => server.listen(port, '127.0.0.1', ok));
  t.after(() => server.close());
  const dir = mkdtempSync(join(tmpdir(), 'hw-hostile-'));
  const standalone = await startStandalone(
    ['--no-demo', '--no-install', '--scope', `port=${port}`, '--api-port', String(await freePort()), '--identity-port', String(await freePort())],
    { stateDir: dir },
  );
  t.after(async () => {
    await standalone.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  for (const [name, [pieces, options]] of Object.entries(CASES)) {
    await converse(port, pieces, options);
    const answer = await converse(port, [after(`${name}-next`)]);
    assert.match(answer, /^HTTP\/1\.1 200/, name);
  }
  assert.ok(![...seen.keys()].some((k) => k.includes('forged')), 'the server itself took an imitation for a request: the case is wrong');

  const bearer = await token(standalone.info);
  let rows = [];
  const answered = [...seen].filter(([k]) => k !== 'POST /reset');
  const whole = await eventually(async () => {
    const page = await getAll(standalone.info, bearer, '/v1/request-patterns?start=now-15m&end=now&group_by=method,route,status&limit=1000');
    rows = page.data;
    return answered.every(([key, n]) => rows.some((r) => `${r.method} ${r.route}` === key && r.status === 200 && r.exchanges === n));
  }, 8_000);
  const text = JSON.stringify(rows.map((r) => `${r.method} ${r.route} ${r.status} ${r.exchanges}`));
  assert.ok(whole, `of ${JSON.stringify([...seen])} the API shows ${text}`);
  assert.ok(!text.includes('forged'), text);
  // What is shown as answered with 200 is what the server answered, no more.
  const ok = rows.filter((r) => r.status === 200).reduce((n, r) => n + r.exchanges, 0);
  assert.equal(
    ok,
    answered.reduce((n, [, k]) => n + k, 0),
    text,
  );

  const metrics = await (await fetch(`${standalone.info.admin.agent}/metrics`)).text();
  const sum = (pattern) =>
    metrics
      .split('\n')
      .filter((l) => pattern.test(l))
      .reduce((n, l) => n + Number(l.slice(l.lastIndexOf(' ') + 1)), 0);
  for (const kind of ['request', 'response']) {
    const of = (what) => sum(new RegExp(`^headwater_${what}\\{[^}]*kind="${kind}"`));
    const [started, emitted, filtered, lost, inFlight] = ['starts_total', 'emitted_total', 'filtered_total', 'lost_total', 'in_flight'].map(of);
    assert.ok(started > 0, metrics);
    assert.equal(started, emitted + filtered + lost + inFlight, `${kind}: ${JSON.stringify({ started, emitted, filtered, lost, inFlight })}`);
  }
  assert.ok(sum(/^headwater_filtered_total\{[^}]*kind="request"/) >= 3, 'the imitations were not counted as filtered');
});
