import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange, Sample } from '../../exchange/exchange.ts';
import { chosenText, parseChosen } from './chosen.ts';
import { BROKEN, BROKEN_SHORT } from './broken.ts';
import { eachOnce, errorTypes, type Failure } from './columns.tsx';
import { ratesOf } from './rate.ts';
import { pickSamples, sampleAt } from './samples.ts';

describe('the chosen route in the URL', () => {
  it('is read and written', () => {
    const word = fc.stringMatching(/^[!-~]{1,12}$/);
    fc.assert(
      fc.property(word, word, fc.stringMatching(/^[!-~]( ?[!-~]){0,6}$/), (method, route, service) => {
        expect(parseChosen(chosenText({ method, route, service }))).toEqual({ method, route, service });
      }),
    );
  });
  it('nothing else is a route', () => expect([parseChosen(''), parseChosen('GET'), parseChosen('GET /x')]).toEqual([null, null, null]));
});

describe('routes of several pages of a list', () => {
  const row = (route: string, exchanges: number) => ({ service: 'shop', method: 'GET', route, exchanges }) as Failure;
  it('are there once each, as they were read last', () => expect(eachOnce([row('/a', 10), row('/b', 5), row('/a', 12)]).map((f) => f.exchanges)).toEqual([12, 5]));
});

describe('the error rate over time', () => {
  const range = { start: '2026-11-22T10:00:00Z', end: '2026-11-22T10:00:40Z', step: 10 };
  const at = (s: number, exchanges: number) => ({ t: new Date(Date.parse(range.start) + s * 1_000).toISOString(), exchanges });
  it('has every step of the range, and none where nothing happened', () => {
    expect(ratesOf([at(0, 10), at(20, 4)], [at(20, 1), at(30, 2)], range)).toEqual({
      t: [0, 10, 20, 30].map((s) => Date.parse(range.start) + s * 1_000),
      exchanges: [10, null, 4, null],
      failed: [0, null, 1, null],
      ratio: [0, null, 0.25, null],
    });
  });
  it('is never above one, though the answers are of two moments', () => expect(ratesOf([at(0, 3)], [at(0, 4)], range).ratio[0]).toBe(1));
});

describe('which samples are held against each other', () => {
  const sample = (kept: Sample['kept'], status: number, seen_at: string, more: Record<string, unknown> = {}): Sample => ({
    kept,
    seen_at,
    exchange: { start_time: seen_at, 'http.request.headers': [], 'http.response.headers': [], 'http.response.status_code': status, ...more } as Exchange,
  });
  const samples = [
    sample('failed', 502, '5'),
    sample('good', 200, '4'),
    sample('failed', 401, '3'),
    sample('slow', 200, '2'),
    sample('slow', 200, '1', { 'error.type': 'connection_reset' }),
  ];

  it('failed ones of the outcome, and the good ones', () => {
    const picked = pickSamples(samples, 502);
    expect([picked.failed.map((s) => s.seen_at), picked.good.map((s) => s.seen_at), picked.goodKind]).toEqual([['5'], ['4'], 'good']);
    expect(pickSamples(samples, null).failed).toHaveLength(2);
  });
  it('slow ones that were answered where there is no good one', () => {
    const picked = pickSamples(
      samples.filter((s) => s.kept !== 'good'),
      401,
    );
    expect([picked.good.map((s) => s.seen_at), picked.goodKind]).toEqual([['2'], 'slow']);
  });
  it('the sample of the link, or the newest', () => {
    expect([sampleAt(samples, '3')?.seen_at, sampleAt(samples, 'gone')?.seen_at, sampleAt([], '1')]).toEqual(['3', '5', undefined]);
  });
});

describe('how an exchange broke', () => {
  const schema =
    Object.values(import.meta.glob<string>('../../../../../libs/header-event/schemas/header-event.v1.schema.json', { query: '?raw', import: 'default', eager: true }))[0] ?? '';
  const types = /why there is no whole response: ([a-z_, ]+)\./.exec(schema)?.[1]?.split(', ') ?? [];
  it('is in words whatever the event says, and can be chosen', () => {
    expect(types).toHaveLength(4);
    expect(Object.keys(BROKEN_SHORT).toSorted()).toEqual(types.toSorted());
    expect(new Set(BROKEN.flatMap((b) => ('error_type' in b.asked ? [b.asked.error_type] : [])))).toEqual(new Set(types));
  });
  it('is counted, the most frequent first', () =>
    expect(errorTypes({ error_types: { no_response: 1, connection_reset: 3, of_later: 2 } } as unknown as Failure)).toBe('3 reset, 2 of later, 1 no answer'));
});
