import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader, Writer } from './bytes.ts';
import { DdSketch } from './ddsketch.ts';
import { SketchError } from './errors.ts';
import { hashBytes, type Hash64 } from './hash.ts';
import { ServiceWindow } from './service-window.ts';
import { ServiceWindowScan } from './service-window-scan.ts';

const row = fc.record({
  role: fc.constantFrom('server' as const, 'client' as const),
  method: fc.constantFrom('GET', 'POST', 'PÜT'),
  route: fc.constantFrom('/', '/a/{int}', '/ü', `/${'x'.repeat(200)}`),
  status: fc.constantFrom(0, 200, 404, 503),
  weight: fc.integer({ min: 1, max: 300 }),
  ns: fc.integer({ min: 0, max: 1e10 }),
  error: fc.constantFrom('', 'connection_reset', 'no_response'),
  header: fc.constantFrom('host', 'x-id'),
  value: fc.string({ maxLength: 8 }),
  phase: fc.constantFrom(0 as const, 0 as const, 1 as const, 2 as const),
});

function windowOf(rows: readonly (typeof row extends fc.Arbitrary<infer T> ? T : never)[]): ServiceWindow {
  const w = new ServiceWindow();
  for (const s of rows) {
    w.roleExchanges[s.role] += s.weight;
    const p = w.pattern(s.role, s.method, s.route, s.status);
    p.exchanges += s.weight;
    if (s.phase === 1) p.begun += s.weight;
    if (s.phase === 2) p.ended += s.weight;
    p.requestBytes += 10 * s.weight;
    p.responseBytes += s.ns;
    p.firstSeenMs = Math.min(p.firstSeenMs, s.ns);
    p.lastSeenMs = Math.max(p.lastSeenMs, s.ns);
    if (s.ns % 3 !== 0) p.ttfb.add(s.ns, s.weight);
    if (s.ns % 5 !== 0) p.total.add(s.ns * 2, s.weight);
    if (s.error !== '') p.addError(s.error, s.weight);
    const h = w.header(s.role, 'request', s.header);
    h.exchanges += s.weight;
    h.distinct.add(s.value);
    h.top.add(s.value, s.weight);
  }
  return w;
}

const encoded = (s: DdSketch): Uint8Array => {
  const w = new Writer();
  w.u8(1);
  w.u8(1);
  s.write(w);
  return w.seal();
};

/** MurmurHash3's steps in two lanes as hash.ts says, byte by byte. */
function slowHash(bytes: Uint8Array): Hash64 {
  const rotate = (x: number, n: number): number => (x << n) | (x >>> (32 - n));
  const finish = (x: number): number => {
    let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  let a = 0x9747b28c ^ bytes.length;
  let b = 0x3c6ef372;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    const word = Buffer.from(bytes.subarray(i, i + 4)).readInt32LE();
    a ^= Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
    a = Math.imul(rotate(a, 13), 5) + 0xe6546b64;
    b ^= Math.imul(rotate(Math.imul(word, 0x239b961b), 16), 0xab0e9789);
    b = Math.imul(rotate(b, 17), 5) + 0x561ccd1b + a;
  }
  for (; i < bytes.length; i += 1) {
    a = Math.imul(a ^ bytes[i]!, 0x5bd1e995);
    a ^= a >>> 15;
    b = Math.imul(b ^ bytes[i]!, 0xcc9e2d51) + a;
    b ^= b >>> 13;
  }
  const x = finish(a);
  const y = finish(b ^ x);
  return { hi: finish((x + y) | 0), lo: y };
}

describe('ServiceWindowScan', () => {
  it('sees what a decoded window holds, whatever of it is passed over', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 7 }), (rows, wanted) => {
        const bytes = windowOf(rows).encode();
        const whole = ServiceWindow.decode(bytes);
        const scan = new ServiceWindowScan(bytes);
        expect([scan.sampled, scan.roleExchanges, scan.patternCount]).toEqual([whole.sampled, whole.roleExchanges, whole.patternCount]);
        const keys = new Set<string>();
        let i = 0;
        for (const p of whole.patterns()) {
          expect(scan.nextPattern()).toBe(true);
          const { method, route } = scan.names();
          expect([scan.role, method, route, scan.status]).toEqual([p.role, p.method, p.route, p.status]);
          expect([scan.exchanges, scan.requestBytes, scan.responseBytes, scan.firstSeenMs, scan.lastSeenMs]).toEqual([
            p.exchanges,
            p.requestBytes,
            p.responseBytes,
            p.firstSeenMs,
            p.lastSeenMs,
          ]);
          expect([scan.begun, scan.ended]).toEqual([p.begun, p.ended]);
          expect(scan.errorTypes()).toEqual(p.errors);
          expect(scan.errors).toBe([...p.errors.values()].reduce((a, b) => a + b, 0));
          keys.add(scan.withKey((b, begin, end) => Buffer.from(b.subarray(begin, end)).toString('hex')));
          const want = wanted[i++ % wanted.length]!;
          const ttfb = new DdSketch();
          const total = new DdSketch();
          if (want & 1) scan.addTtfb(ttfb);
          if (want & 2) scan.addTotal(total);
          expect(encoded(ttfb)).toEqual(encoded(want & 1 ? p.ttfb : new DdSketch()));
          expect(encoded(total)).toEqual(encoded(want & 2 ? p.total : new DdSketch()));
        }
        expect(scan.nextPattern()).toBe(false);
        expect(keys.size).toBe(whole.patternCount);
        const headers = new ServiceWindow();
        for (const h of new ServiceWindowScan(bytes).rest().headers) headers.header(h.role, h.direction, h.name).merge(h);
        expect([...headers.headers()]).toEqual([...whole.headers()]);
      }),
    );
  });

  it('a sketch merged from its bytes is the sketch merged', () => {
    // counts of one, two and more bytes: the quick way of reading takes the first two
    const values = fc.array(fc.tuple(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constantFrom(1, 127, 128, 16_383, 16_384, 1e9)), { maxLength: 30 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const of = (list: readonly (readonly [number, number])[]): DdSketch => {
          const s = new DdSketch();
          for (const [v, weight] of list) s.add(v, weight);
          return s;
        };
        const merged = of(a);
        merged.merge(of(b));
        const direct = of(a);
        direct.mergeFrom(new Reader(encoded(of(b)), 'sketch', 1, 1));
        expect(encoded(direct)).toEqual(encoded(merged));
      }),
    );
  });

  it('long inputs hash as short ones do', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1024, maxLength: 1100 }), fc.nat(3), (bytes, from) => {
        // The reference is the loop for short inputs, fed with the same bytes by a slow copy of it.
        const into = { hi: 0, lo: 0 };
        hashBytes(bytes, from, bytes.length, into);
        expect(into).toEqual(slowHash(bytes.subarray(from)));
      }),
    );
  });

  it('any damage is a typed error', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(), (rows, at, flip, cut) => {
        const bytes = windowOf(rows).encode();
        const bad = bytes.slice();
        bad[at % bad.length]! ^= flip;
        expect(() => new ServiceWindowScan(bad)).toThrow(SketchError);
        expect(() => new ServiceWindowScan(bytes.slice(0, cut % bytes.length))).toThrow(SketchError);
      }),
    );
  });

  it('arbitrary bytes with a right checksum are a typed error or a window', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (body) => {
        const w = new Writer();
        w.u8(0x53);
        w.u8(1);
        w.raw(body);
        const bytes = w.seal();
        try {
          new ServiceWindowScan(bytes).rest();
          const scan = new ServiceWindowScan(bytes);
          while (scan.nextPattern()) {
            scan.names();
            scan.errorTypes();
            scan.addTtfb(new DdSketch());
            scan.addTotal(new DdSketch());
          }
        } catch (error) {
          expect(error).toBeInstanceOf(SketchError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
