import { describe, expect, it } from 'vitest';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import type { Claim, SegmentWrite } from '@headwater/summary-store';
import { attackBatch, batches } from './made-batches.ts';
import { inspect } from '../consume/inspect.ts';
import { foldColumns } from './fold-columns.ts';
import { UnitFold } from './unit-fold.ts';
import { HOSTS_SUBJECT, UNFOLDED_BYTES, Windows } from './windows.ts';
import type { EventRecord } from '@headwater/header-event';

const NOW = 1_790_000_600_000;
const RULES = { clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 30_000 };
const CLAIM: Claim = { epoch: 1, busIncarnation: 'x', nextOffset: null, agents: null, watermark: 0, open: [], floors: { '10s': 0, '1m': 0, '1h': 0 } };
const keyOf = (s: SegmentWrite): string => `${s.resolution} ${s.start} ${s.subject}`;

const arrived = (record: EventRecord, offset: number) => {
  const seen = inspect({ offset, timestampMs: NOW, key: 'h', value: record.value, headers: record.headers }, NOW);
  if ('bad' in seen) throw new Error(seen.bad.detail);
  return seen.ok;
};

describe('an attack on cardinality', () => {
  const BATCHES = 20;
  const ROWS = 500;
  it('memory, windows and segments stay bounded, and every exchange is counted', () => {
    const fold = new UnitFold(CLAIM, RULES, NOW);
    const stored = new Map<string, Uint8Array>();
    const sent = { server: 0, client: 0 };
    let clients = 0;
    let errors = 0;
    for (let n = 1; n <= BATCHES; n++) {
      const batch = arrived(attackBatch(n, { rows: ROWS, endMs: NOW, spreadMs: n % 2 === 0 ? 20_000 : 3_600_000, hosts: 10, services: 50_000 }), n);
      for (const role of batch.columns.columns['headwater.role']!) sent[role === 0 ? 'server' : 'client']++;
      expect(fold.fold(batch, NOW).folded).toBe(ROWS);
      if (fold.dirtyBytes < 8 << 20 && n < BATCHES) continue;
      const commit = fold.commit({ topic: 't', partition: 0 }, [], NOW);
      for (const s of commit.segments) stored.set(keyOf(s), s.bytes);
      fold.committed(commit, [], NOW);
      expect(fold.unfoldedBytes).toBeLessThanOrEqual(UNFOLDED_BYTES);
    }
    expect(fold.windowCount).toBeLessThan(20_000 + 2 * 361);
    const counted = { server: 0, client: 0 };
    const patterns = { server: 0, client: 0 };
    const most = { bytes: 0, patterns: 0, headers: 0, clients: 0, errorTypes: 0 };
    for (const [key, bytes] of stored) {
      most.bytes = Math.max(most.bytes, bytes.length);
      if (key.endsWith(` ${HOSTS_SUBJECT}`)) continue;
      const w = ServiceWindow.decode(bytes);
      most.patterns = Math.max(most.patterns, w.patternCount);
      most.headers = Math.max(most.headers, w.headerCount);
      most.clients = Math.max(most.clients, w.clientCount);
      counted.server += w.roleExchanges.server;
      counted.client += w.roleExchanges.client;
      for (const p of w.patterns()) {
        patterns[p.role] += p.exchanges;
        most.errorTypes = Math.max(most.errorTypes, p.errors.size);
        for (const n of p.errors.values()) errors += n;
      }
      for (const c of w.clients()) clients += c.exchanges;
    }
    expect(most.bytes).toBeLessThan(2 << 20);
    expect(most.patterns).toBeLessThanOrEqual(1000 + 2 * 502);
    expect(most.headers).toBeLessThanOrEqual(256 + 4);
    expect(most.clients).toBeLessThanOrEqual(128 + 1);
    expect(most.errorTypes).toBeLessThanOrEqual(17);
    expect(errors).toBe(BATCHES * ROWS);
    expect(counted).toEqual(sent);
    expect(patterns).toEqual(sent);
    expect(clients).toBe(sent.server);
    const hosts = [...stored].filter(([key]) => key.endsWith(` ${HOSTS_SUBJECT}`)).flatMap(([, bytes]) => [...HostsWindow.decode(bytes).hosts()]);
    expect(hosts.reduce((n, h) => n + h.exchanges, 0)).toBe(BATCHES * ROWS);
  }, 60_000);
});

describe('windows held as encoded', () => {
  it('give the same segments as windows that stay unfolded', () => {
    const made = batches(6, 100, 1, (i) => i + 1).map(arrived);
    const states = [0, UNFOLDED_BYTES].map((maxUnfolded) => {
      const windows = new Windows(maxUnfolded);
      const stored = new Map<string, Uint8Array>();
      for (let round = 0; round < 3; round++) {
        for (const { columns } of made) {
          const oldest = { '10s': 0, '1m': 0, '1h': 0 };
          foldColumns(columns, windows, NOW, { referenceMs: NOW, clampAheadMs: 60_000, oldest, sampled: false });
          for (const s of windows.changed()) stored.set(keyOf(s), s.bytes);
          windows.committed([]);
          windows.forget(0, 0);
        }
      }
      return { stored, unfolded: windows.unfoldedBytes };
    });
    expect(states[0]!.unfolded).toBe(0);
    expect(states[1]!.unfolded).toBeGreaterThan(0);
    expect([...states[0]!.stored.keys()]).toEqual([...states[1]!.stored.keys()]);
    for (const [key, bytes] of states[0]!.stored) expect(Buffer.compare(bytes, states[1]!.stored.get(key)!)).toBe(0);
  });

  it('many windows that have ended are forgotten at once, few after a while', () => {
    const windows = new Windows();
    for (let i = 0; i < 12_000; i++) windows.service(`s${i % 10}`, { resolution: '10s', start: 10_000 * Math.floor(i / 10) }, NOW);
    windows.changed();
    windows.committed([]);
    windows.forget(10_000_000, NOW - 60_000);
    expect(windows.size).toBe(10_000);
    windows.forget(10_000_000, NOW + 1);
    expect(windows.size).toBe(2_000);
  });
});
