// An agent whose bus was away for ten minutes sends what it kept on disk beside what is live, and what an incarnation
// before it left there: over the whole pipeline and the embedded store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventBus } from '@headwater/event-bus';
import { EventColumnsBuilder, makeRecord, type BatchAccount } from '@headwater/header-event';
import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Outbox } from './close/outbox.ts';
import { Pipeline } from './pipeline.ts';
import { reportNothing } from './report/nothing.ts';

const T = 1_790_000_040_000; // begins a minute
const AT = { topic: 'events', partition: 0 };
const STEP = 10_000;
const RULES = { dirtyMaxBytes: 1e7, fencedPauseMs: 1, clampAheadMs: 60_000, silentAfterMs: 30_000, retentionMs: 86_400_000, closeAfterMs: 30_000 };
let dir: string;
let store: SummaryStore;
let state: StateStore;
let now: number;
let offset: number;

const bus = {
  incarnation: async () => 'one',
  ranges: async () => [{ partition: 0, earliest: 0, next: offset }],
  publish: async () => [],
} as unknown as EventBus;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'hw-backlog-'));
  store = await openSummaryStore({ kind: 'embedded', path: join(dir, 'store.db') });
  state = await openStateStore({ kind: 'embedded', path: join(dir, 'state.db') });
  offset = 0;
});
afterEach(async () => {
  await store.end();
  await state.end();
  rmSync(dir, { recursive: true, force: true });
});

/** The batch of the step that begins at `ms`: one exchange, said of by the end of the step. */
function record(host: string, incarnation: string, seq: number, ms: number) {
  const starts = { started: 1, emitted: 1, filtered: {}, lost: {}, in_flight: 0 };
  const account: BatchAccount = {
    watermark_unix_ms: ms + STEP - 1,
    since_unix_ms: ms,
    until_unix_ms: ms + STEP - 1,
    request: starts,
    response: starts,
    exchanges: 1,
    unread: {},
    coverage: 1,
    source: 'live',
  };
  const columns = new EventColumnsBuilder().add({ start_time: BigInt(ms + 5) * 1_000_000n, 'service.name': `of-${host}`, 'http.response.status_code': 200 }).finish();
  const { value, headers } = makeRecord({ identity: { hostId: host, incarnation }, seq, columns, account });
  return { offset: offset++, timestampMs: now, key: host, value, headers };
}

/** Closed windows of a subject: start -> revision and contents; fails where something is open. */
async function closed<W>(subject: string, to: number, decode: (bytes: Uint8Array) => W): Promise<{ start: number; revision: number; window: W }[]> {
  const read = await store.read({ topic: 'events', resolution: '10s', start: T - 600_000, end: to, subjects: [subject] });
  return read
    .map((w) => {
      expect([w.start, w.partials.length]).toEqual([w.start, 0]);
      return { start: w.start, revision: w.closed!.revision, window: decode(w.closed!.bytes!) };
    })
    .sort((a, b) => a.start - b.start);
}

it('every exchange lands in its own window once, as a revision; no loss stays anywhere; nothing live waits for it', async () => {
  const p = new Pipeline(
    { bus, store, outbox: new Outbox(store, state, bus, 'events', 'summaries'), report: reportNothing },
    { topic: 'events', deadLetterTopic: 'dead', ...RULES },
    () => now,
  );
  now = T;
  await p.assigned([AT]);
  const log: ReturnType<typeof record>[] = [];
  let read = 0;
  p.subscription = { seek: async ({ offset: to }) => void (read = to) };
  // As a consumer does: where a commit was refused, because a closer took a window, it is sought back to what was not written.
  const settle = async (...records: ReturnType<typeof record>[]) => {
    log.push(...records);
    while (read < log.length) {
      const outcome = await p.batch({ ...AT, records: log.slice(read), highWatermark: offset });
      read = outcome.kind === 'seek' ? outcome.offset : log.length;
      await p.flush();
    }
    await p.close();
  };
  // One that was stopped three minutes before left three batches on the disk of `away`.
  const before = [0, 1, 2].map((i) => ({ seq: i + 1, ms: T - 200_000 + i * STEP }));
  const AWAY_FROM = 6;
  const AWAY_TO = 66;
  for (let step = 0; step < AWAY_FROM; step++) {
    now = T + (step + 1) * STEP;
    await settle(record('other', 'o', step + 1, now - STEP), record('away', 'a', step + 1, now - STEP));
  }
  for (let step = AWAY_FROM; step < AWAY_TO; step++) {
    now = T + (step + 1) * STEP;
    await settle(record('other', 'o', step + 1, now - STEP));
  }
  // While it was away the windows were closed without it.
  const without = await closed('h:', now - 60_000, HostsWindow.decode);
  expect(without.length).toBeGreaterThan(55);
  expect(without.at(-1)!.window.get('away')).toBeUndefined();

  // Live first, then the backlog in pieces between live batches, the newest piece first; then the incarnation before.
  let seq = AWAY_TO;
  const live = () => {
    now += STEP;
    seq++;
    return [record('other', 'o', seq, now - STEP), record('away', 'a', seq, now - STEP)];
  };
  await settle(...live());
  for (const [from, to] of [
    [40, AWAY_TO],
    [AWAY_FROM, 25],
    [25, 40],
  ] as const) {
    const piece = Array.from({ length: to - from }, (_, i) => record('away', 'a', from + i + 1, T + (from + i) * STEP));
    await settle(...piece, ...live());
  }
  await settle(...before.map(({ seq: n, ms }) => record('away', 'before', n, ms)), ...live());
  expect((await store.units('events'))[0]!.watermark).toBe(now - 1);
  for (let i = 0; i < 5; i++) await settle(...live());
  await p.end();

  const end = now - 40_000;
  const services = await closed('s:of-away', end, ServiceWindow.decode);
  expect(services.map((w) => w.start)).toEqual([...before.map(({ ms }) => ms - (ms % STEP)), ...Array.from({ length: (end - T) / STEP }, (_, i) => T + i * STEP)]);
  expect(services.every((w) => w.window.roleExchanges.server === 1)).toBe(true);
  const hosts = await closed('h:', end, HostsWindow.decode);
  for (const { start, window, revision } of hosts) {
    const away = window.get('away')!;
    const lost = Object.fromEntries(away.lostBatches);
    expect([start, away.exchanges, (lost['sequence_gap'] ?? 0) - (lost['sequence_gap_filled'] ?? 0)]).toEqual([start, 1, 0]);
    // Those that were closed while it was away have a revision that holds it.
    if (start >= T + AWAY_FROM * STEP && start < T + (AWAY_TO - 8) * STEP) expect(revision).toBeGreaterThan(1);
    expect(away.skewMinMs === Infinity || Math.abs(away.skewMinMs) <= 1).toBe(true);
  }
  expect(hosts.filter((w) => (w.window.get('away')!.lostBatches.get('sequence_gap') ?? 0) > 0)).toHaveLength(1);
});
