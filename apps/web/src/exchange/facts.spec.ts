import { describe, expect, it } from 'vitest';
import type { Exchange } from './exchange.ts';
import { exchangeFacts, pairFacts } from './facts.ts';

const x = (more: Record<string, unknown>): Exchange => ({ start_time: '2026-11-22T10:00:00.000000000Z', 'http.request.headers': [], 'http.response.headers': [], ...more });
const marked = (a: Record<string, unknown>, b: Record<string, unknown>): string[] => pairFacts(x(a), x(b)).flatMap((f) => (f.differs ? [f.id] : []));

describe('the facts of an exchange', () => {
  it('leave out what is not known', () => {
    const facts = exchangeFacts(x({ 'http.response.status_code': 200, 'headwater.ttfb_ns': 1_500_000, 'headwater.flags': ['gap', 'of_tomorrow'] }));
    expect(facts.map((f) => `${f.id} ${f.value}`).filter((f) => !f.startsWith('time'))).toEqual(['outcome 200', 'ttfb 1.5\u00a0ms', 'flags bytes missing, of tomorrow']);
    expect(exchangeFacts(x({ 'error.type': 'connection_reset' }))[0]?.value).toBe('no response: connection_reset');
  });

  it('a long exchange is open until its end was seen; an end alone says when it ended', () => {
    const told = (more: Record<string, unknown>) =>
      exchangeFacts(x({ 'http.response.status_code': 200, ...more })).flatMap((f) => (f.id === 'time' ? [f.label] : f.id === 'total' ? [f.value] : []));
    expect(told({ 'headwater.phase': 'begin' })).toEqual(['Began', 'still open when it was kept']);
    expect(told({ 'headwater.phase': 'complete', 'headwater.total_ns': 2e9 })).toEqual(['Began', '2\u00a0s']);
    expect(told({ 'headwater.phase': 'end', 'headwater.total_ns': 2e9 })).toEqual(['Ended', '2\u00a0s']);
  });

  it('times and sizes differ only when they tell something, texts always', () => {
    expect(marked({ 'headwater.ttfb_ns': 100 }, { 'headwater.ttfb_ns': 400 })).toEqual([]);
    expect(marked({ 'headwater.ttfb_ns': 100 }, { 'headwater.ttfb_ns': 500 })).toEqual(['ttfb']);
    expect(marked({ 'http.request.size': 10 }, { 'http.request.size': 19 })).toEqual([]);
    expect(marked({ 'http.request.size': 20 }, { 'http.request.size': 10 })).toEqual(['request']);
    expect(marked({ 'client.address': '10.0.0.1' }, { 'client.address': '10.0.0.2' })).toEqual(['client']);
    expect(marked({ 'headwater.unit': 'a.service' }, {})).toEqual(['unit']);
    expect(marked({ start_time: '2026-11-22T10:00:00.000000000Z' }, { start_time: '2026-11-22T10:00:09.000000000Z' })).toEqual([]);
  });
});
