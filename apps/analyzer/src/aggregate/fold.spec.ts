import { readFileSync } from 'node:fs';
import { EventColumnsBuilder, type BatchAccount, type EventColumns, type EventRow } from '@headwater/header-event';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import type { Claim } from '@headwater/summary-store';
import { describe, expect, it } from 'vitest';
import type { Arrived } from '../arrived.ts';
import { mergeTaken } from '../close/merge.ts';
import { msOf } from './event-time.ts';
import { MAX_AGENTS } from './agents.ts';
import { UnitFold } from './unit-fold.ts';

const T = 1_790_000_000_000;
const RULES = { clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 3_600_000, closeAfterMs: 30_000 };
const unit = { topic: 't', partition: 0 };
const claim = (more: Partial<Claim> = {}): Claim => ({
  epoch: 1,
  busIncarnation: 'x',
  nextOffset: 0,
  agents: null,
  watermark: 0,
  open: [],
  floors: { '10s': 0, '1m': 0, '1h': 0 },
  ...more,
});
const starts = (n: number) => ({ started: n, emitted: n, filtered: { scope: 1 }, lost: {}, in_flight: 7 });
const account = (n: number, more: Partial<BatchAccount> = {}): BatchAccount => ({
  watermark_unix_ms: T,
  since_unix_ms: T - 1000,
  until_unix_ms: T,
  request: starts(n),
  response: starts(n),
  exchanges: n,
  unread: {},
  coverage: 1,
  source: 'live',
  ...more,
});
const row = (ms: number, more: EventRow = {}): EventRow => ({
  start_time: BigInt(ms) * 1_000_000n,
  'service.name': 's',
  'http.request.method': 'GET',
  'http.route': '/',
  'http.response.status_code': 200,
  ...more,
});
const columns = (...rows: EventRow[]): EventColumns => rows.reduce((b, r) => b.add(r), new EventColumnsBuilder()).finish();
let offset = 0;
const arrived = (seq: number, c: EventColumns, more: Partial<Arrived> = {}): Arrived => ({
  identity: { hostId: 'h', incarnation: 'i' },
  seq,
  columns: c,
  account: account(c.rows),
  offset: offset++,
  referenceMs: T,
  ...more,
});

function windowsOf(fold: UnitFold) {
  const out: Record<string, ServiceWindow> = {};
  let hosts = new HostsWindow();
  for (const s of fold.commit(unit, [], T).segments) {
    if (s.subject === 'h:') hosts.merge(HostsWindow.decode(s.bytes));
    else out[`${(s.start - T) / 1000} ${s.subject}`] = ServiceWindow.decode(s.bytes);
  }
  return { services: out, hosts };
}
const folded = (c: EventColumns, more: Partial<Arrived> = {}) => {
  const fold = new UnitFold(claim(), RULES, T);
  const report = fold.fold(arrived(1, c, more), T);
  return { fold, report, ...windowsOf(fold) };
};

describe('fold of one batch', () => {
  it('the window of a row is exact to the nanosecond at its edges', () => {
    for (const ns of [
      BigInt(T) * 1_000_000n - 1n,
      BigInt(T) * 1_000_000n,
      BigInt(T) * 1_000_000n + 999_999n,
      0n,
      2n ** 63n - 1n,
      4_294_967_296n * 416_766_854n - 1n,
      4_294_967_296n * 416_766_854n,
    ]) {
      expect(msOf(Number(ns & 0xffffffffn), Number(ns >> 32n))).toBe(Number(ns / 1_000_000n));
    }
    const { services } = folded(columns(row(T - 1), row(T), row(T + 9_999), row(T + 10_000)));
    expect(
      Object.entries(services)
        .map(([k, w]) => [k, w.roleExchanges.server])
        .sort(),
    ).toEqual([
      ['-10 s:s', 1],
      ['0 s:s', 2],
      ['10 s:s', 1],
    ]);
  });

  it('patterns: weights, sizes, latencies, errors; unknown sizes and latencies count in no sum', () => {
    const { services } = folded(
      columns(
        row(T, { 'headwater.weight': 3, 'headwater.ttfb_ns': 1_000_000, 'headwater.total_ns': 2_000_000, 'http.request.size': 10, 'http.response.size': 100 }),
        row(T + 5),
        row(T + 1, { 'http.response.status_code': 0, 'error.type': 'connection_reset' }),
        row(T, { 'headwater.role': 'client' }),
      ),
    );
    const w = services['0 s:s']!;
    const [ok] = [...w.patterns()].filter((p) => p.role === 'server' && p.status === 200);
    expect(ok).toMatchObject({ exchanges: 4, requestBytes: 30, sizedRequests: 3, responseBytes: 300, sizedResponses: 3, firstSeenMs: T, lastSeenMs: T + 5 });
    expect([ok!.ttfb.count, ok!.ttfb.sum, ok!.total.sum]).toEqual([3, 3e6, 6e6]);
    expect([...w.patterns()].find((p) => p.status === 0)!.errors).toEqual(new Map([['connection_reset', 1]]));
    expect([w.sampled, w.roleExchanges]).toEqual([true, { server: 5, client: 1 }]);
  });

  it('begin counts and gives ttfb at its start, end gives total and sizes at its end, each in its own window', () => {
    const long = { 'headwater.ttfb_ns': 5_000_000, 'http.request.headers': [{ name: 'a', value: 'b' }] };
    const { services } = folded(
      columns(
        row(T, { ...long, 'headwater.phase': 'begin' }),
        row(T + 25_000, { 'headwater.phase': 'end', 'headwater.total_ns': 25_000_000_000n, 'http.response.size': 900, 'error.type': 'connection_closed' }),
      ),
    );
    const begin = [...services['0 s:s']!.patterns()][0]!;
    const end = [...services['20 s:s']!.patterns()][0]!;
    expect([begin.exchanges, begin.ttfb.count, begin.total.count, begin.sizedResponses, begin.errors.size]).toEqual([1, 1, 0, 0, 0]);
    expect([end.exchanges, end.ttfb.count, end.total.sum, end.responseBytes, end.errors.size]).toEqual([0, 0, 25e9, 900, 1]);
    expect([[...services['0 s:s']!.headers()].length, [...services['20 s:s']!.headers()].length]).toEqual([1, 0]);
    expect([services['0 s:s']!.roleExchanges.server, services['20 s:s']!.roleExchanges.server]).toEqual([1, 0]);
    expect([begin.begun, begin.ended, end.begun, end.ended]).toEqual([1, 0, 0, 1]);
  });

  it('phases in one batch, in two, an end alone and a begin alone: an exchange is one where it began, sums come from its end', () => {
    const begin = (ms: number, more: EventRow = {}) =>
      row(ms, { 'headwater.phase': 'begin', 'headwater.ttfb_ns': 7, 'headwater.total_ns': -1n, 'http.request.headers': [{ name: 'a', value: 'b' }], ...more });
    const end = (ms: number, more: EventRow = {}) =>
      row(ms, { 'headwater.phase': 'end', 'headwater.ttfb_ns': 7, 'headwater.total_ns': 3_000_000n, 'http.request.size': 10, 'http.response.size': 20, ...more });
    const merged = (...batches: EventColumns[]) => {
      const fold = new UnitFold(claim(), RULES, T);
      batches.forEach((c, i) => fold.fold(arrived(i + 1, c), T));
      const w = new ServiceWindow();
      for (const s of Object.values(windowsOf(fold).services)) w.merge(s);
      return w;
    };
    const together = merged(columns(begin(T), end(T + 3), begin(T + 5), end(T + 20_000)));
    // The order of arrival does not matter either: a backlog may bring the begin after the end.
    for (const w of [
      together,
      merged(columns(begin(T)), columns(end(T + 3)), columns(begin(T + 5)), columns(end(T + 20_000))),
      merged(columns(end(T + 3), end(T + 20_000)), columns(begin(T), begin(T + 5))),
    ]) {
      const [p] = [...w.patterns()];
      expect([w.patternCount, w.roleExchanges.server, p!.exchanges, p!.begun, p!.ended]).toEqual([1, 2, 2, 2, 2]);
      expect([p!.ttfb.count, p!.total.count, p!.total.sum, p!.requestBytes, p!.sizedRequests, p!.responseBytes]).toEqual([2, 2, 6e6, 20, 2, 40]);
      expect([...w.headers()].map((h) => [h.name, h.exchanges])).toEqual([['a', 2]]);
      expect(w.encode()).toEqual(together.encode());
    }
    // The agent was restarted: an end whose begin nobody saw is no exchange, an exchange without an end has no total.
    const torn = [...merged(columns(end(T), begin(T + 1))).patterns()][0]!;
    expect([torn.exchanges, torn.ttfb.count, torn.total.count, torn.begun - torn.ended]).toEqual([1, 1, 1, 0]);
    const open = [...merged(columns(begin(T), begin(T + 1), end(T + 2))).patterns()][0]!;
    expect([open.exchanges, open.begun - open.ended]).toEqual([2, 1]);
    // Weights: an end stands for as many as its begin.
    const weighted = [...merged(columns(begin(T, { 'headwater.weight': 5 }), end(T + 1, { 'headwater.weight': 5 }))).patterns()][0]!;
    expect([weighted.exchanges, weighted.begun, weighted.ended, weighted.ttfb.count, weighted.total.count, weighted.responseBytes]).toEqual([5, 5, 5, 5, 5, 100]);
  });

  it('of a batch with a declared rate all windows are sampled, whatever the weights of its rows; the account has the exact counts', () => {
    const sampling = { reason: 'governor', one_in: 8, exchanges: 100, kept: 14 } as const;
    const { services, hosts } = folded(columns(row(T), row(T, { 'service.name': 'b', 'headwater.weight': 8 })), { account: account(9, { sampling }) });
    expect([services['0 s:s']!.sampled, services['0 s:b']!.sampled, folded(columns(row(T))).services['0 s:s']!.sampled]).toEqual([true, true, false]);
    expect([...hosts.get('h')!.sampling]).toEqual([['governor', { oneIn: 8, exchanges: 100, kept: 14 }]]);
    expect(hosts.get('h')!.exchanges).toBe(9);
  });

  it('headers are counted with their weights: presence, occurrences, bytes, top values; an end has none', () => {
    const of = (more: EventRow) =>
      row(T, {
        'http.request.headers': [
          { name: 'Ab', value: 'xyz' },
          { name: 'ab', value: 'xyz' },
        ],
        ...more,
      });
    const [h] = [
      ...folded(columns(of({ 'headwater.weight': 10 }), of({ 'headwater.weight': 1 }), of({ 'headwater.phase': 'end', 'headwater.weight': 7 }))).services['0 s:s']!.headers(),
    ];
    expect([h!.exchanges, h!.occurrences, h!.bytes, h!.distinct.estimate(), h!.top.top()]).toEqual([11, 22, 110, 1, [{ value: 'xyz', count: 22, error: 0 }]]);
  });

  it('clients: by the name of the other side, else its address; statuses by weight, errors once an exchange is over', () => {
    const served = (address: string, status: number, more = {}) => row(T, { 'client.address': address, 'http.response.status_code': status, ...more });
    const { services } = folded(
      columns(
        served('10.0.0.7', 200, { 'headwater.weight': 3 }),
        served('10.0.0.7', 429),
        served('10.0.0.8', 0, { 'service.peer.name': 'checkout', 'error.type': 'no_response' }),
        served('10.0.0.9', 200, { 'headwater.phase': 'begin' }),
        served('10.0.0.9', 200, { 'headwater.phase': 'end', 'error.type': 'connection_reset' }),
        served('', 200),
        served('10.0.0.7', 500, { 'headwater.role': 'client' }),
      ),
    );
    const clients = [...services['0 s:s']!.clients()].map((c) => [c.name, c.exchanges, c.errors, Object.fromEntries(c.statuses)]);
    expect(clients.sort()).toEqual([
      ['10.0.0.7', 4, 0, { 200: 3, 429: 1 }],
      ['10.0.0.9', 1, 1, { 200: 1 }],
      ['checkout', 1, 1, { 0: 1 }],
    ]);
  });

  it('headers: casings are one name, repeats are occurrences of one exchange, values only where the policy tells them', () => {
    const { services } = folded(
      columns(
        row(T, {
          'headwater.weight': 2,
          'http.request.headers': [
            { name: 'Accept', value: 'x' },
            { name: 'ACCEPT', value: 'y' },
            { name: 'Cookie', value: '', action: 'presence' },
            { name: 'Key', value: 'fp:1', action: 'hash' },
          ],
        }),
        row(T, {
          'http.request.headers': [
            { name: 'accept', value: 'x' },
            { name: 'Auth', value: 'Bearer', action: 'summary' },
          ],
          'http.response.headers': [{ name: 'accept', value: 'z' }],
        }),
        row(T),
      ),
    );
    const of = (direction: string, name: string) => {
      const h = [...services['0 s:s']!.headers()].find((x) => x.direction === direction && x.name === name)!;
      return { exchanges: h.exchanges, occurrences: h.occurrences, bytes: h.bytes, distinct: h.distinct.estimate(), top: h.top.top().map((t) => [t.value, t.count, t.error]) };
    };
    expect(of('request', 'accept')).toEqual({
      exchanges: 3,
      occurrences: 5,
      bytes: 35,
      distinct: 2,
      top: [
        ['x', 3, 0],
        ['y', 2, 0],
      ],
    });
    expect(of('request', 'cookie')).toEqual({ exchanges: 2, occurrences: 2, bytes: 12, distinct: 0, top: [] });
    expect(of('request', 'key')).toEqual({ exchanges: 2, occurrences: 2, bytes: 14, distinct: 1, top: [] });
    expect(of('request', 'auth')).toMatchObject({ exchanges: 1, top: [['Bearer', 1, 0]] });
    expect(of('response', 'accept')).toMatchObject({ exchanges: 1, top: [['z', 1, 0]] });
  });

  it('a dictionary that holds a string twice counts it as one value', () => {
    const c = columns(
      row(T, { 'http.request.headers': [{ name: 'a', value: 'same' }] }),
      row(T, { 'http.request.headers': [{ name: 'a', value: 'other' }] }),
      row(T, { 'http.request.headers': [{ name: 'a', value: 'tthee' }] }),
    );
    // Rewritten in place: the entry "other" and a second "other" under another index.
    const text = Buffer.from(c.dictionary.bytes);
    const at = text.indexOf('tthee');
    const bytes = Uint8Array.from(text);
    bytes.set(Buffer.from('other'), at);
    const { services } = folded({ ...c, dictionary: { ...c.dictionary, bytes } });
    const h = [...services['0 s:s']!.headers()][0]!;
    expect([h.occurrences, h.distinct.estimate(), h.top.top().map((t) => [t.value, t.count])]).toEqual([
      3,
      2,
      [
        ['other', 2],
        ['same', 1],
      ],
    ]);
  });

  it('times too far ahead are set back and counted; what is older than retention is counted, not folded', () => {
    const { report, services, hosts } = folded(columns(row(T + 59_000), row(T + 61_000), row(T - 3_700_000), row(T - 3_700_000, { 'headwater.weight': 4 })));
    expect(report).toMatchObject({ folded: 2, clamped: 1, late: 5 });
    expect(Object.keys(services).sort()).toEqual(['0 s:s', '50 s:s']);
    expect(hosts.get('h')).toMatchObject({ clampedTimes: 1, lateExchanges: 5 });
  });

  it('what is too old for 10 s windows goes to the finest wider ones that are kept, and not below what the store has finished', () => {
    const rules = { ...RULES, coarseRetentionMs: { '1m': 7_200_000, '1h': 36_000_000 } };
    const keysOf = (fold: UnitFold) => fold.commit(unit, [], T).segments.map((s) => `${s.resolution} ${(s.start - T) / 1000} ${s.subject}`);
    const rows = () => columns(row(T - 3_500_000), row(T - 3_700_000), row(T - 7_300_000, { 'headwater.weight': 2 }), row(T - 37_000_000));
    const fold = new UnitFold(claim(), rules, T);
    expect(fold.fold(arrived(1, rows()), T)).toMatchObject({ folded: 4, coarse: 3, late: 1 });
    expect(keysOf(fold).filter((k) => k.endsWith('s:s'))).toEqual(['10s -3500 s:s', '1m -3740 s:s', '1h -8000 s:s']);
    // The store has finished all 10 s windows and one hour more than retention says.
    const hour = T - (T % 3_600_000);
    const finished = new UnitFold(claim({ floors: { '10s': hour, '1m': hour - 3_600_000, '1h': 0 } }), rules, T);
    expect(finished.fold(arrived(1, rows()), T)).toMatchObject({ folded: 4, coarse: 4, late: 1 });
    expect(keysOf(finished).filter((k) => k.endsWith('s:s'))).toEqual(['1m -3500 s:s', '1m -3740 s:s', '1h -8000 s:s']);
  });

  it('overlong and empty services have a subject that fits the store', () => {
    const { services } = folded(columns(row(T, { 'service.name': 'x'.repeat(300) }), row(T, { 'service.name': '' }), row(T, { 'service.name': 'ü'.repeat(127) })));
    expect(Object.keys(services).sort()).toEqual(['0 s:unknown', `0 s:${'ü'.repeat(127)}`, '0 s:{other}'].sort());
  });
});

describe("fold of an agent's batches", () => {
  it('repeats are skipped and counted, gaps are lost until they are filled', () => {
    const fold = new UnitFold(claim(), RULES, T);
    const one = () => columns(row(T));
    expect(fold.fold(arrived(1, one()), T)).toMatchObject({ folded: 1, gaps: 0 });
    expect(fold.fold(arrived(4, one()), T)).toMatchObject({ folded: 1, gaps: 2 });
    expect(fold.fold(arrived(1, one()), T)).toMatchObject({ folded: 0, repeated: 1 });
    expect(fold.fold(arrived(3, one()), T)).toMatchObject({ folded: 1, gapsFilled: 1 });
    expect(fold.fold(arrived(3, one()), T)).toMatchObject({ folded: 0, repeated: 1 });
    const h = windowsOf(fold).hosts.get('h')!;
    expect([h.exchanges, h.batches, h.repeatedBatches, Object.fromEntries(h.lostBatches)]).toEqual([3, 3, 2, { sequence_gap: 2, sequence_gap_filled: 1 }]);
    expect([h.request.started, h.request.filtered.get('scope'), h.request.inFlight]).toEqual([3, 3, 7]);
  });

  it('what fills a gap is taken back where the gap was counted; a backlog moves no clock and holds no window open', () => {
    const fold = new UnitFold(claim(), RULES, T);
    const say = (seq: number, untilMs: number, incarnation = 'i') =>
      fold.fold(
        arrived(seq, columns(row(untilMs)), {
          identity: { hostId: 'h', incarnation },
          account: account(1, { until_unix_ms: untilMs, watermark_unix_ms: untilMs }),
          referenceMs: T,
        }),
        T,
      );
    const lost = () =>
      Object.fromEntries(
        fold
          .commit(unit, [], T)
          .segments.filter((s) => s.subject === 'h:')
          .map((s) => [(s.start - T) / 1000, { ...Object.fromEntries(HostsWindow.decode(s.bytes).get('h')!.lostBatches), skew: HostsWindow.decode(s.bytes).get('h')!.skewMinMs }]),
      );
    // The batches 1 to 3 of ten minutes ago wait on the disk while live ones go on; those of another incarnation come in their order.
    say(4, T - 15);
    expect(lost()).toEqual({ '-10': { sequence_gap: 3, skew: 15 } });
    say(1, T - 600_000);
    say(3, T - 590_000);
    say(2, T - 595_000);
    say(1, T - 700_000, 'before');
    say(2, T - 690_000, 'before');
    expect(lost()).toEqual({
      '-10': { sequence_gap: 3, sequence_gap_filled: 3, skew: 15 },
      '-600': { skew: Infinity },
      '-590': { skew: Infinity },
      '-700': { skew: Infinity },
      '-690': { skew: Infinity },
    });
    fold.settle(T, true);
    expect(fold.watermark).toBe(T - 15);
  });

  it('agents as a version stored them that did not keep when a gap was counted', () => {
    const stored = readFileSync(new URL('../../golden/agents-1.json', import.meta.url));
    const fold = new UnitFold(claim({ agents: stored }), RULES, T);
    expect(fold.fold(arrived(9, columns(row(T)), { identity: { hostId: 'host-a', incarnation: 'one' } }), T).repeated).toBe(1);
    expect(fold.fold(arrived(5, columns(row(T)), { identity: { hostId: 'host-a', incarnation: 'one' } }), T).gapsFilled).toBe(1);
    expect(Object.fromEntries(windowsOf(fold).hosts.get('host-a')!.lostBatches)).toEqual({ sequence_gap_filled: 1 });
    fold.settle(T, true);
    expect(fold.watermark).toBe(T);
  });

  it('goes on from what was committed: sequence numbers, windows, watermark', () => {
    const first = new UnitFold(claim(), RULES, T);
    first.fold(arrived(1, columns(row(T))), T);
    first.settle(T, true);
    const c = first.commit(unit, [], T);
    const second = new UnitFold(claim({ epoch: 2, nextOffset: c.nextOffset, agents: c.agents, watermark: c.watermark, open: c.segments }), RULES, T);
    expect(second.fold(arrived(1, columns(row(T))), T).repeated).toBe(1);
    second.fold(arrived(2, columns(row(T))), T);
    const next = second.commit(unit, [], T);
    expect(next.segments.every((s) => !s.fresh)).toBe(true);
    expect(windowsOf(second).services['0 s:s']!.roleExchanges.server).toBe(2);
  });

  it('with windows_version 2 nothing is written that a reader of 0.1 does not know, by fold or closer', () => {
    const versions = (windowsVersion?: 2 | 3) => {
      const fold = new UnitFold(claim(), { ...RULES, ...(windowsVersion && { windowsVersion }) }, T);
      const say = (seq: number, n: number) =>
        fold.fold(arrived(seq, columns(row(T, { 'client.address': '10.0.0.1' })), { account: account(1, { exchanges_before: n, exchanges_after: n + 1 }) }), T);
      say(1, 0);
      say(5, 10);
      return fold.commit(unit, [], T).segments.map((segment) => {
        const taken = { closed: null, partials: [{ ...segment, partition: 0, revision: 1 }], lease: '' };
        const first = [segment.bytes[1], mergeTaken(segment, taken, [], T, windowsVersion).bytes[1]];
        return `${segment.subject} ${first.join(' ')}`;
      });
    };
    expect(versions().toSorted()).toEqual(['h: 3 3', 's:s 3 3']);
    for (const v of versions(2)) expect(v).toMatch(/ [12] [12]$/);
  });

  it('a host whose clock is far behind holds nothing open, and is named; one that is a little behind does', () => {
    const fold = new UnitFold(claim(), RULES, T);
    const say = (hostId: string, behindMs: number) =>
      fold.fold(arrived(1, columns(), { identity: { hostId, incarnation: 'i' }, account: account(0, { watermark_unix_ms: T - behindMs, until_unix_ms: T - behindMs }) }), T);
    say('right', 100);
    say('ten minutes', 600_000);
    expect([fold.settle(T, true), fold.watermark]).toEqual([['ten minutes'], T - 100]);
    say('a minute', 60_000);
    const again = new UnitFold(claim({ agents: fold.commit(unit, [], T).agents }), RULES, T);
    expect([again.settle(T, true), again.watermark]).toEqual([['ten minutes'], T - 60_000]);
  });

  it('the watermark is the least of the agents that speak; the silent are named; a watermark ahead of time is cut', () => {
    const fold = new UnitFold(claim(), RULES, T);
    const say = (host: string, watermark: number, atMs: number) =>
      fold.fold(arrived(1, columns(), { identity: { hostId: host, incarnation: 'i' }, referenceMs: atMs, account: account(0, { watermark_unix_ms: watermark }) }), atMs);
    say('a', T - 5_000, T);
    say('b', T + 500_000, T);
    expect([fold.settle(T, true), fold.watermark]).toEqual([[], T - 5_000]);
    say('b', T + 40_000, T + 40_000);
    // Nobody has read beyond T + 40 s: the partition's time stands still, whatever the clock says.
    expect([fold.settle(T + 900_000, false), fold.watermark]).toEqual([['a'], T + 40_000]);
    expect([fold.settle(T + 900_000, true), fold.watermark]).toEqual([['a', 'b'], T + 900_000]);
    say('a', T + 850_000, T + 900_001);
    fold.settle(T + 900_001, true);
    expect(fold.watermark).toBe(T + 900_000);
  });

  it('records that the bus deleted are counted where the data goes missing', () => {
    const fold = new UnitFold(claim({ nextOffset: 10, watermark: T }), RULES, T);
    expect(fold.lose(25, T)).toBe(15);
    expect(windowsOf(fold).hosts.get('{unknown}')!.lostBatches).toEqual(new Map([['retention', 15]]));
    // Which batches they were shows when their agents go on; what is told of a host is no longer told of nobody.
    expect(fold.fold(arrived(9, columns(row(T)), { offset: 25, account: account(1, { exchanges_before: 800, exchanges_after: 801 }) }), T).gaps).toBe(8);
    const lostOf = (host: string) => {
      const { lostBatches, lostExchanges, unsizedBatches } = windowsOf(fold).hosts.get(host)!;
      return [lostBatches, lostExchanges, unsizedBatches].map((m) => Object.fromEntries(m));
    };
    expect(lostOf('h')).toEqual([{ retention: 8 }, { retention: 800 }, {}]);
    expect(lostOf('{unknown}')).toEqual([{ retention: 15, retention_attributed: 8 }, {}, { retention: 15, retention_attributed: 8 }]);
    // The rest is remembered over a claim; a gap beyond it is one of the way to the bus.
    const { agents, segments, nextOffset } = fold.commit(unit, [], T);
    const next = new UnitFold(claim({ nextOffset, agents, open: segments, watermark: T }), RULES, T);
    next.fold(arrived(20, columns(row(T)), { account: account(1, { exchanges_before: 900, exchanges_after: 901 }) }), T);
    next.fold(arrived(30, columns(row(T)), { account: account(1) }), T);
    const h = windowsOf(next).hosts.get('h')!;
    expect([h.lostBatches, h.lostExchanges, h.unsizedBatches].map((m) => Object.fromEntries(m))).toEqual([
      { retention: 18, sequence_gap: 9 },
      { retention: 899 },
      { sequence_gap: 9 },
    ]);
    expect(windowsOf(next).hosts.get('{unknown}')!.lostBatches).toEqual(
      new Map([
        ['retention', 15],
        ['retention_attributed', 15],
      ]),
    );
  });

  it('incarnations are bounded: those that were silent for longest are forgotten, the others go on', () => {
    const fold = new UnitFold(claim(), RULES, T);
    const say = (incarnation: number, atMs: number) => fold.fold(arrived(1, columns(), { identity: { hostId: 'h', incarnation: `i${incarnation}` }, referenceMs: atMs }), atMs);
    for (let i = 0; i < MAX_AGENTS + 10; i++) say(i, T + i);
    const agents = JSON.parse(Buffer.from(fold.commit(unit, [], T).agents).toString()) as { agents: { incarnation: string }[] };
    expect([agents.agents.length, agents.agents[0]!.incarnation]).toEqual([MAX_AGENTS, 'i10']);
    expect([say(10, T + 9_000).repeated, say(9, T + 9_000).repeated]).toEqual([1, 0]);
  });

  it("what agents sent before anyone looked is nobody's loss; a gap of one that is new later is", () => {
    const fold = new UnitFold(claim({ nextOffset: null }), RULES, T);
    fold.startAt(500);
    const say = (host: string, atMs: number) => fold.fold(arrived(41, columns(), { identity: { hostId: host, incarnation: 'i' }, referenceMs: atMs }), atMs).gaps;
    expect([say('a', T), say('b', T + 50_000), say('c', T + 61_000)]).toEqual([0, 0, 40]);
    const whole = new UnitFold(claim({ nextOffset: null }), RULES, T);
    whole.startAt(0);
    expect(whole.fold(arrived(41, columns()), T).gaps).toBe(40);
  });

  it('what is missing is known in exchanges, and taken back batch by batch', () => {
    const fold = new UnitFold(claim(), RULES, T);
    const say = (seq: number, before: number, n: number) =>
      fold.fold(arrived(seq, columns(), { account: account(n, { exchanges_before: before, exchanges_after: before + n }) }), T);
    say(1, 0, 10);
    say(5, 160, 10); // 150 in 2, 3 and 4
    say(3, 40, 50);
    const { lostBatches, lostExchanges, unsizedBatches } = windowsOf(fold).hosts.get('h')!;
    expect([lostBatches, lostExchanges, unsizedBatches].map((m) => Object.fromEntries(m))).toEqual([
      { sequence_gap: 3, sequence_gap_filled: 1 },
      { sequence_gap: 150, sequence_gap_filled: 50 },
      {},
    ]);
  });
});
