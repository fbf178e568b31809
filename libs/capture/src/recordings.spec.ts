import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DEFAULT_CAPTURE_OPTIONS, openReplay } from './index.ts';
import { toRows } from './testing/rows.ts';

const home = new URL('../../../test/recordings/', import.meta.url);

/** What each conversation was (test/recordings/README.md): role, method, route, status, body sizes, error; how often. */
const EXPECTED: Record<string, Record<string, number>> = {
  'nginx-keep-alive': { 'server GET /api/orders/{int} 200 0 8 -': 20 },
  'nginx-pipelined': { 'server GET /api/{int} 200 0 8 -': 2, 'server GET /missing 404 0 153 -': 1 },
  'nginx-not-found': { 'server GET /missing 404 0 153 -': 1 },
  'nginx-head': { 'server HEAD /small.txt 200 0 0 -': 1, 'server GET /api/after 200 0 8 -': 1 },
  'nginx-sendfile': { 'server GET /large.txt 200 0 200000 -': 1, 'server GET /small.txt 200 0 200 -': 1 },
  'node-post': { 'server POST /orders 201 3000 14 -': 1, 'server POST /orders 201 5 14 -': 1, 'server GET /after 201 0 14 -': 1 },
  'node-chunked': { 'server GET /stream 200 0 41 -': 2 }, // with the chunks' own framing
  'node-reset': { 'server GET /crash 200 0 6 connection_reset': 1 },
  'node-client-reset': { 'server GET /stream 200 0 26 connection_reset': 1 },
  'nginx-proxy-both-sides': { 'server GET /echo 201 0 14 -': 3, 'client GET /echo 201 0 4 -': 3 },
};

it('every recording has its expected exchanges', () => {
  expect(
    readdirSync(home)
      .filter((f) => f.endsWith('.hwrec'))
      .sort(),
  ).toEqual(
    Object.keys(EXPECTED)
      .map((n) => `${n}.hwrec`)
      .sort(),
  );
});

it.each(Object.entries(EXPECTED))('%s', async (name, expected) => {
  const capture = await openReplay({ file: fileURLToPath(new URL(`${name}.hwrec`, home)), options: DEFAULT_CAPTURE_OPTIONS, audit: true });
  const found: Record<string, number> = {};
  const ended = Promise.withResolvers<Error | null>();
  capture.start((batch) => {
    for (const r of toRows(batch.columns)) {
      const key = [
        r['headwater.role'] === 1 ? 'client' : 'server',
        r['http.request.method'],
        r['http.route'],
        r['http.response.status_code'],
        r['http.request.body.size'],
        r['http.response.body.size'],
        r['error.type'] || '-',
      ].join(' ');
      found[key] = (found[key] ?? 0) + 1;
    }
  }, ended.resolve);
  expect(await ended.promise).toBeNull();
  expect(found).toEqual(expected);
  const exchanges = Object.values(expected).reduce((a, b) => a + b, 0);
  const totals = capture.totals();
  expect(totals.started).toEqual({ request: exchanges, response: exchanges });
  expect(totals.emitted).toEqual({ request: exchanges, response: exchanges });
  expect(totals.in_flight).toEqual({ request: 0, response: 0 });
});
