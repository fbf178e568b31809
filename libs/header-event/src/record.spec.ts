import { describe, expect, it } from 'vitest';
import { EventColumnsBuilder } from './builder.ts';
import { fnv1a32, partitionFor } from './partition.ts';
import { makeRecord, openRecord, recordCrc } from './record.ts';
import type { BatchAccount } from './schema.ts';
import { nanosFromRfc3339, nsToMs, rfc3339FromNanos, wideToBigInt, wideToNumber } from './time.ts';

const starts = { started: 3, emitted: 1, filtered: { scope: 1 }, lost: { ring_full: 1 }, in_flight: 0 };
const account: BatchAccount = {
  watermark_unix_ms: 5,
  since_unix_ms: 1,
  until_unix_ms: 5,
  request: starts,
  response: starts,
  exchanges: 1,
  unread: {},
  coverage: 1,
  source: 'live',
};
const columns = new EventColumnsBuilder().add({ start_time: 1n, 'service.name': 'shop' }).finish();
const record = makeRecord({ identity: { hostId: 'host/1', incarnation: 'abc' }, seq: 7, columns, account });

const refused = (code: string, headers: Record<string, string | undefined>, value = record.value) => {
  const merged = Object.fromEntries(Object.entries({ ...record.headers, ...headers }).filter(([, v]) => v !== undefined)) as Record<string, string>;
  expect(() => openRecord({ headers: merged, value })).toThrow(expect.objectContaining({ code }));
};
const withAccount = (change: object) => {
  const text = JSON.stringify({ ...account, ...change });
  return { 'headwater-account': text, 'headwater-crc32': recordCrc(text, record.value) };
};

describe('record framing', () => {
  it('opens what it made', () => {
    expect(openRecord(record)).toEqual({ identity: { hostId: 'host/1', incarnation: 'abc' }, seq: 7, account, columns });
  });
  it('refuses by code', () => {
    refused('missing_header', { 'content-type': undefined });
    refused('foreign', { 'content-type': 'application/json' });
    refused('newer_schema', { 'headwater-schema': '2' });
    refused('bad_header', { 'headwater-schema': 'x' });
    refused('missing_header', { 'headwater-account': undefined });
    refused('crc_mismatch', { 'headwater-crc32': '00000000' });
    refused('crc_mismatch', {}, record.value.slice(0, -1));
    refused('bad_header', { 'headwater-agent': 'no-slash' });
    refused('bad_header', { 'headwater-seq': '0' });
    refused('bad_account', withAccount({ exchanges: -1 }));
    refused('bad_account', withAccount({ coverage: 2 }));
    refused('bad_account', withAccount({ request: { ...starts, lost: { a: 'x' } } }));
    refused('bad_account', withAccount({ unread: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`r${i}`, 1])) }));
  });
});

describe('partition and 64-bit helpers', () => {
  it('FNV-1a 32 agrees with its published vectors', () => {
    expect([fnv1a32(''), fnv1a32('a'), fnv1a32('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
    expect(partitionFor('a', 12)).toBe(0xe40c292c % 12);
  });
  it('pairs of words become numbers and times', () => {
    const ns = nanosFromRfc3339('2026-11-22T19:00:00.123456789Z');
    const words = Uint32Array.of(Number(ns & 0xffffffffn), Number(ns >> 32n), 0xffffffff, 0xffffffff);
    expect(wideToBigInt(words, 0, true)).toBe(ns);
    expect(rfc3339FromNanos(ns)).toBe('2026-11-22T19:00:00.123456789Z');
    expect(nsToMs(words, 0)).toBeCloseTo(Number(ns / 1000n) / 1000, 2);
    expect(wideToNumber(words, 1)).toBe(-1);
    expect(wideToBigInt(words, 1, false)).toBe(2n ** 64n - 1n);
  });
});
