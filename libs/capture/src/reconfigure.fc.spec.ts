import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureRules, PolicyLayer, RedactionRule } from './index.ts';
import { shots, Steps, type Shot } from './testing/traffic.ts';
import { TEST_KEY } from './testing/replay-rows.ts';

const runs = (n: number) => n * Number(process.env['HW_PROPERTY_RUNS'] ?? 1);
const HEADERS = [
  'X-Id: 17-abc',
  'X-Trace: 00-4bf9',
  'User-Agent: curl/8',
  'Accept: */*',
  'Authorization: Bearer abcdefgh',
  'Cookie: a=b',
  'Referer: https://u:p@h/x?y=z',
  'X-Token: abc',
];

const rule: fc.Arbitrary<RedactionRule> = fc.record(
  {
    header: fc.constantFrom('*', 'x-*', 'x-id', 'user-agent', 'authorization', 'accept', 'referer', '*e*'),
    action: fc.constantFrom('keep', 'mask', 'hash', 'presence', 'drop'),
    direction: fc.constantFrom('request', 'response'),
    route: fc.constantFrom('/a', '/*'),
  },
  { requiredKeys: ['header', 'action'] },
);
const layer = (id: string): fc.Arbitrary<PolicyLayer> =>
  fc.record({
    id: fc.constant(id),
    version: fc.integer({ min: 1, max: 9 }),
    rules: fc.array(rule, { maxLength: 5 }),
    path: fc.constantFrom('template', 'keep'),
    queryNames: fc.boolean(),
    clientAddress: fc.constantFrom('truncate', 'keep', 'hash'),
    filters: fc.array(
      fc.record({
        match: fc.constantFrom({}, { path: '/a*' }, { statuses: ['2xx' as const] }, { header: { name: 'x-id' } }, { methods: ['POST'] }),
        log: fc.constantFrom('all' as const, 'none' as const, 'all' as const),
      }),
      { maxLength: 3 },
    ),
    keepSlowerThanMs: fc.constant(1000),
  });
const traffic = fc.array(
  fc.record({
    method: fc.constantFrom('GET', 'POST'),
    target: fc.constantFrom('/a?k=v', '/b/12', '/a/b'),
    status: fc.constantFrom(200, 404),
    request: fc.subarray(HEADERS),
    response: fc.subarray(['X-Id: 18', 'Server: x', 'Set-Cookie: s=1; Path=/', 'Location: /l?t=1']),
  }),
  { minLength: 1, maxLength: 12 },
);
const rules = (policy: PolicyLayer, more: Partial<CaptureRules> = {}): CaptureRules => ({ policy, services: [], key: TEST_KEY, ...more });
const settle = (r: object) => ({ ...r, start_time: 0, 'headwater.connection': 0, 'headwater.ordinal': 0 });

function alone(r: CaptureRules, list: Shot[], from: number) {
  const steps = new Steps(r);
  const told = steps.push(shots(list, from));
  return [...told.rows, ...steps.flush().rows];
}

describe('rules that change while a capture runs', () => {
  it('what is written from then on is what the new rules alone would have written', () => {
    fc.assert(
      fc.property(layer('one'), layer('two'), fc.option(layer('narrow'), { nil: undefined }), traffic, traffic, fc.boolean(), (one, two, narrow, before, after, otherKey) => {
        const next = rules(two, {
          ...(narrow ? { narrowing: narrow } : {}),
          ...(otherKey ? { key: { id: 'k9', hex: '99'.repeat(32) }, previousKey: TEST_KEY } : {}),
          services: [{ service: 'renamed' }],
        });
        const steps = new Steps(rules(one));
        steps.push(shots([...before, ...before, ...before])); // lines and names are known by now
        steps.native.reconfigure(next);
        const told = steps.push(shots([...before, ...after], 1));
        const last = steps.flush();
        const expected = alone(next, [...before, ...after], 1);
        // the batch that was open is closed with the old rows in it, and comes first
        const rows = [...told.rows, ...last.rows].filter((r) => !(r['headwater.policy'] as string).startsWith('one@'));
        expect(rows.map(settle)).toEqual(expected.map(settle));
        expect(last.crossing).not.toContain('one@');
        expect(last.accounts).toHaveLength(1);
      }),
      { numRuns: runs(40) },
    );
  });
});

const STRICT: Record<string, number> = { keep: 0, mask: 1, hash: 2, summary: 2, presence: 3, drop: 4 };

describe('a narrowing policy', () => {
  it('only takes away: rows, headers, values, paths, query names and addresses', () => {
    fc.assert(
      fc.property(layer('host'), layer('fleet'), traffic, (host, fleet, list) => {
        const h = alone(rules(host), list, 0);
        const hn = alone(rules(host, { narrowing: fleet }), list, 0);
        const byStart = new Map(h.map((r) => [r['start_time'], r]));
        for (const row of hn) {
          const own = byStart.get(row['start_time']);
          expect(own).toBeDefined();
          expect(row['headwater.policy']).toBe(`host@${host.version}+fleet@${fleet.version}`);
          expect([own!['url.path'], own!['http.route']]).toContain(row['url.path']);
          expect([own!['url.query'], '']).toContain(row['url.query']);
          expect(row['headwater.weight'] as number).toBeGreaterThanOrEqual(own!['headwater.weight'] as number);
          for (const side of ['http.request.headers', 'http.response.headers']) {
            const mine = [...(own![side] as string[][])];
            for (const [name, value, action] of row[side] as string[][]) {
              const i = mine.findIndex((m) => m[0] === name);
              expect(i).toBeGreaterThanOrEqual(0);
              const [[, clear, was]] = mine.splice(0, i + 1).slice(-1) as [string[]];
              expect(STRICT[action!]).toBeGreaterThanOrEqual(STRICT[was!]!);
              if (action === was) expect(value).toBe(clear);
            }
          }
        }
      }),
      { numRuns: runs(60) },
    );
  });
});
