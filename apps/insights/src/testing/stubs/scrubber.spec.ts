import { describe, expect, it } from 'vitest';
import { scrub } from './scrubber.ts';

// Measured through the real gateway.
const CHANGED: [string, string][] = [
  ['{"ts":1731000000}', '{"ts":[REDACTED PHONE NUMBER]}'],
  ['{"ts":1731000000123}', '{"ts":[REDACTED PHONE NUMBER]3}'],
  ['192.168.100.101', '[REDACTED SIN NUMBER].101'],
  ['172.16.254.1', '[REDACTED SIN NUMBER]'],
  ['10.0.0.1, 10.0.0.2', '[REDACTED SIN NUMBER].2'],
  ['[12,34,56,78,9]', '[[REDACTED SIN NUMBER]]'],
  ['[12, 34, 56, 78, 90, 11, 22]', '[[REDACTED CREDIT CARD NUMBER]]'],
  ['{"counts":[101,202,303]}', '{"counts":[[REDACTED SIN NUMBER]]}'],
  ['status 200, 404, 500', 'status [REDACTED SIN NUMBER]'],
  ['99.9%, 12.5%, 0.25%', '[REDACTED SIN NUMBER]%'],
  ['p50/p95/p99: 12.5 80.3 99.9', 'p50/p95/p99: [REDACTED SIN NUMBER]'],
  ['duration_ns: 123456789', 'duration_ns: [REDACTED SIN NUMBER]'],
  ['a1b2c3', '[REDACTED POSTAL CODE]'],
  ['/h2o/k8s/v1b2c3', '/h2o/k8s/[REDACTED POSTAL CODE]'],
  ['550e8400-e29b-41d4-a716-446655440000', '550e8400-e29b-41d4-a[REDACTED PHONE NUMBER]40000'],
  ['err=0.0123456789', 'err=0.[REDACTED PHONE NUMBER]'],
  ['2026-11-22, 2026-11-23', '[REDACTED CREDIT CARD NUMBER]-23'],
  ['ops@svc.cluster.local', '[REDACTED EMAIL ADDRESS]'],
];

const UNCHANGED = [
  'Cookie: sid=abc',
  'Authorization: Bearer sk-abc',
  '2026-11-16T18:58:14Z',
  '2026-11-22T17:15:00Z/2026-11-22T17:20:00Z',
  '10.120.130.14:8080',
  '203.0.113.195',
  '"p50":12.5,"p90":45.125,"p99":99.99',
  'p50=12.5 p90=45.125 p99=99.99',
  '200:10482 404:312',
  '12.5ms, 80.25ms',
  '/api/orders/12345',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'ep_1 host_1',
];

describe('the scrubber, as measured', () => {
  it.each(CHANGED)('changes %s', (text, is) => {
    expect(scrub(text)).toBe(is);
  });
  it.each(UNCHANGED)('leaves %s', (text) => {
    expect(scrub(text)).toBe(text);
  });
});
