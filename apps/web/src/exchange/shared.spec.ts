import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange, HeaderField } from './exchange.ts';
import { findShared } from './shared.ts';

const h = (...pairs: string[]): HeaderField[] => pairs.map((p) => ({ name: p.slice(0, p.indexOf(':')), value: p.slice(p.indexOf(':') + 1), action: 'keep' }));
const x = (request: HeaderField[], response: HeaderField[] = [], more: Record<string, unknown> = {}): Exchange => ({
  start_time: '2026-11-22T10:00:00.000000000Z',
  'http.request.headers': request,
  'http.response.headers': response,
  ...more,
});
const lines = (failed: Exchange[], good: Exchange[]): string[] =>
  findShared(failed, good).shared.map((s) => `${s.side} ${s.name}: ${s.text} ${s.failed}/${failed.length} ${s.good}/${good.length}`);

describe('findShared', () => {
  it('says what all failed ones have and no good one, requests first', () => {
    const failed = [x(h('Host:a', 'User-Agent:old/1', 'x-request-id:1'), h('retry-after:1')), x(h('host:a', 'user-agent:old/1', 'x-request-id:2'), h('retry-after:1'))];
    const good = [x(h('host:a', 'user-agent:new/2', 'x-request-id:3')), x(h('host:a', 'user-agent:new/3', 'x-request-id:4'))];
    expect(lines(failed, good)).toEqual(['request user-agent: old/1 2/2 0/2', 'response retry-after: 1 2/2 0/2']);
  });

  it('says what they lack', () => {
    expect(lines([x(h('host:a')), x(h('host:a'))], [x(h('host:a', 'authorization:z'))])).toEqual(['request authorization: not sent 2/2 0/1']);
  });

  it('reads the facts of a token', () => {
    const token = (s: number): HeaderField => ({ name: 'authorization', value: `Bearer fp=k1:${s} jwt alg=HS256 exp_s=${s}`, action: 'summary' });
    expect(lines([x([token(-3600)]), x([token(-3601)])], [x([token(3600)])])).toEqual(['request authorization: token has expired 2/2 0/1']);
  });

  it('what most have comes after what all have; half is not most', () => {
    const failed = [x(h('v:1', 'w:1')), x(h('v:1', 'w:1')), x(h('v:1', 'w:2')), x(h('v:1', 'w:2'))];
    expect(lines(failed, [x(h('v:0', 'w:0'))])).toEqual(['request v: 1 4/4 0/1']);
    expect(lines(failed.slice(0, 3), [x(h('v:0', 'w:0'))])).toEqual(['request v: 1 3/3 0/1', 'request w: 1 2/3 0/1']);
  });

  it('one failed sample: what differs in every exchange is not told', () => {
    expect(lines([x(h('date:1', 'x-request-id:7', 'v:1'))], [x(h('date:2', 'x-request-id:8', 'v:2'))])).toEqual(['request v: 1 1/1 0/1']);
  });

  it('has columns too, and nothing to say without samples of both', () => {
    const failed = [x([], [], { 'client.address': '10.0.0.9' }), x([], [], { 'client.address': '10.0.0.9' })];
    expect(lines(failed, [x([], [], { 'client.address': '10.0.0.1' })])).toEqual(['exchange client address: 10.0.0.9 2/2 0/1']);
    expect(findShared(failed, [])).toEqual({ shared: [], failed: 2, good: 0 });
  });
});

const exchange = fc
  .array(fc.record({ name: fc.constantFrom('a', 'b', 'C'), value: fc.constantFrom('1', '2', '3'), action: fc.constantFrom('keep', 'presence') }), { maxLength: 5 })
  .map((fields) => x(fields));
const samples = fc.array(exchange, { minLength: 1, maxLength: 4 });

describe('for any samples', () => {
  const has = (e: Exchange, name: string, text: string): boolean => e['http.request.headers'].some((f) => f.name.toLowerCase() === name && f.action === 'keep' && f.value === text);

  it('the counts are what counting by hand gives, and no good one has it', () => {
    fc.assert(
      fc.property(samples, samples, (failed, good) => {
        for (const s of findShared(failed, good).shared) {
          const count = (list: Exchange[]): number =>
            list.filter((e) => {
              const sent = e['http.request.headers'].some((f) => f.name.toLowerCase() === s.name);
              return s.kind === 'absent' ? !sent : s.kind === 'present' ? sent : has(e, s.name, s.text);
            }).length;
          expect([s.failed, s.good]).toEqual([count(failed), 0]);
          expect(count(good)).toBe(0);
          expect(s.failed * 2).toBeGreaterThan(failed.length);
        }
      }),
    );
  });
  it('a value planted in all failed and no good one is always found', () => {
    fc.assert(
      fc.property(samples, samples, (failed, good) => {
        const planted = failed.map((e) => x([...e['http.request.headers'], ...h('x-cause:yes')]));
        expect(findShared(planted, good).shared.some((s) => s.name === 'x-cause' && s.text === 'yes' && s.failed === failed.length)).toBe(true);
      }),
    );
  });
  it('the order of the samples does not matter', () => {
    fc.assert(
      fc.property(samples, samples, (failed, good) => {
        expect(findShared(failed.toReversed(), good.toReversed())).toEqual(findShared(failed, good));
      }),
    );
  });
});

it('without any response the headers it lacks are no news', () => {
  const broken = x(h('v:1'), [], { 'error.type': 'connection_closed' });
  expect(lines([broken, broken], [x(h('v:1'), h('server:a'), { 'http.response.status_code': 200 })])).toEqual([]);
});
