import type { AgentStatus } from '@headwater/header-event';
import { expect, it } from 'vitest';
import { heard, type StoredAgent } from './agent-status.ts';

const beat = (incarnation: string): AgentStatus => ({
  host: 'h',
  incarnation,
  version: '0',
  started_at: '',
  seen_at: '',
  hooks: '',
  scope: [],
  policy: '',
  source: 'live',
  losses: {},
  filtered: {},
  exchanges: 0,
  coverage: 1,
  lag_ms: 0,
  kernel: '',
});
const after = (...beats: [string, number][]): StoredAgent => beats.reduce<StoredAgent | null>((before, [i, at]) => heard(before, beat(i), at), null)!;

it('a restart is no conflict; two that go on speaking are, until one has been silent for 30 s', () => {
  expect(after(['a', 0], ['a', 5_000], ['b', 7_000], ['b', 12_000]).conflicts).toEqual([]);
  const both = after(['a', 0], ['b', 1_000], ['a', 5_000]);
  expect([both.incarnation, both.conflicts]).toEqual(['a', ['b']]);
  expect(heard(both, beat('b'), 6_000).conflicts).toEqual(['a']);
  expect(heard(both, beat('a'), 40_000).conflicts).toEqual([]);
});

it('a farewell is kept, that of one that was replaced meanwhile is not', () => {
  const farewell: AgentStatus = { ...beat('a'), ended: true };
  expect(heard(after(['a', 0]), farewell, 5_000)).toMatchObject({ incarnation: 'a', ended: true });
  expect(heard(after(['a', 0], ['b', 1_000]), farewell, 5_000)).toMatchObject({ incarnation: 'b', conflicts: [] });
  expect(heard(heard(after(['a', 0]), farewell, 5_000), beat('b'), 6_000).ended).toBeUndefined();
});
