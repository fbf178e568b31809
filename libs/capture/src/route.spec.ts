import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RX, TX, KernelModel } from './testing/kernel-model.ts';
import { replayRows } from './testing/replay-rows.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/route-templates.json', import.meta.url), 'utf8')) as { path: string; route: string }[];

it(`gives the route of every shared vector (${vectors.length})`, async () => {
  expect(vectors.length).toBeGreaterThanOrEqual(60);
  // an empty target cannot be sent; a relative one is no request target, but is what a bad client sends
  const sent = vectors.filter((v) => v.path !== '');
  const model = new KernelModel(1n);
  let ts = 1_000_000n;
  const records = sent.flatMap((v) => [
    ...model.chunk(RX, `GET ${Buffer.from(v.path, 'utf8').toString('latin1')} HTTP/1.1\r\nHost: a\r\n\r\n`, (ts += 1000n)),
    ...model.chunk(TX, 'HTTP/1.1 204 No Content\r\n\r\n', (ts += 1000n)),
  ]);
  const { rows, totals } = await replayRows(records.map((r) => r.bytes));
  const found = rows.map((r) => r['http.route']);
  expect(found).toEqual(sent.filter((v) => v.path === '*' || v.path.startsWith('/')).map((v) => v.route));
  // what does not begin with a slash is refused before it could become a route
  expect(totals.filtered.request['malformed'] ?? 0).toBe(sent.filter((v) => v.path !== '*' && !v.path.startsWith('/')).length);
});
