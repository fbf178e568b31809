/** What every StateStore keeps. Run by each adapter on the real thing. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { StateStore } from './port.ts';

export function stateStoreContract(store: () => StateStore): void {
  const key = (name = '') => `k:${randomUUID().slice(0, 8)}:${name}`;

  test('what was set is got; the version changes with every write', async () => {
    const k = key();
    expect(await store().get(k)).toBeNull();
    await store().set(k, 'one');
    const a = (await store().get(k))!;
    expect(a).toEqual({ key: k, value: 'one', version: a.version });
    await store().set(k, 'one');
    const b = (await store().get(k))!;
    expect(b.version).toBeGreaterThan(a.version);
  });

  test.each(['', 'caf\u00e9 \u{1f600}', '{"a":[1,2]}', 'line\nline\u0000nul', 'x'.repeat(100_000)])('value %j survives', async (value) => {
    const k = key('\u00fc {odd} *?[a]');
    await store().set(k, value);
    expect((await store().get(k))?.value).toBe(value);
    expect((await store().list(k)).map((e) => e.value)).toEqual([value]);
  });

  test('delete answers whether there was something', async () => {
    const k = key();
    await store().set(k, 'x');
    expect([await store().delete(k), await store().delete(k), await store().get(k)]).toEqual([true, false, null]);
  });

  describe('compareAndSet', () => {
    test('writes only over the expected version', async () => {
      const k = key();
      expect(await store().compareAndSet(k, 1, 'no')).toBe(false);
      expect(await store().compareAndSet(k, null, 'first')).toBe(true);
      expect(await store().compareAndSet(k, null, 'no')).toBe(false);
      const { version } = (await store().get(k))!;
      expect(await store().compareAndSet(k, version, 'second')).toBe(true);
      expect(await store().compareAndSet(k, version, 'no')).toBe(false);
      expect((await store().get(k))!.value).toBe('second');
    });

    test('of many at once one wins', async () => {
      const k = key();
      const won = await Promise.all(Array.from({ length: 20 }, (_, i) => store().compareAndSet(k, null, `${i}`)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await store().get(k))!.value).toBe(String(won.indexOf(true)));
    });

    test('a version does not come back after delete or expiry', async () => {
      const k = key();
      await store().set(k, 'a');
      const first = (await store().get(k))!.version;
      await store().delete(k);
      await store().set(k, 'b', { ttlMs: 30 });
      const second = (await store().get(k))?.version ?? first + 1;
      await sleep(60);
      await store().set(k, 'c');
      const third = (await store().get(k))!.version;
      expect(second).toBeGreaterThan(first);
      expect(third).toBeGreaterThan(second);
      expect(await store().compareAndSet(k, first, 'no')).toBe(false);
    });
  });

  describe('time to live', () => {
    test('an expired entry is gone for every call', async () => {
      const k = key();
      for (const name of ['get', 'list', 'delete', 'cas', 'add']) await store().set(k + name, '5', { ttlMs: 800 });
      await store().set(k + 'stays', '5', { ttlMs: 60_000 });
      expect(await store().list(k)).toHaveLength(6);
      await sleep(900);
      expect(await store().get(`${k}get`)).toBeNull();
      expect((await store().list(k)).map((e) => e.key)).toEqual([`${k}stays`]);
      expect(await store().delete(`${k}delete`)).toBe(false);
      expect(await store().compareAndSet(`${k}cas`, null, 'new')).toBe(true);
      expect(await store().add(`${k}add`, 1)).toBe(1);
    });

    test('a write without ttl keeps for good; one with ttl starts anew', async () => {
      const k = key();
      await store().set(`${k}a`, '1', { ttlMs: 800 });
      await store().set(`${k}a`, '2');
      await store().set(`${k}b`, '1', { ttlMs: 800 });
      await store().set(`${k}b`, '2', { ttlMs: 60_000 });
      await store().set(`${k}c`, '1', { ttlMs: 800 });
      const { version } = (await store().get(`${k}c`))!;
      expect(await store().compareAndSet(`${k}c`, version, '2')).toBe(true);
      await sleep(900);
      expect((await store().list(k)).map((e) => e.value)).toEqual(['2', '2', '2']);
    });

    test('add: ttl counts from the first add', async () => {
      const k = key();
      expect(await store().add(k, 2, { ttlMs: 1_500 })).toBe(2);
      await sleep(800);
      expect(await store().add(k, 3, { ttlMs: 1_500 })).toBe(5);
      await sleep(800);
      expect(await store().get(k)).toBeNull();
      expect(await store().add(k, -1)).toBe(-1);
    });

    test.each([0, -1, 1.5, NaN])('ttlMs %d is refused', async (ttlMs) => {
      await expect(store().set(key(), 'x', { ttlMs })).rejects.toThrow(/ttlMs/);
    });
  });

  describe('add', () => {
    test('sums from many at once', async () => {
      const k = key();
      const sums = await Promise.all(Array.from({ length: 50 }, () => store().add(k, 2)));
      expect(Math.max(...sums)).toBe(100);
      expect(new Set(sums).size).toBe(50);
      expect((await store().get(k))!.value).toBe('100');
    });

    test('refuses what is not an integer, and sums that are not safe', async () => {
      const k = key();
      await expect(store().add(k, 0.5)).rejects.toThrow(RangeError);
      await store().set(k, 'words');
      await expect(store().add(k, 1)).rejects.toThrow(RangeError);
      expect((await store().get(k))!.value).toBe('words');
      await store().set(k, String(Number.MAX_SAFE_INTEGER));
      await expect(store().add(k, 1)).rejects.toThrow(RangeError);
      expect(await store().add(k, -1)).toBe(Number.MAX_SAFE_INTEGER - 1);
    });

    test('changes the version', async () => {
      const k = key();
      await store().add(k, 1);
      const { version } = (await store().get(k))!;
      await store().add(k, 1);
      expect(await store().compareAndSet(k, version, 'x')).toBe(false);
    });
  });

  test('list: by prefix, by key, nothing else', async () => {
    const k = key();
    for (const name of ['b', 'a', 'a1', 'B', '\u00e9', '%', '_']) await store().set(k + name, name);
    await store().set(`${k.slice(0, -1)}!`, 'sibling');
    expect((await store().list(k)).map((e) => e.value)).toEqual(['%', 'B', '_', 'a', 'a1', 'b', '\u00e9']);
    expect((await store().list(`${k}a`)).map((e) => e.value)).toEqual(['a', 'a1']);
    expect(await store().list(`${k}zz`)).toEqual([]);
  });

  test('ping', () => store().ping());
}
