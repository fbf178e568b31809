import { describe, expect, it } from 'vitest';
import { damagedBy, survives } from './scrubber.ts';

/** As seen through the gateway itself. */
const CHANGED = [
  '1731000000',
  '1731000000123',
  '550e8400-e29b-41d4-a716-446655440000',
  '192.168.100.101',
  '172.16.254.1',
  '10.0.0.1, 10.0.0.2',
  '0.123456789',
  '12.345678901',
  'err=0.0123456789',
  '123,456,789',
  'status 200, 404, 500',
  '200 404 500',
  '[200,404,500]',
  '["200","404","500"]',
  '99.9%, 12.5%, 0.25%',
  'p50/p95/p99: 12.5 80.3 99.9',
  '{"counts":[101,202,303]}',
  '2026-11-22, 2026-11-23',
  '/api/orders/123456789',
  '/api/orders/4111111111111111',
  '/h2o/k8s/v1b2c3',
  'a1b2c3',
  'k1a0b1',
  'ops@svc.cluster.local',
];
const UNCHANGED = [
  '2026-11-22T17:15:00Z',
  '2026-11-22T17:15:00.123+01:00',
  '2026-11-22T17:15:00Z/2026-11-22T17:20:00Z',
  '/api/orders/{id}',
  '/api/orders/:id',
  '/api/orders/12345',
  '10.0.0.1',
  '203.0.113.195',
  '2001:db8::1',
  '99.9%',
  'p50=12.5 p90=45.125 p99=99.99',
  '{"p50_ms":12.5,"p95_ms":80.3,"p99_ms":99.9}',
  '200:10482 404:312',
  'a=123 b=456',
  '12.5/80.25/99.9',
  '12.5;80.25',
  '12.5|80.25',
  '12.5ms, 80.25ms',
  '12345678',
  'ep_1 host_1',
];

describe('what comes through', () => {
  it.each(CHANGED)('%s does not', (text) => expect(survives(text)).toBe(false));
  it.each(UNCHANGED)('%s does', (text) => expect(damagedBy(text)).toEqual([]));
  it('a count of six digits before a status is a number of nine, a single date one of the later version', () => {
    expect(damagedBy('200:104822 404:312')).toEqual(['sin']);
    expect(survives('200:104822; 404:312')).toBe(true);
    expect(damagedBy('on 2026-11-22')).toEqual(['date']);
  });
  it('what is not ASCII is never said to: their digits and word characters are those of all scripts', () => expect(survives('٠١٢٣٤٥٦٧٨٩')).toBe(false));
});
