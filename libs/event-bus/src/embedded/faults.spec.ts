// Several processes on one file, a killed reader, a full disk, a damaged file.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Member, rec, until } from '../contract.ts';
import { openBus } from '../index.ts';
import type { BusSettings, TopicSettings } from '../index.ts';
import { SqliteLog, busErrorOf } from './log.ts';

const topic = (partitions: number, more: Partial<TopicSettings> = {}): TopicSettings => ({ name: 't', partitions, cleanup: 'delete', retentionMs: 3_600_000, ...more });
let dir: string;
let settings: Extract<BusSettings, { kind: 'embedded' }>;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'headwater-bus-'));
  settings = { kind: 'embedded', path: join(dir, 'bus.sqlite'), retentionMs: 86_400_000, retentionBytes: 1 << 30 };
});
afterEach(() => rmSync(dir, { recursive: true }));

it('another process reads what this one writes; killed with SIGKILL, its partitions are taken over at once', async () => {
  const bus = await openBus(settings);
  await bus.applyTopics([topic(2)], { dryRun: false });
  const child = fork(fileURLToPath(new URL('../testing/reader.ts', import.meta.url)), [JSON.stringify(settings), 'g', 't'], {
    execArgv: ['--conditions=@headwater/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const messages: { assigned?: number[]; batch?: string[]; revoked?: number[] }[] = [];
  child.on('message', (m) => messages.push(m as never));
  try {
    await until('the child to hold both', () => messages.flatMap((m) => m.assigned ?? []).length === 2);
    await bus.publish('t', [rec('a', { partition: 1 })]);
    await until('the child to read', () => messages.some((m) => m.batch?.includes('a')));
    const member = new Member();
    await bus.consume('g', ['t'], member);
    await until('one each', () => member.held.size === 1 && messages.some((m) => m.revoked?.length === 1));
    child.kill('SIGKILL');
    await exited;
    const killed = Date.now();
    await until('both here', () => member.held.size === 2);
    expect(Date.now() - killed).toBeLessThan(5_000);
  } finally {
    child.kill('SIGKILL');
    await bus.close();
  }
});

it('a full disk is `full` and retryable; what was published before stays, and it goes on when there is room', () => {
  const log = new SqliteLog(settings.path, { ms: -1, bytes: 1 << 30 });
  log.applyTopics([topic(1)], false);
  const { page_count: pages } = log.db.prepare('PRAGMA page_count').get() as { page_count: number };
  log.db.exec(`PRAGMA max_page_count = ${pages + 20}`);
  let published = 0;
  let failure: unknown;
  for (; published < 1000 && failure === undefined; published++) {
    try {
      log.publish('t', [rec('', { value: randomBytes(4000) })], [0], 1);
    } catch (error) {
      failure = busErrorOf(error);
    }
  }
  expect(failure).toMatchObject({ code: 'full', retryable: true });
  expect(log.ranges('t')).toEqual([{ partition: 0, earliest: 0, next: published - 1 }]);
  log.db.exec('PRAGMA max_page_count = 100000');
  expect(log.publish('t', [rec('more')], [0], 1)).toEqual([{ partition: 0, offset: published - 1 }]);
  log.close();
});

it('retention by size removes the oldest first and keeps the books', () => {
  const log = new SqliteLog(settings.path, { ms: -1, bytes: 50_000 });
  log.applyTopics([topic(1)], false);
  for (let i = 0; i < 100; i++) log.publish('t', [rec('', { value: randomBytes(1000) })], [0], i);
  log.enforceRetention(1_000);
  const [range] = log.ranges('t');
  expect(range).toEqual({ partition: 0, earliest: 50, next: 100 });
  expect(log.fetch('t', 0, 0).records[0]!.offset).toBe(50);
  const { bytes } = log.db.prepare('SELECT bytes FROM part').get() as { bytes: number };
  const { real } = log.db.prepare('SELECT sum(size) AS real FROM record').get() as { real: number };
  expect(bytes).toBe(real);
  log.close();
});

it('a compacted topic keeps the last record of each key', () => {
  const log = new SqliteLog(settings.path, { ms: 10, bytes: 1 << 30 });
  log.applyTopics([topic(1, { cleanup: 'compact', retentionMs: -1 })], false);
  for (const [key, text] of [
    ['a', '1'],
    ['b', '1'],
    ['a', '2'],
  ] as const)
    log.publish('t', [rec(text, { key })], [0], 0);
  log.enforceRetention(1e12);
  expect(log.fetch('t', 0, 0).records.map((r) => [r.offset, r.key])).toEqual([
    [1, 'b'],
    [2, 'a'],
  ]);
  log.close();
});

it('a file that is no log, or lost its end, is `corrupt`', async () => {
  writeFileSync(settings.path, 'this is not a database, whatever its name says. '.repeat(100));
  await expect(openBus(settings)).rejects.toMatchObject({ code: 'corrupt', retryable: false });
  rmSync(settings.path);
  const log = new SqliteLog(settings.path, { ms: -1, bytes: 1 << 30 });
  log.applyTopics([topic(1)], false);
  for (let i = 0; i < 50; i++) log.publish('t', [rec('', { value: randomBytes(9000) })], [0], 1);
  log.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  log.close();
  truncateSync(settings.path, 40_960);
  const bus = await openBus(settings).catch((error: unknown) => error);
  if (bus instanceof Error) expect(bus).toMatchObject({ code: 'corrupt' });
  else {
    await expect((bus as Awaited<ReturnType<typeof openBus>>).publish('t', [rec('', { value: randomBytes(9000) })])).rejects.toMatchObject({ code: 'corrupt' });
    await (bus as Awaited<ReturnType<typeof openBus>>).close();
  }
});

it('a place that cannot be written is `unreachable`', async () => {
  writeFileSync(join(dir, 'file'), '');
  await expect(openBus({ ...settings, path: join(dir, 'file', 'bus.sqlite') })).rejects.toMatchObject({ code: 'unreachable', retryable: true });
});
