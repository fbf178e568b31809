import { HostAccount } from '@headwater/sketch';
import { expect, it } from 'vitest';
import { advance, emptyMemory } from './advance.ts';
import { DEFAULTS } from './built-in.ts';
import { hostMinute } from './facts.ts';
import { HOUR_MS, MINUTE_MS } from './history.ts';
import { evaluateHosts } from './hosts.ts';
import type { HostFacts } from './port.ts';
import { T } from './testing/facts.ts';

const SILENT = { id: 'silent', ...DEFAULTS.agent_silent };
const LOSS = { id: 'loss', ...DEFAULTS.capture_incomplete };
const host = (more: Partial<HostFacts>): HostFacts => ({ host: 'h1', seenMs: T, ended: false, minutes: [], ...more });

it('an agent is silent after its time, not when it said goodbye, and not when nothing was ever heard', () => {
  const at = (h: HostFacts, s: number) => evaluateHosts([SILENT], [h], T + s * 1000);
  expect(at(host({}), 59)).toEqual([]);
  expect(at(host({}), 60)).toMatchObject([{ subject: { host: 'h1' }, values: { silent_seconds: 60 }, title: 'h1: its agent has not been heard for 60 seconds' }]);
  expect(at(host({ ended: true }), 600)).toEqual([]);
  expect(at(host({ seenMs: null }), 600)).toEqual([]);
  expect(at(host({ host: 'a\nb\u202e' }), 200)[0]!.title).toBe('a b: its agent has not been heard for 3 minutes');
  expect(evaluateHosts([SILENT], [host({}), host({ host: 'h2' })], T + 90_000)[0]!.description).toContain('All 2 hosts are silent: look at the bus');
});

it('opens once, is held while nothing is known of the host, resolves when it is heard again, else expires', () => {
  const step = (memory: Parameters<typeof advance>[0], h: HostFacts[], ms: number) => advance(memory, evaluateHosts([SILENT], h, ms), [SILENT], ms, h);
  const opened = step(emptyMemory(T), [host({})], T + 70_000);
  expect(opened.transitions).toMatchObject([{ event: 'opened', alert: { kind: 'agent_silent', opening_window: { start: new Date(T + MINUTE_MS).toISOString() } } }]);
  expect(step(opened.memory, [host({})], T + 80_000)).toMatchObject({ transitions: [], updated: [{ revision: 2, last_values: { silent_seconds: 80 } }] });
  const gone = step(opened.memory, [], T + 20 * MINUTE_MS);
  expect(gone.transitions).toEqual([]);
  expect(step(gone.memory, [], T + 25 * HOUR_MS).transitions).toMatchObject([{ event: 'resolved', alert: { resolution: 'expired' } }]);
  expect(step(opened.memory, [host({})], T + 25 * HOUR_MS).transitions).toMatchObject([{ event: 'resolved', alert: { resolution: 'expired' } }]);
  expect(step(emptyMemory(T), [host({})], T + 25 * HOUR_MS).transitions).toEqual([]);
  let back = step(gone.memory, [host({ seenMs: T + 21 * MINUTE_MS })], T + 21 * MINUTE_MS);
  expect(back.transitions).toMatchObject([{ event: 'resolved', alert: { resolution: 'recovered' } }]);
  // Evaluated every ten seconds it takes a minute, too.
  let memory = gone.memory;
  let evaluations = 0;
  for (let ms = T + 20 * MINUTE_MS + 10_000; evaluations === 0 || back.transitions.length === 0; ms += 10_000, evaluations++)
    memory = (back = step(memory, [host({ seenMs: ms })], ms)).memory;
  expect(evaluations).toBe(6);
});

it('capture is incomplete by its losses or by what it cannot read, above a floor', () => {
  const minutes = (n: number, lost: number, unread: number) => Array.from({ length: 10 }, (_, i) => ({ startMs: T + i * MINUTE_MS, started: n, lost, read: n, known: n + unread }));
  const at = (m: HostFacts['minutes']) => evaluateHosts([LOSS], [host({ minutes: m })], T + 10 * MINUTE_MS);
  expect(at(minutes(1000, 10, 0))).toEqual([]);
  expect(at(minutes(1000, 11, 0))).toMatchObject([{ values: { lost: 110, started: 10_000, lost_ratio: 0.011 }, complete: false }]);
  expect(at(minutes(99, 50, 50))).toMatchObject([{ title: 'h1: 66.4 % of 1,490 exchanges read in 10 minutes' }]);
  expect(at(minutes(50, 50, 40))).toEqual([]);
  expect(evaluateHosts([LOSS], [host({ minutes: minutes(1000, 500, 0) })], T + 25 * MINUTE_MS)).toEqual([]);
});

it('a batch that never came weighs what the others held; one that came after all weighs nothing', () => {
  const account = new HostAccount('h1');
  account.request.started = account.response.started = 500;
  account.request.lost.set('ring_full', 5);
  account.coverageRead = 500;
  account.coverageKnown = 520;
  account.batches = 10;
  account.lostBatches.set('sequence_gap', 3).set('sequence_gap_filled', 1);
  expect(hostMinute(account, T)).toEqual({ startMs: T, started: 1200, lost: 205, read: 500, known: 520 });
});
