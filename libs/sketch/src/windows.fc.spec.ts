import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Writer } from './bytes.ts';
import { SketchError } from './errors.ts';
import { HostsWindow } from './hosts-window.ts';
import { OTHER, ROLES } from './pattern.ts';
import { MAX_HEADERS, MAX_PATTERNS, ServiceWindow } from './service-window.ts';

interface Seen {
  role: 0 | 1;
  method: string;
  route: string;
  status: number;
  weight: number;
  ns: number;
  atMs: number;
  error: string;
  header: string;
  value: string;
  phase: 0 | 1 | 2;
}
const seen: fc.Arbitrary<Seen> = fc.record({
  role: fc.constantFrom(0 as const, 1 as const),
  method: fc.constantFrom('GET', 'POST', 'PURGE'),
  route: fc.constantFrom('/', '/a/{int}', '/ü'),
  status: fc.constantFrom(0, 200, 404, 503),
  weight: fc.integer({ min: 1, max: 5 }),
  ns: fc.integer({ min: 0, max: 1e10 }),
  atMs: fc.integer({ min: 1.79e12, max: 1.79e12 + 9999 }),
  error: fc.constantFrom('', 'connection_reset', 'no_response'),
  header: fc.constantFrom('host', 'x-id'),
  value: fc.string({ maxLength: 8 }),
  phase: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const, 2 as const),
});
const some = fc.array(seen, { maxLength: 15 });

function of(all: readonly Seen[]): ServiceWindow {
  const w = new ServiceWindow();
  addTo(w, all);
  return w;
}

function addTo(w: ServiceWindow, all: readonly Seen[]): void {
  for (const s of all) {
    const role = ROLES[s.role]!;
    w.roleExchanges[role] += s.weight;
    w.sampled ||= s.weight > 1;
    const p = w.pattern(role, s.method, s.route, s.status);
    p.exchanges += s.weight;
    if (s.phase === 1) p.begun += s.weight;
    if (s.phase === 2) p.ended += s.weight;
    p.requestBytes += 10 * s.weight;
    p.firstSeenMs = Math.min(p.firstSeenMs, s.atMs);
    p.lastSeenMs = Math.max(p.lastSeenMs, s.atMs);
    p.ttfb.add(s.ns, s.weight);
    if (s.error !== '') p.addError(s.error, s.weight);
    if (s.role === 0) w.client(s.route).add(s.status, s.weight);
    const h = w.header(role, 'request', s.header);
    h.exchanges += s.weight;
    h.distinct.add(s.value);
    h.top.add(s.value, s.weight);
  }
}

/** All but the top values, whose bounds depend on the order once a list is full (space-saving.fc.spec.ts). */
const merged = (...parts: Seen[][]): Uint8Array => {
  const w = new ServiceWindow();
  for (const p of parts) w.merge(ServiceWindow.decode(of(p).encode()));
  return w.encode();
};

describe('ServiceWindow', () => {
  it('a merge is the union in any order; a round trip keeps every byte', () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        fc.pre(new Set([...a, ...b].map((s) => s.value)).size <= 20);
        const union = of([...a, ...b]).encode();
        expect(merged(a, b)).toEqual(union);
        expect(merged(b, a)).toEqual(union);
        expect(ServiceWindow.decode(union).encode()).toEqual(union);
      }),
    );
  });

  it('writing in between, as every flush does, changes no byte', () => {
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const w = new ServiceWindow();
        for (const part of [a, b, c]) {
          addTo(w, part);
          expect(ServiceWindow.decode(w.encode()).encode()).toEqual(w.encode());
        }
        expect(w.encode()).toEqual(of([...a, ...b, ...c]).encode());
        w.merge(of(b));
        expect(ServiceWindow.decode(w.encode()).encode()).toEqual(w.encode());
      }),
    );
  });

  it('any damage is a typed error', () => {
    fc.assert(
      fc.property(fc.array(seen, { minLength: 1, maxLength: 5 }), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(), (all, at, flip, cut) => {
        const bytes = of(all).encode();
        const bad = bytes.slice();
        bad[at % bad.length]! ^= flip;
        expect(() => ServiceWindow.decode(bad)).toThrow(SketchError);
        expect(() => ServiceWindow.decode(bytes.slice(0, cut % bytes.length))).toThrow(SketchError);
      }),
    );
  });

  it('arbitrary bytes, also with a right checksum, are a typed error or a window', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (body) => {
        const w = new Writer();
        w.u8(0x53);
        w.u8(1 + (body.length % 2));
        w.raw(body);
        try {
          ServiceWindow.decode(w.seal()).encode();
        } catch (error) {
          expect(error).toBeInstanceOf(SketchError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a newer version is refused as such', () => {
    const bytes = of([]).encode();
    bytes[1] = 4;
    expect(() => ServiceWindow.decode(bytes)).toThrow(expect.objectContaining({ code: 'newer_version' }));
    expect(() => HostsWindow.decode(bytes)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('budgets: what is over goes to {other}, counts by status stay whole, merges come back under the budget', () => {
    const w = new ServiceWindow();
    for (let i = 0; i < 3 * MAX_PATTERNS; i++) w.pattern('server', 'GET', `/r${i}`, i % 2 === 0 ? 200 : 500).exchanges++;
    for (let i = 0; i < 3 * MAX_HEADERS; i++) w.header('server', 'request', `h${i}`).exchanges++;
    w.pattern('server', 'X'.repeat(40), '/long', 200).exchanges++;
    const v = new ServiceWindow();
    for (let i = 0; i < MAX_PATTERNS; i++) v.pattern('server', 'POST', `/s${i}`, 200).exchanges += 5;
    for (let i = 0; i < MAX_HEADERS; i++) v.header('server', 'response', `h${i}`).exchanges++;
    const count = (x: ServiceWindow, status: number) => [...x.patterns()].filter((p) => p.status === status).reduce((n, p) => n + p.exchanges, 0);
    expect([count(w, 200), count(w, 500)]).toEqual([1.5 * MAX_PATTERNS + 1, 1.5 * MAX_PATTERNS]);
    const a = ServiceWindow.decode(w.encode());
    a.merge(v);
    const b = ServiceWindow.decode(v.encode());
    b.merge(w);
    expect(a.encode()).toEqual(b.encode());
    expect(a.patternCount).toBeLessThanOrEqual(MAX_PATTERNS + 2);
    expect([count(a, 200), count(a, 500)]).toEqual([6.5 * MAX_PATTERNS + 1, 1.5 * MAX_PATTERNS]);
    expect([...a.headers()].filter((h) => h.name === OTHER).length).toBeGreaterThan(0);
    expect(a.headerCount).toBeLessThanOrEqual(MAX_HEADERS + 4);
  });

  it('budgets: forged statuses and error types share buckets, and merges keep to them', () => {
    const made = (from: number): ServiceWindow => {
      const w = new ServiceWindow();
      for (let i = 0; i < MAX_PATTERNS; i++) w.pattern('server', 'GET', `/r${i}`, 200).exchanges += 2;
      for (let status = 0; status < 65_536; status += 7) w.pattern('server', 'GET', `/x${status}`, status).exchanges++;
      for (let i = 0; i < 40; i++) w.pattern('server', 'GET', '/r1', 200).addError(`e${from + i}`, 1 + (i % 3));
      return w;
    };
    const [a, b] = [made(0), made(20)];
    const ab = ServiceWindow.decode(a.encode());
    ab.merge(b);
    b.merge(a);
    expect(ab.encode()).toEqual(b.encode());
    expect(ab.patternCount).toBeLessThanOrEqual(MAX_PATTERNS + 502);
    expect([...ab.patterns()].reduce((n, p) => n + p.exchanges, 0)).toBe(2 * (2 * MAX_PATTERNS + Math.ceil(65_536 / 7)));
    const types = [...ab.patterns()].find((p) => p.route === '/r1')!.errors;
    expect(types.size).toBe(17);
    expect([...types.values()].reduce((n, x) => n + x, 0)).toBe(2 * Array.from({ length: 40 }, (_, i) => 1 + (i % 3)).reduce((n, x) => n + x));
  });

  it('clients: a merge is the union in any order, their statuses are bounded and add up', () => {
    const answered = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.constantFrom(0, 200, 404, 500), fc.integer({ min: 0, max: 65_535 })), fc.integer({ min: 1, max: 9 }), fc.boolean()),
      {
        maxLength: 60,
      },
    );
    const ofClients = (all: readonly (readonly [string, number, number, boolean])[]): ServiceWindow => {
      const w = new ServiceWindow();
      for (const [name, status, weight, failed] of all) {
        w.client(name).add(status, weight);
        if (failed) w.client(name).errors += weight;
      }
      return w;
    };
    const totals = (w: ServiceWindow): unknown => [...w.clients()].map((c) => [c.name, c.exchanges, c.errors]).sort();
    fc.assert(
      fc.property(answered, answered, (a, b) => {
        const left = ServiceWindow.decode(ofClients(a).encode());
        left.merge(ofClients(b));
        const right = ofClients(b);
        right.merge(ServiceWindow.decode(ofClients(a).encode()));
        expect(left.encode()).toEqual(right.encode());
        expect(ServiceWindow.decode(left.encode()).encode()).toEqual(left.encode());
        expect(totals(left)).toEqual(totals(ofClients([...a, ...b])));
        for (const c of left.clients()) {
          expect([...c.statuses.values()].reduce((n, x) => n + x, 0)).toBe(c.exchanges);
          expect([...c.statuses.keys()].filter((s) => s >= 100).length).toBeLessThanOrEqual(24);
        }
        const few = new Set([...a, ...b].map(([, status]) => status)).size <= 24;
        if (few) expect(left.encode()).toEqual(ofClients([...a, ...b]).encode());
      }),
    );
  });

  it('a sum that forged sizes drove too far saturates and is written', () => {
    const w = new ServiceWindow();
    w.pattern('server', 'GET', '/', 200).requestBytes = 1e30;
    expect([...ServiceWindow.decode(w.encode()).patterns()][0]!.requestBytes).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('HostsWindow', () => {
  const delta = fc.record({
    host: fc.constantFrom('a', 'b'),
    untilMs: fc.nat(100),
    n: fc.nat(50),
    inFlight: fc.nat(5),
    reason: fc.constantFrom('ring_full', 'budget'),
    skew: fc.integer({ min: -5, max: 5 }),
    oneIn: fc.constantFrom(0, 0, 2, 64),
  });
  const ofDeltas = (all: readonly { host: string; untilMs: number; n: number; inFlight: number; reason: string; skew: number; oneIn: number }[]): HostsWindow => {
    const w = new HostsWindow();
    for (const d of all) {
      const one = new HostsWindow();
      const h = one.host(d.host);
      h.untilMs = d.untilMs;
      h.request.started = h.exchanges = d.n;
      h.request.inFlight = d.inFlight;
      h.request.lost.set(d.reason, d.n);
      h.skewMinMs = d.skew;
      if (d.oneIn > 0) h.addSampling(d.inFlight > 2 ? 'policy' : 'governor', { oneIn: d.oneIn, exchanges: d.n, kept: Math.floor(d.n / d.oneIn) });
      w.merge(one);
    }
    return w;
  };

  it('a merge is the union in any order; in_flight is the newest state; a round trip keeps every byte', () => {
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 12 }), fc.array(delta, { maxLength: 12 }), (a, b) => {
        const union = ofDeltas([...a, ...b]).encode();
        const left = ofDeltas(a);
        left.merge(ofDeltas(b));
        const right = ofDeltas(b);
        right.merge(ofDeltas(a));
        expect(left.encode()).toEqual(union);
        expect(right.encode()).toEqual(union);
        expect(HostsWindow.decode(union).encode()).toEqual(union);
        for (const h of left.hosts()) {
          const mine = [...a, ...b].filter((d) => d.host === h.host);
          const newest = Math.max(...mine.map((d) => d.untilMs));
          expect(h.request.inFlight).toBe(Math.max(...mine.filter((d) => d.untilMs === newest).map((d) => d.inFlight)));
        }
      }),
    );
  });
});
