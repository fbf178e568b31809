import type { BusRecord } from '@headwater/event-bus';
import { INSIGHT_WINDOW, insightId } from '@headwater/insight-rules';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAlert, readRequest, subjectOf } from './read-record.ts';
import { instant } from './records.ts';

const RUNS = { numRuns: 300 * Number(process.env['HW_PROPERTY_RUNS'] ?? 1) };
const record = (value: Uint8Array | string, key: string | null): BusRecord => ({ offset: 0, timestampMs: 0, key, headers: {}, value: Buffer.from(value) });
const T = 1_790_002_800_000;
const window = { start: instant(T), end: instant(T + 900_000) };
const id = 'a'.repeat(32);
const alert = { schema: 1, event: 'opened', alert: { id, subject: { service: 'shop' }, opened_at: window.end, opening_window: window } };
const request = { schema: 1, id: insightId('request', { host: 'web-1' }, window), subject: { host: 'web-1' }, window, requested_at: window.end, requested_by: 'r' };

/** One member of a good record is something else. */
function bent(good: object): fc.Arbitrary<object> {
  const paths: string[][] = [];
  const walk = (value: object, at: string[]) => {
    for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
      paths.push([...at, name]);
      if (typeof inner === 'object' && inner !== null) walk(inner, [...at, name]);
    }
  };
  walk(good, []);
  return fc.tuple(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.string({ maxLength: 2_000 }))).map(([path, value]) => {
    const copy = structuredClone(good) as Record<string, unknown>;
    let at = copy;
    for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
    at[path.at(-1)!] = value;
    return copy;
  });
}

it('good records are taken', () => {
  expect(readAlert(record(JSON.stringify(alert), id))).toHaveProperty('ok');
  expect(readRequest(record(JSON.stringify(request), request.id))).toHaveProperty('ok');
});

it('whatever a record holds, it is read or refused by reason, and what is read can be made into a job', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
    fc.json().map((j) => Buffer.from(j)),
    fc.oneof(bent(alert), bent({ ...alert, alert: { ...alert.alert, subject: { service: 'shop', host: 'web-1' } } }), bent(request)).map((o) => Buffer.from(JSON.stringify(o))),
  );
  fc.assert(
    fc.property(value, fc.constantFrom(id, request.id, null), (bytes, key) => {
      const one = readAlert(record(bytes, key));
      if ('ok' in one) {
        const subject = subjectOf(one.ok);
        expect(subject.service ?? subject.host).toMatch(/./s);
        expect(Number.isFinite(Date.parse(one.ok.opening_window.end))).toBe(true);
      } else expect(one.why).toMatch(/^[a-z_]+$/);
      const two = readRequest(record(bytes, key));
      if ('ok' in two) {
        const length = Date.parse(two.ok.window.end) - Date.parse(two.ok.window.start);
        expect(insightId('request', two.ok.subject, two.ok.window)).toBe(key);
        expect(length).toBeGreaterThanOrEqual(INSIGHT_WINDOW.least);
      } else expect(two.why).toMatch(/^[a-z_]+$/);
    }),
    RUNS,
  );
});
