import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeOf, summaryStoreContract } from '../contract.ts';
import { openSummaryStore, type SummaryStore } from '../index.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-summary-'));
afterAll(() => rmSync(dir, { recursive: true }));
const open = (name: string) => openSummaryStore({ kind: 'embedded', path: join(dir, name) });

describe('contract', () => {
  let store: SummaryStore;
  beforeAll(async () => void (store = await open('contract.db')));
  afterAll(() => store.end());
  summaryStoreContract(() => store);
});

const segment = { resolution: '10s', start: 0, subject: 's:a', bytes: new Uint8Array([1]), fresh: true } as const;
const commit = (epoch: number, from: number | null, to: number) => ({
  unit: { topic: 't', partition: 0 },
  epoch,
  expectedOffset: from,
  nextOffset: to,
  agents: new Uint8Array(0),
  watermark: 0,
  silent: [],
  at: 0,
});

describe('the file', () => {
  test('survives closing; two stores share it', async () => {
    const a = await open('shared.db');
    const b = await open('shared.db');
    const { epoch } = await a.claim({ topic: 't', partition: 0 }, 'bus');
    await a.commit({ ...commit(epoch, null, 1), segments: [segment] });
    expect(await b.read({ topic: 't', resolution: '10s', start: 0, end: 10_000 })).toHaveLength(1);
    await Promise.all([a.end(), b.end()]);
    const c = await open('shared.db');
    expect((await c.claim({ topic: 't', partition: 0 }, 'bus')).nextOffset).toBe(1);
    await c.end();
    expect(statSync(join(dir, 'shared.db')).mode & 0o777).toBe(0o600);
  });

  test('opened by many at the same first moment', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => open('race.db')));
    await Promise.all(stores.map((s, i) => s.claim({ topic: 't', partition: i }, 'bus')));
    expect(await stores[0]!.units('t')).toHaveLength(6);
    await Promise.all(stores.map((s) => s.end()));
  });

  test('of version 1 is brought up: what it closed is read as ever and becomes due', async () => {
    const store = await open('older.db');
    const unit = { topic: 't', partition: 0 };
    const start = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000);
    const key = { resolution: '10s', start, subject: 's:a' } as const;
    const claim = await store.claim(unit, 'bus');
    const common = { agents: new Uint8Array(), watermark: 0, silent: [], at: 0 };
    await store.commit({ ...common, unit, epoch: claim.epoch, expectedOffset: null, nextOffset: 1, segments: [{ ...key, bytes: new Uint8Array([1]), fresh: true }] });
    await store.close('t', closeOf(unit, claim, key, await store.take('t', key, unit)));
    await store.end();
    const db = new DatabaseSync(join(dir, 'older.db'));
    db.exec('DROP TABLE roll; DROP TABLE due; DROP TABLE counter; DROP TABLE floor; PRAGMA user_version = 1');
    db.close();
    const again = await open('older.db');
    expect((await again.read({ topic: 't', resolution: '10s', coarsest: '1h', start, end: start + 3_600_000 })).map((w) => w.resolution)).toEqual(['10s']);
    expect((await again.rollable(unit, '1m', start + 60_000, 10)).length).toBe(1);
    expect((await again.rollable(unit, '1h', start + 3_600_000, 10)).length).toBe(1);
    await again.end();
  });

  test('of a newer version is refused', async () => {
    const db = new DatabaseSync(join(dir, 'newer.db'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(open('newer.db')).rejects.toMatchObject({ code: 'newer_version', retryable: false, message: expect.stringContaining('99') });
  });

  test('that is no database is refused; one that cannot be reached is unreachable', async () => {
    writeFileSync(join(dir, 'text.db'), 'not a database at all, '.repeat(100));
    await expect(open('text.db')).rejects.toMatchObject({ code: 'corrupt' });
    await expect(open('text.db/below.db')).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  });

  test('without room: full, nothing half-written, and it goes on when there is room', async () => {
    const store = await open('full.db');
    const { epoch } = await store.claim({ topic: 't', partition: 0 }, 'bus');
    const segments = Array.from({ length: 200 }, (_, i) => ({ ...segment, subject: `s:${i}`, bytes: new Uint8Array(50_000) }));
    // A file system of 2 MB would need root: the worker's own limit on pages gives the same SQLITE_FULL.
    await limitPages(store, 300);
    await expect(store.commit({ ...commit(epoch, null, 1), segments })).rejects.toMatchObject({ code: 'full', retryable: true });
    expect(await store.read({ topic: 't', resolution: '10s', start: 0, end: 10_000 })).toEqual([]);
    expect((await store.units('t'))[0]!.nextOffset).toBeNull();
    await limitPages(store, 1_000_000);
    expect((await store.commit({ ...commit(epoch, null, 1), segments })).kind).toBe('ok');
    await store.end();
  });

  test('a write lock held elsewhere is waited for', async () => {
    const store = await open('locked.db');
    const { epoch } = await store.claim({ topic: 't', partition: 0 }, 'bus');
    const other = new DatabaseSync(join(dir, 'locked.db'));
    other.exec('BEGIN IMMEDIATE');
    setTimeout(() => other.exec('ROLLBACK'), 300);
    const began = performance.now();
    expect((await store.commit({ ...commit(epoch, null, 1), segments: [segment] })).kind).toBe('ok');
    expect(performance.now() - began).toBeGreaterThan(250);
    other.close();
    await store.end();
  });

  test('calls after end reject as unreachable', async () => {
    const store = await open('ended.db');
    await store.end();
    await store.end();
    await expect(store.ping()).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('a process that only opened and used it ends by itself (no thread keeps it alive)', () => {
    const source = `const {openSummaryStore} = await import(${JSON.stringify(new URL('../index.ts', import.meta.url).href)});
      const s = await openSummaryStore({kind:'embedded', path:${JSON.stringify(join(dir, 'exit.db'))}});
      await s.claim({topic:'t',partition:0},'bus'); console.log('claimed');`;
    const out = execFileSync(process.execPath, ['--conditions=@headwater/source', '--input-type=module', '-e', source], { timeout: 15_000, encoding: 'utf8' });
    expect(out).toBe('claimed\n');
  });
});

/** Reaches through to the worker's connection: max_page_count belongs to a connection, not to the file. */
async function limitPages(store: SummaryStore, pages: number): Promise<void> {
  await (store as unknown as { limitPages(n: number): Promise<void> }).limitPages(pages);
}
