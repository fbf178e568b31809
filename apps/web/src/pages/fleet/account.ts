import type { RowOf } from '../../api/client.ts';

export type Agent = RowOf<'/v1/fleet/agents'>;
export type Account = NonNullable<Agent['account']>;
type Start = Account['request'];

/** The account of a range, requests or responses: all that was under way or began is somewhere in the end. */
export interface Law {
  /** under way when the range began */
  before: number;
  started: number;
  emitted: number;
  filtered: number;
  lost: number;
  /** under way at the end, as the hosts said last */
  inFlight: number;
  /** before + started - emitted - filtered - lost - inFlight: 0 where the law holds */
  difference: number;
}

export const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

/** Batches that never came, of a record by reason: those that came late are taken back. */
export function missingBatches(lost: Readonly<Record<string, number>>): number {
  return Object.entries(lost).reduce((n, [reason, count]) => n + (reason === 'sequence_gap_filled' ? -Math.abs(count) : count), 0);
}

/**
 * `in_flight` is a state, not a sum: a range that begins in the middle of an agent's life takes over what was under way
 * then, so that belongs on the side of what has to be accounted for.
 */
export function lawOf(now: readonly Start[], before: readonly Start[]): Law {
  const law: Law = { before: 0, started: 0, emitted: 0, filtered: 0, lost: 0, inFlight: 0, difference: 0 };
  for (const s of before) law.before += s.in_flight;
  for (const s of now) {
    law.started += s.started;
    law.emitted += s.emitted;
    law.filtered += sum(s.filtered);
    law.lost += sum(s.lost);
    law.inFlight += s.in_flight;
  }
  law.difference = law.before + law.started - law.emitted - law.filtered - law.lost - law.inFlight;
  return law;
}

export interface FleetAccount {
  request: Law;
  response: Law;
  lost: Record<string, number>;
  filtered: Record<string, number>;
  lostBatches: Record<string, number>;
  batches: number;
  exchanges: number;
  clampedTimes: number;
  lateExchanges: number;
  /** by who asked for it: the strongest rate, and the exact counts of all hosts together */
  sampling: Account['sampling'];
  /** hosts that said something in the range */
  hosts: number;
}

const merge = (into: Record<string, number>, from: Readonly<Record<string, number>>): void => {
  for (const [reason, n] of Object.entries(from)) into[reason] = (into[reason] ?? 0) + n;
};

/** The account of some hosts in one; null when none of them said anything. `before`: the same hosts just before the range. */
export function fleetAccount(agents: readonly Agent[], before: readonly Agent[]): FleetAccount | null {
  const accounts = agents.flatMap((a) => (a.account === null ? [] : [a.account]));
  if (accounts.length === 0) return null;
  const hosts = new Set(agents.flatMap((a) => (a.account === null ? [] : [a.host])));
  const earlier = before.flatMap((a) => (a.account === null || !hosts.has(a.host) ? [] : [a.account]));
  const out: FleetAccount = {
    request: lawOf(
      accounts.map((a) => a.request),
      earlier.map((a) => a.request),
    ),
    response: lawOf(
      accounts.map((a) => a.response),
      earlier.map((a) => a.response),
    ),
    lost: {},
    filtered: {},
    lostBatches: {},
    batches: 0,
    exchanges: 0,
    clampedTimes: 0,
    lateExchanges: 0,
    sampling: [],
    hosts: accounts.length,
  };
  for (const a of accounts) {
    for (const side of [a.request, a.response]) {
      merge(out.lost, side.lost);
      merge(out.filtered, side.filtered);
    }
    merge(out.lostBatches, a.lost_batches);
    out.batches += a.batches;
    out.exchanges += a.exchanges;
    out.clampedTimes += a.clamped_times;
    out.lateExchanges += a.late_exchanges;
    for (const s of a.sampling) {
      const mine = out.sampling.find((o) => o.reason === s.reason);
      if (mine === undefined) out.sampling.push({ ...s });
      else {
        mine.one_in = Math.max(mine.one_in, s.one_in);
        mine.exchanges += s.exchanges;
        mine.kept += s.kept;
      }
    }
  }
  return out;
}

/** Why the law does not hold, or that it does, in a sentence. */
export function lawText(account: FleetAccount, restarted: boolean): { holds: boolean; text: string } {
  const { request, response } = account;
  if (request.difference === 0 && response.difference === 0) return { holds: true, text: 'Everything that started is accounted for.' };
  const missing = missingBatches(account.lostBatches);
  const why =
    missing > 0
      ? `${missing} lost ${missing === 1 ? 'batch took its' : 'batches took their'} part of the account along.`
      : restarted
        ? 'An agent was restarted in this range; what was under way then ended with it.'
        : 'Nothing explains it: please report it with the output of headwater-agent doctor.';
  return { holds: false, text: `The account does not add up. ${why}` };
}
