import { describe, expect, it } from 'vitest';
import type { Agent } from './account.ts';
import { cpuText, hooksText, policyText, refusedText, samplingNow, spoolText } from './facts.ts';
import { findingsOf, stateOf, verdict } from './verdict.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const fine: Agent = {
  host: 'web-1',
  version: '0.1.0',
  hooks: 'sock',
  hooks_why: null,
  policy_state: null,
  sampling: null,
  cpu_percent: null,
  cpu_ceiling_percent: null,
  spool: null,
  unread_by: null,
  scope: ['port=80'],
  policy: 'default@1',
  source: 'live',
  kernel: '6.12',
  incarnation: 'i1',
  started_at: '2026-11-22T08:00:00Z',
  exchanges: 1,
  losses: {},
  filtered: {},
  coverage: 1,
  lag_ms: 100,
  skew_ms: 3,
  seen_at: '2026-11-22T11:59:58Z',
  alive: true,
  conflicts: [],
  account: null,
};
const start = (lost: Record<string, number>) => ({ started: 10, emitted: 10, filtered: {}, lost, in_flight: 0 });
const account = (lost: Record<string, number>, lost_batches: Record<string, number> = {}): Agent['account'] => ({
  request: start(lost),
  response: start({}),
  exchanges: 10,
  batches: 1,
  lost_batches,
  clamped_times: 0,
  late_exchanges: 0,
  sampling: [],
});
const policies: NonNullable<Agent['policy_state']> = {
  host: 'shop@3',
  source: 'file',
  loaded_at: '2026-11-22T08:00:00Z',
  narrowing: { policy: 'fleet@7', key: 'k1', accepted_at: '2026-11-22T08:00:00Z' },
  refused: null,
};
const ids = (more: Partial<Agent>): string[] => findingsOf({ ...fine, ...more }, NOW).map((f) => f.id);

describe('what is not right about a host', () => {
  it('nothing', () => expect(ids({})).toEqual([]));
  it.each<[string, Partial<Agent>, string[]]>([
    ['silent', { alive: false, seen_at: '2026-11-22T11:50:00Z' }, ['silent']],
    ['two agents of one id', { conflicts: ['i2'] }, ['conflict']],
    ['loss', { account: account({ ring_full: 3 }) }, ['lossy']],
    ['batches that never came', { account: account({}, { sequence_gap: 2 }) }, ['batches']],
    ['batches that came late', { account: account({}, { sequence_gap: 2, sequence_gap_filled: -2 }) }, []],
    ['a clock behind', { skew_ms: 2_500 }, ['clock']],
    ['a clock ahead', { skew_ms: -60_000 }, ['clock']],
    ['lag', { lag_ms: 12_000 }, ['lag']],
    ['a silent host lags because it is silent', { alive: false, lag_ms: 12_000 }, ['silent']],
    ['coverage', { coverage: 0.8 }, ['blind']],
    ['a policy that was refused', { policy_state: { ...policies, refused: { policy: 'fleet@8', source: 'topic', reason: 'it widens', at: '2026-11-22T11:00:00Z' } } }, ['policy']],
    ['policies in order', { policy_state: policies }, []],
    ['a backlog', { spool: { bytes: 5e6, batches: 40, oldest_at: '2026-11-22T11:50:00Z' } }, ['backlog']],
    ['an empty spool', { spool: { bytes: 0, batches: 0, oldest_at: null } }, []],
    ['the governor', { sampling: { reason: 'governor', one_in: 8, since: '2026-11-22T11:50:00Z' } }, ['sampling']],
    ['a rate of the policy is no trouble', { sampling: { reason: 'policy', one_in: 8, since: '2026-11-22T11:50:00Z' } }, []],
    ['a replay', { source: 'replay' }, ['replay']],
    ['all at once, the worst first', { conflicts: ['x'], alive: false, coverage: 0.5, source: 'replay' }, ['conflict', 'silent', 'blind', 'replay']],
  ])('%s', (_, more, expected) => expect(ids(more)).toEqual(expected));

  it('names the largest reason and what to do about it', () => {
    const [finding] = findingsOf({ ...fine, account: account({ late: 1, ring_full: 30 }) }, NOW);
    expect(finding?.text).toMatch(/lost 31.requests.*no room in the ring/);
    expect(finding?.advice).toMatch(/^Give the agent more CPU/);
  });
});

describe('what an agent says of itself', () => {
  it('is in words, also where a version before says nothing', () => {
    expect([hooksText(fine), policyText(fine), cpuText(fine), samplingNow(fine), spoolText(fine, NOW), refusedText(fine, NOW)]).toEqual([
      'sock',
      ...Array.from({ length: 4 }, () => 'not said by this version of the agent'),
      null,
    ]);
    expect(hooksText({ hooks: 'syscall', hooks_why: 'asked for' })).toBe('syscall: asked for');
    expect(policyText({ policy_state: policies })).toMatch(/^its own file \(shop@3\), read .*; narrowed by fleet@7 of the fleet, signed by k1, since /);
    expect(policyText({ policy_state: { ...policies, source: 'built-in', narrowing: null } })).toBe('built in (shop@3)');
    expect(cpuText({ cpu_percent: 4.2, cpu_ceiling_percent: 5 })).toBe('4.2\u00a0% of a core, with the probe; ceiling 5\u00a0%');
    expect(cpuText({ cpu_percent: 4.2, cpu_ceiling_percent: 0 })).toMatch(/no ceiling$/);
    expect(samplingNow({ sampling: null, policy_state: policies })).toMatch(/^none/);
    expect(samplingNow({ sampling: { reason: 'governor', one_in: 8, since: '2026-11-22T11:50:00Z' }, policy_state: policies })).toMatch(/^1.in.8 by overhead ceiling since /);
    expect(spoolText({ spool: { bytes: 5e6, batches: 40, oldest_at: '2026-11-22T11:50:00Z' } }, NOW)).toBe('40\u00a0batches, 5\u00a0MB, the oldest of 10\u00a0min ago');
  });

  it('and which program could not be read', () => {
    const unread_by = [{ executable: 'redis', reason: 'uring', messages: 9 }];
    expect(findingsOf({ ...fine, coverage: 0.9, unread_by }, NOW)[0]?.text).toMatch(/^10.% .* most of it of redis \(moved by io_uring\)$/);
  });
});

describe('the verdict', () => {
  const of = (agents: Agent[], lost: number): string => verdict(agents, new Map(agents.map((a) => [a.host, findingsOf(a, NOW)])), lost);
  it('is a sentence', () => {
    expect(of([fine], 0)).toBe('The one host reports, nothing was lost in this range.');
    expect(of([fine, { ...fine, host: 'b', alive: false }], 0)).toBe('1 of 2 hosts needs attention; nothing was lost in this range.');
    expect(of([{ ...fine, alive: false }], 5)).toBe('The one host needs attention; 5\u00a0exchanges lost in this range.');
    expect(of([{ ...fine, source: 'replay' }], 0)).toMatch(/replayed recording/);
  });
  it('the worst state leads', () => {
    expect(stateOf(findingsOf({ ...fine, alive: false, source: 'replay' }, NOW))).toEqual({ level: 'bad', text: 'Silent, Replaying', short: 'Silent +1', rank: 202 });
    expect(stateOf([])).toEqual({ level: 'good', text: 'Reporting', short: 'Reporting', rank: 0 });
  });
});
