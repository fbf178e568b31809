import fc from 'fast-check';
import type { Filter, HeaderRule, PolicyDocument } from '../document.ts';

/** Texts as globs may be: any characters but control ones, also outside of the first plane. */
const glob = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((s) => !/[\0-\x1f\x7f]/.test(s));
const name = fc.string({ unit: fc.constantFrom(...'abcXYZ09-_.*?'.split('')), minLength: 1, maxLength: 12 });
const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }, requiredKeys: (keyof T)[]): fc.Arbitrary<T> => fc.record(model, { requiredKeys }) as fc.Arbitrary<T>;

const rule = some<Required<HeaderRule>>(
  {
    header: name,
    direction: fc.constantFrom('request', 'response'),
    service: glob,
    route: glob,
    action: fc.constantFrom('keep', 'mask', 'hash', 'presence', 'drop'),
  },
  ['header', 'action'],
);

const match = some<Required<NonNullable<Filter['match']>>>(
  {
    method: fc.uniqueArray(fc.constantFrom('GET', 'POST', 'BREW'), { minLength: 1 }),
    status: fc.uniqueArray(fc.constantFrom(0 as const, 204, 404, '4xx' as const, '5xx' as const), { minLength: 1 }),
    host: glob,
    path: glob,
    service: glob,
    role: fc.constantFrom('server', 'client'),
    port: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 4 }),
    header: some({ name: fc.constantFrom('x-a', 'Accept'), direction: fc.constantFrom('request' as const, 'response' as const), value: glob }, ['name']),
    slower_than_ms: fc.nat(86_400_000),
  },
  [],
);

const filter: fc.Arbitrary<Filter> = fc.record(
  { match, log: fc.oneof(fc.constantFrom('all' as const, 'none' as const), fc.record({ one_in: fc.integer({ min: 1, max: 1_000_000 }) })) },
  { requiredKeys: ['log'] },
);
const isLast = (i: number, all: boolean[]): boolean => !all[i] || i === all.length - 1;

/** Documents that a host would take: nothing in them is out of reach. */
export const documents: fc.Arbitrary<PolicyDocument> = some<Required<PolicyDocument>>(
  {
    schema: fc.constant(1),
    id: fc.string({ unit: fc.constantFrom(...'abZ09._-'.split('')), minLength: 1, maxLength: 64 }),
    version: fc.integer({ min: 1, max: 0xffff_ffff }),
    path: fc.constantFrom('template', 'keep'),
    query_names: fc.boolean(),
    client_address: fc.constantFrom('truncate', 'keep', 'hash'),
    headers: fc.uniqueArray(rule, { maxLength: 6, selector: (r) => r.header.toLowerCase() }).filter((list) =>
      list.every((_, i) =>
        isLast(
          i,
          list.map((r) => r.header === '*'),
        ),
      ),
    ),
    filters: fc.uniqueArray(filter, { maxLength: 4, selector: (f) => f.match?.path ?? '' }).filter((list) =>
      list.every((_, i) =>
        isLast(
          i,
          list.map((f) => Object.keys(f.match ?? {}).length === 0),
        ),
      ),
    ),
    keep_slower_than_ms: fc.nat(86_400_000),
  },
  ['schema', 'id', 'version'],
) as fc.Arbitrary<PolicyDocument>;
