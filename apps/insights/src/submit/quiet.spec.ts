import type { Facts } from '@headwater/insight-rules';
import { expect, it } from 'vitest';
import { isQuiet } from './quiet.ts';
import { submission } from './testing/place.ts';

const figures = { exchanges: 5_000, failed: 5, clientErrors: 20, p50Ms: 12, p95Ms: 60, p99Ms: 100 };
const service = { service: 'shop', pages: 0, now: figures, before: figures };
const endpoint = {
  service: 'shop',
  method: 'GET',
  route: '/',
  now: figures,
  before: figures,
  statuses: [{ status: 200, exchanges: 4_975 }],
  failures: [{ status: 500, errorType: null, exchanges: 5, before: 5, firstSeenMs: null }],
};
const header = { service: 'shop', direction: 'request' as const, name: 'x-tenant', exchanges: 4_000, of: 5_000, before: 4_000, ofBefore: 5_000, passwords: 0, passwordsBefore: 0 };
const calm: Partial<Facts> = {
  services: [service],
  endpoints: [endpoint],
  headers: [header],
  hosts: [{ host: 'a', exchanges: 1000, lostExchanges: 0, coverage: 1, silentMs: null }],
};
const quiet = (more: Partial<Facts>) => isQuiet(submission(0, { ...calm, ...more }).input);

it('the same as before, give or take, is nothing to ask about', () => {
  expect(quiet({})).toBe(true);
  expect(quiet({ services: [{ ...service, now: { ...figures, exchanges: 6_000, failed: 9, p99Ms: 120 } }] })).toBe(true);
  expect(quiet({ services: [], endpoints: [], headers: [] })).toBe(true);
  // Three exchanges, one of them slow or failed, say nothing.
  expect(quiet({ services: [{ ...service, now: { ...figures, exchanges: 3, failed: 1, p99Ms: 900 }, before: { ...figures, exchanges: 4, failed: 0 } }], endpoints: [] })).toBe(
    true,
  );
  // A credential in clear is told by rules in every window; a model has nothing to add every hour.
  expect(quiet({ headers: [{ ...header, name: 'authorization', passwords: 4_000, passwordsBefore: 4_000 }] })).toBe(true);
});

it.each([
  ['more failures', { services: [{ ...service, now: { ...figures, failed: 100 } }] }],
  ['fewer failures', { services: [{ ...service, now: { ...figures, failed: 0 }, before: { ...figures, failed: 100 } }] }],
  ['slower', { services: [{ ...service, now: { ...figures, p99Ms: 160 } }] }],
  ['twice the traffic', { services: [{ ...service, now: { ...figures, exchanges: 10_500, failed: 10 } }] }],
  ['a new service', { services: [{ ...service, before: { ...figures, exchanges: 0, failed: 0 } }] }],
  ['a kind of failure of one endpoint', { endpoints: [{ ...endpoint, failures: [{ ...endpoint.failures[0]!, exchanges: 100 }] }] }],
  ['a header that appeared', { headers: [{ ...header, before: 0 }] }],
  ['a silent host', { hosts: [{ host: 'a', exchanges: 1000, lostExchanges: 0, coverage: 1, silentMs: 90_000 }] }],
  ['a host that misses something', { hosts: [{ host: 'a', exchanges: 1000, lostExchanges: 12, coverage: 0.9, silentMs: null }] }],
  ['failures with nothing to compare with', { comparedWith: null, services: [{ ...service, now: { ...figures, failed: 100 } }] }],
] satisfies [string, Partial<Facts>][])('%s is worth a question', (_, more) => {
  expect(quiet(more)).toBe(false);
});
