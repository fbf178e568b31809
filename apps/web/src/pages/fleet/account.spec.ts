import { describe, expect, it } from 'vitest';
import { fleetAccount, lawOf, lawText, missingBatches, type Agent } from './account.ts';

const starts = (started: number, emitted: number, inFlight: number, lost: Record<string, number> = {}, filtered: Record<string, number> = {}) => ({
  started,
  emitted,
  filtered,
  lost,
  in_flight: inFlight,
});
const agent = (host: string, request: ReturnType<typeof starts>, more: Partial<NonNullable<Agent['account']>> = {}) =>
  ({
    host,
    account: { request, response: request, exchanges: request.emitted, batches: 1, lost_batches: {}, clamped_times: 0, late_exchanges: 0, sampling: [], ...more },
  }) as Agent;

describe('the account law of a range', () => {
  it('holds when the range takes over what was under way', () => {
    const law = lawOf([starts(100, 97, 4, { ring_full: 1 }, { interim: 2 })], [starts(50, 40, 4)]);
    expect(law).toEqual({ before: 4, started: 100, emitted: 97, filtered: 2, lost: 1, inFlight: 4, difference: 0 });
  });

  it('shows what is nowhere', () => {
    expect(lawOf([starts(10, 7, 1)], []).difference).toBe(2);
    expect(lawOf([starts(10, 12, 0)], []).difference).toBe(-2);
  });

  it('sums over hosts and takes only those before that are in it', () => {
    const now = [agent('a', starts(10, 9, 1)), agent('b', starts(5, 6, 0)), { host: 'c', account: null } as Agent];
    const before = [agent('b', starts(1, 0, 1)), agent('gone', starts(9, 0, 9))];
    const account = fleetAccount(now, before)!;
    expect([account.request.before, account.request.difference, account.hosts, account.exchanges]).toEqual([1, 0, 2, 15]);
    expect(lawText(account, false)).toEqual({ holds: true, text: 'Everything that started is accounted for.' });
    expect(fleetAccount([{ host: 'c', account: null } as Agent], [])).toBeNull();
  });

  it('sums what was sampled by who asked for it', () => {
    const sampled = (host: string, reason: string, one_in: number, exchanges: number) => agent(host, starts(1, 1, 0), { sampling: [{ reason, one_in, exchanges, kept: 1 }] });
    expect(fleetAccount([sampled('a', 'policy', 4, 10), sampled('b', 'policy', 2, 30), sampled('c', 'governor', 64, 5)], [])!.sampling).toEqual([
      { reason: 'policy', one_in: 4, exchanges: 40, kept: 2 },
      { reason: 'governor', one_in: 64, exchanges: 5, kept: 1 },
    ]);
  });

  it('says why it does not hold', () => {
    const off = (more: Partial<NonNullable<Agent['account']>>, restarted: boolean) => lawText(fleetAccount([agent('a', starts(10, 7, 1), more)], [])!, restarted).text;
    expect(off({ lost_batches: { sequence_gap: 3, sequence_gap_filled: -2 } }, false)).toMatch(/1 lost batch took its part/);
    expect(off({}, true)).toMatch(/restarted/);
    expect(off({}, false)).toMatch(/report it/);
  });

  it('batches that came after all are taken back, whichever sign they carry', () => {
    expect([missingBatches({ sequence_gap: 3, sequence_gap_filled: 2, retention: 1 }), missingBatches({ sequence_gap: 3, sequence_gap_filled: -3 })]).toEqual([2, 0]);
  });
});
