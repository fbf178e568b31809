import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stateStoreContract } from '../contract.ts';
import { openStateStore, type StateStore } from '../index.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-state-'));
afterAll(() => rmSync(dir, { recursive: true }));
const open = (name: string) => openStateStore({ kind: 'embedded', path: join(dir, name) });

describe('contract', () => {
  let store: StateStore;
  beforeAll(async () => void (store = await open('contract.db')));
  afterAll(() => store.end());
  stateStoreContract(() => store);
});

test('several stores share the file', async () => {
  const [a, b] = await Promise.all([open('shared.db'), open('shared.db')]);
  await a.set('k', 'from a');
  expect((await b.get('k'))!.value).toBe('from a');
  const sums = await Promise.all([a, b, a, b].map((s) => s.add('n', 1)));
  expect(sums.sort()).toEqual([1, 2, 3, 4]);
  await Promise.all([a.end(), b.end()]);
  expect(statSync(join(dir, 'shared.db')).mode & 0o777).toBe(0o600);
});

test('writes sweep what has expired', async () => {
  const store = await open('sweep.db');
  await Promise.all(Array.from({ length: 30 }, (_, i) => store.set(`old:${i}`, 'x', { ttlMs: 20 })));
  await sleep(40);
  await store.set('a', 'x');
  await store.set('b', 'x');
  await store.end();
  const db = new DatabaseSync(join(dir, 'sweep.db'));
  expect(db.prepare('SELECT count(*) AS n FROM entry').get()!['n']).toBe(2);
  db.close();
});

test('a newer file, a foreign file and a missing folder are told apart', async () => {
  const db = new DatabaseSync(join(dir, 'newer.db'));
  db.exec('PRAGMA user_version = 99');
  db.close();
  await expect(open('newer.db')).rejects.toMatchObject({ code: 'newer_version', retryable: false });
  writeFileSync(join(dir, 'text.db'), 'not a database at all, '.repeat(100));
  await expect(open('text.db')).rejects.toMatchObject({ code: 'corrupt' });
  await expect(open('text.db/below.db')).rejects.toMatchObject({ code: 'unreachable', retryable: true });
});

test('calls after end reject as unreachable', async () => {
  const store = await open('ended.db');
  await store.end();
  await expect(store.get('k')).rejects.toMatchObject({ code: 'unreachable' });
});
