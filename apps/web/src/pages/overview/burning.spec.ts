import { describe, expect, it } from 'vitest';
import { burningSince, verdictOf, type Service } from './burning.ts';

const START = Date.UTC(2026, 10, 22, 10);
/** One step a minute; each [exchanges, server errors]. */
function series(...steps: [number, number][]): NonNullable<Service['series']> {
  return {
    t: steps.map((_, i) => new Date(START + i * 60_000).toISOString()),
    exchanges: steps.map(([n]) => n),
    client_errors: steps.map(() => 50),
    server_errors: steps.map(([, n]) => n),
    transport_errors: steps.map(() => 0),
    ttfb_p50_ms: steps.map(() => null),
    ttfb_p99_ms: steps.map(() => null),
  };
}
const service = (name: string, burn: number | null, ...steps: [number, number][]) => ({ service: name, burn_rate: burn, series: series(...steps) }) as Service;
const minute = (n: number) => START + n * 60_000;

const good = (n: number) => Array.from({ length: n }, (): [number, number] => [100, 0]);

describe('since when a service burns', () => {
  it('is the first bad step of the last stretch', () =>
    expect(burningSince(series([100, 9], ...good(6), [100, 9], [100, 9]), 0.001, 60)).toEqual({ ms: minute(7), orEarlier: false }));

  it('goes on while any 5 minutes of it are bad: a failure now and then is one stretch', () =>
    expect(burningSince(series(...good(6), [100, 1], [100, 0], [100, 0], [100, 0], [100, 1], [100, 0]), 0.001, 60)).toEqual({ ms: minute(6), orEarlier: false }));

  it('is not ended by silence', () =>
    expect(burningSince(series(...good(6), [100, 9], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [100, 9]), 0.001, 60)).toEqual({ ms: minute(6), orEarlier: false }));

  it('takes each step by itself where steps are longer than 5 minutes', () =>
    expect(burningSince(series([100, 9], [100, 0], [100, 9], [100, 9]), 0.001, 1_800)).toEqual({ ms: minute(2), orEarlier: false }));

  it('says when it began before the range', () => expect(burningSince(series([100, 1], [100, 9]), 0.001, 60)).toEqual({ ms: minute(0), orEarlier: true }));

  it('does not guess about before the first exchange', () => expect(burningSince(series([0, 0], [0, 0], [100, 9]), 0.001, 60)).toEqual({ ms: minute(2), orEarlier: false }));

  it('is nothing when all is within the budget, or all errors are the client’s', () => {
    expect(burningSince(series([10_000, 9], [10_000, 9]), 0.001, 60)).toBeNull();
    expect(burningSince(series([100, 0]), 0.001, 60)).toBeNull();
    expect(burningSince(undefined, 0.001, 60)).toBeNull();
  });
});

describe('the verdict', () => {
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');

  it('names the one service, how bad and since when', () => {
    const verdict = verdictOf([service('checkout', 42, ...good(6), [100, 5]), service('cart', 0.4, [100, 0])], 99.9, 60, minute(8));
    expect(verdict.bad).toBe(true);
    expect(verdict.title).toMatch(/^checkout overspends its error budget, since \d\d:\d\d$/);
    expect(plain(verdict.detail)).toBe('4.2 % of its exchanges failed in the last 5 minutes, 42× what the 99.9 % objective allows.');
  });

  it('counts several and names the worst', () => {
    const verdict = verdictOf([service('a', 42, [100, 0]), service('b', 2, [100, 0]), service('c', 0, [100, 0])], 99.9, 60, minute(3));
    expect(verdict.title).toBe('2 of 3 services overspend their error budget');
    expect(verdict.detail).toMatch(/^Worst is a/);
  });

  it('says that nothing burns, and who was silent', () => {
    expect(verdictOf([service('a', 0.2, [1, 0]), service('b', null, [1, 0])], 99.9, 60, minute(3))).toEqual({
      bad: false,
      title: 'Nothing is burning',
      detail: 'All 2 services keep the 99.9 % objective over the last 5 minutes. 1 had no exchange in the last 5 minutes.',
    });
    expect(verdictOf([service('a', null, [1, 0])], 99.9, 60, minute(3)).detail).toContain('None had an exchange');
  });
});
