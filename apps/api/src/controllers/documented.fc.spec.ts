// Whatever is asked, the answer is one that openapi.json has for it, and never that the API failed.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALERT_KEYS } from '@headwater/alert-rules';
import { INSIGHT_KEYS } from '@headwater/insight-rules';
import { findingOf, insightOf, RequestBus } from '../testing/insights.ts';
import { expectDocumented, operations, type Parameter } from '../testing/schemas.ts';
import { service } from '../testing/windows.ts';
import { World } from '../testing/world.ts';

const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);
const ID = '1'.padStart(32, '0');
const RUNS = 12 * Number(process.env['HW_PROPERTY_RUNS'] ?? 1);

let w: World;
let bus: RequestBus;
let tokens: string[];
beforeAll(async () => {
  w = await World.start({ settings: { submitLimit: { requests: 100_000, windowS: 60 } }, requests: (dir) => (bus = new RequestBus(dir)).requests });
  w.now = NOW + 3_217;
  await bus.open();
  const scope = 'metrics:read events:read fleet:read insights:read insights:submit alerts:write';
  tokens = [await w.token({ scope }), await w.token({ scope, services: ['shop'] }), await w.token({ scope: 'metrics:read insights:submit' })];
  const window = service([{ route: '/pay', status: 500, n: 5, ttfbMs: 5, seenAt: NOW - 600_000 }]);
  await w.commit(NOW - 600_000, [{ subject: 's:shop', window }]);
  const insight = insightOf(1, NOW, { findings: [findingOf('f1')], model: { state: 'done', input_sha256: 'aa', sent_at: '2026-11-22T10:00:00Z' } });
  await w.state.set(INSIGHT_KEYS.insight(insight.id), JSON.stringify(insight));
  await w.state.set(
    INSIGHT_KEYS.sent('aa'),
    JSON.stringify({ schema: 1, input_sha256: 'aa', insight: ID, sent_at: '2026-11-22T10:00:00Z', gateway: 'g', host: 'h:1', model: 'm', input: '{}', requests: [], aliases: {} }),
  );
  await w.state.set(
    ALERT_KEYS.mute('m'),
    JSON.stringify({
      schema: 1,
      id: 'm',
      match: { service: 'shop' },
      starts_at: '2026-11-22T10:00:00Z',
      ends_at: '2026-11-22T11:00:00Z',
      comment: 'c',
      created_by: 'x',
      created_at: '2026-11-22T10:00:00Z',
    }),
  );
});
afterAll(async () => {
  await bus.close();
  await w.stop();
});

const times = fc.constantFrom('now', 'now-15m', 'now-1h', 'now-1d', '2026-11-22T09:30:00Z', '1795341600', 'yesterday', '-1');
const words = fc.oneof(fc.constantFrom('shop', 'web-1', 'GET', '/pay', '500', '5xx', '10', '1m', ID, 'x,y', '', '%00', '../..', "'", '\ud83d\ude00'), fc.string({ maxLength: 12 }));

const STEPS = ['10s', '1m', '1h', '90'];
const mostly = (sound: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof({ weight: 15, arbitrary: sound }, words);

/** As its schema has it, mostly; else anything. */
function valueOf({ name, schema }: Parameter): fc.Arbitrary<string> {
  if (name === 'start' || name === 'end') return mostly(times);
  if (name === 'step') return mostly(fc.constantFrom(...STEPS));
  if (schema['type'] !== 'string') return mostly(fc.integer({ min: 1, max: 99 }).map(String));
  if (Array.isArray(schema['enum'])) return mostly(fc.constantFrom(...(schema['enum'] as string[])));
  if (typeof schema['default'] === 'string') return mostly(fc.subarray(schema['default'].split(','), { minLength: 1 }).map((keys) => keys.join(',')));
  return typeof schema['pattern'] === 'string' ? mostly(fc.stringMatching(new RegExp(schema['pattern']))) : words;
}

/** A few of what the operation takes: with many one is always wrong. */
function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<[string, string][]> {
  const taken = parameters.filter((p) => p.in === 'query');
  return fc.subarray(taken, { maxLength: Math.min(4, taken.length) }).chain((some) => fc.tuple(...some.map((p) => fc.tuple(fc.constant(p.name), valueOf(p)))));
}

/** The example, one field of it something else. */
const damaged = (example: object): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(JSON.stringify(example)),
    fc.json({ maxDepth: 2 }),
    fc.string({ maxLength: 20 }),
    fc
      .tuple(fc.constantFrom(...Object.keys(example), 'service', 'host', 'start'), fc.oneof(times, fc.jsonValue({ maxDepth: 1 })))
      .map(([k, v]) => JSON.stringify({ ...example, [k]: v })),
  );

test.each(operations().filter(({ operation }) => operation.security !== undefined))('$method $path', async ({ method, path, operation }) => {
  const example = Object.values(operation.requestBody?.content['application/json']?.examples ?? {})[0]?.value as object | undefined;
  const body = example === undefined ? fc.constant(undefined) : damaged(example);
  const id = fc.oneof(fc.constant(ID), fc.constant('m'), words);
  await fc.assert(
    fc.asyncProperty(queryOf(operation.parameters ?? []), body, id, fc.constantFrom(...tokens), async (q, sent, at, token) => {
      const url = `${path.replaceAll(/\{\w+\}/g, encodeURIComponent(at.toWellFormed()) || 'x')}?${new URLSearchParams(q).toString()}`;
      const reply = await w.send(method, url.replace(/\?$/, ''), sent, { token });
      expect(reply.status, `${method} ${url} ${sent}: ${reply.text}`).not.toBe(500);
      // a segment of dots is gone before it is sent
      if (/\/\.{1,2}(\/|\?|$)/.test(url) || /%2[ef]/i.test(url)) return;
      expectDocumented(operation, reply);
    }),
    { numRuns: RUNS },
  );
});
