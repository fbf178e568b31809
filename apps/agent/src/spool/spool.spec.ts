import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { BatchAccount } from '@headwater/header-event';
import { realDisk } from './disk.ts';
import type { Disk } from './disk.ts';
import { Spool } from './spool.ts';

const scratch = mkdtempSync(join(tmpdir(), 'hw-spool-spec-'));
let n = 0;
const fresh = (): string => join(scratch, `s${++n}`);
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const accountOf = (rows: number): BatchAccount => {
  const side = { started: rows, emitted: rows, filtered: {}, lost: {}, in_flight: 0 };
  return { watermark_unix_ms: 1, since_unix_ms: 0, until_unix_ms: 1, request: side, response: side, exchanges: rows, unread: {}, coverage: 1, source: 'live' };
};
const batch = (rows: number, bytes: number) => ({ number: null, account: accountOf(rows), value: new Uint8Array(bytes).fill(rows) });

function open(dir: string, incarnation = 'i-1', more: { maxBytes?: number; disk?: Disk; said?: string[]; now?: number } = {}): Spool {
  let seq = 0;
  const say = (level: string, _: unknown, message: string): void => void more.said?.push(`${level}: ${message}`);
  return new Spool(
    {
      dir,
      maxBytes: more.maxBytes ?? 1_000_000,
      maxAgeMs: 60_000,
      identity: { hostId: 'h', incarnation },
      nextPlace: (_, exchanges) => ({ seq: ++seq, before: 0, exchanges }),
      say,
      ...(more.disk ? { disk: more.disk } : {}),
    },
    more.now ?? 0,
  );
}

describe('the directory of a spool', () => {
  it('is made for its owner alone, and one that is open to others is refused with the fix', async () => {
    const dir = fresh();
    await open(dir).close();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    chmodSync(dir, 0o750);
    expect(() => open(dir)).toThrow(/spool\.dir .* mode 750 .*chmod 700/);
  });

  it('belongs to one process, named by its pid; the lock of one that is gone is taken over', async () => {
    const dir = fresh();
    const first = open(dir);
    expect(() => open(dir)).toThrow(new RegExp(`used by another agent \\(pid ${process.pid}\\)`));
    await first.close();
    const other = spawn('sleep', ['60']);
    const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: other.pid, start: stat[19], boot }));
    expect(() => open(dir)).toThrow(new RegExp(`pid ${other.pid}\\)`));
    const gone = new Promise((ok) => other.once('exit', ok));
    other.kill('SIGKILL');
    await gone;
    await open(dir).close();
    // The same pid, but of another process or another boot.
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: process.pid, start: '1', boot }));
    await open(dir).close();
    writeFileSync(join(dir, 'lock'), 'torn');
    await open(dir).close();
    expect(existsSync(join(dir, 'lock'))).toBe(false);
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('what an agent leaves', () => {
  it('is sent by the next: under the number it was offered under, else under a number of that agent', async () => {
    const dir = fresh();
    const first = open(dir, 'i-1');
    first.append({ ...batch(1, 100), number: { incarnation: 'i-1', seq: 41 } }, 0);
    first.append(batch(2, 100), 0);
    first.append(batch(3, 100), 0);
    const offered = await first.head(1_200, 0); // and then the agent dies: nobody knows whether they arrived
    expect(offered.map((b) => b.place.seq)).toEqual([41]);
    const both = await first.head(2_300, 0);
    expect(both.map((b) => [b.identity.incarnation, b.place.seq])).toEqual([
      ['i-1', 41],
      ['i-1', 1],
    ]);
    await first.close();

    const second = open(dir, 'i-2');
    const left = await second.head(1_000_000, 0);
    expect(left.map((b) => [b.identity.incarnation, b.place.seq, b.value?.[0]])).toEqual([
      ['i-1', 41, 1],
      ['i-1', 1, 2],
      ['i-2', 1, 3],
    ]);
    second.delivered(left.map((b) => b.entry));
    expect([second.batches, second.bytes]).toEqual([0, 0]);
    await second.close();
  });

  it('keeps what was ticked off ticked off', async () => {
    const dir = fresh();
    const first = open(dir);
    for (let i = 1; i <= 5; i++) first.append(batch(i, 100), 0);
    const head = await first.head(2_500, 0);
    first.delivered(head.map((b) => b.entry));
    await first.close();
    const second = open(dir, 'i-2');
    expect((await second.head(1_000_000, 0)).map((b) => b.value?.[0])).toEqual([3, 4, 5]);
    await second.close();
  });
});

describe('damage', () => {
  /** Three batches of 1, 2 and 4 rows; `harm` is done to their file; what the next agent sends of it. */
  async function after(harm: (file: string, at: number[]) => void): Promise<{ values: number[]; lost: number; counted: number; said: string[] }> {
    const dir = fresh();
    const first = open(dir);
    const at = [1, 2, 4].map((rows) => {
      const entry = first.append(batch(rows, 5_000), 0);
      if (typeof entry === 'string') throw new Error(entry);
      return entry.at;
    });
    await first.close();
    const file = join(dir, readdirSync(dir).find((f) => f.endsWith('.seg')) ?? '');
    harm(file, at);
    const said: string[] = [];
    const second = open(dir, 'i-2', { said });
    const head = await second.head(1e6, 0);
    for (const b of head) expect(b.identity.hostId).toBe('h');
    const counted = second.lostInherited.spool_corrupt?.request ?? 0;
    second.delivered(head.map((b) => b.entry));
    expect([second.batches, second.bytes]).toEqual([0, 0]);
    await second.close();
    return {
      values: head.flatMap((b) => (b.value ? [b.value[0] ?? -1] : [])),
      lost: head.reduce((sum, b) => sum + (b.account.request.lost['spool_corrupt'] ?? 0), 0),
      counted,
      said,
    };
  }
  const flip = (file: string, at: number): void => {
    const bytes = readFileSync(file);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  };

  it('a torn tail: what its head still says is counted lost, and the rest is whole', async () => {
    const cutAt = (offset: number) => after((file, at) => truncateSync(file, (at[2] ?? 0) + offset));
    expect(await cutAt(0)).toMatchObject({ values: [1, 2], lost: 0, counted: 0, said: [expect.stringMatching(/^info/)] });
    for (const inHead of [1, 127]) expect(await cutAt(inHead)).toMatchObject({ values: [1, 2], lost: 0, counted: 0 });
    for (const inBody of [128, 140, 300]) expect(await cutAt(inBody)).toMatchObject({ values: [1, 2], lost: 4, counted: 4 });
    for (const inValue of [1_000, 5_000]) expect(await cutAt(inValue)).toMatchObject({ values: [1, 2], lost: 4, counted: 4 });
  });

  it('a record in the middle: its value, its account, its head', async () => {
    expect(await after((file, at) => flip(file, (at[1] ?? 0) + 3_000))).toMatchObject({ values: [1, 4], lost: 2, counted: 2 });
    expect(await after((file, at) => flip(file, (at[1] ?? 0) + 200))).toMatchObject({ values: [1, 4], lost: 2, counted: 2 });
    // Nobody knows what was in there; the next record is found, and the log says that one is missing.
    const unknown = await after((file, at) => flip(file, (at[1] ?? 0) + 16));
    expect(unknown).toMatchObject({ values: [1, 4], lost: 0 });
    expect(unknown.said.join()).toMatch(/torn or damaged/);
  });
});

describe('bounds', () => {
  it('over its bytes the oldest go, in one account, and an offered one by its own number', async () => {
    const spool = open(fresh(), 'i-1', { maxBytes: 1_000_000 });
    spool.append({ ...batch(1, 60_000), number: { incarnation: 'i-1', seq: 900 } }, 0);
    for (let i = 2; i <= 40; i++) spool.append(batch(i, 60_000), 0);
    expect(spool.bytes).toBeLessThanOrEqual(1_000_000);
    const kept = 15;
    expect(spool.lost.spool_full?.request).toBe((25 * 26) / 2);
    const all = [];
    for (let head = await spool.head(1e9, 0); head.length > 0; head = await spool.head(1e9, 0)) {
      all.push(...head);
      spool.delivered(head.map((b) => b.entry));
    }
    expect(all.filter((b) => b.value).map((b) => b.value![0])).toEqual(Array.from({ length: kept }, (_, i) => 26 + i));
    const losses = all.filter((b) => !b.value);
    expect(losses.find((b) => b.place.seq === 900)?.account.request).toMatchObject({ started: 1, emitted: 0, lost: { spool_full: 1 } });
    expect(losses.reduce((sum, b) => sum + (b.account.request.lost['spool_full'] ?? 0), 0)).toBe((25 * 26) / 2);
    await spool.close();
  });

  it('what is too old goes (spool_age), once', async () => {
    const spool = open(fresh());
    spool.append(batch(5, 100), 0);
    spool.expire(59_999);
    expect(spool.lost).toEqual({});
    spool.expire(60_001);
    expect(spool.lost).toEqual({ spool_age: { request: 5, response: 5 } });
    spool.expire(600_000);
    const head = await spool.head(1e6, 600_000);
    expect(head.map((b) => [b.value, b.account.request.lost])).toEqual([[null, { spool_age: 5 }]]);
    expect(spool.lost).toEqual({ spool_age: { request: 5, response: 5 } });
    await spool.close();
  });

  it('a disk that fails is said once, takes nothing, and is asked again later', async () => {
    const said: string[] = [];
    let works = true;
    const disk: Disk = {
      ...realDisk,
      write: (...a) => {
        if (!works) throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
        return realDisk.write(...a);
      },
    };
    const spool = open(fresh(), 'i-1', { disk, said });
    spool.append(batch(1, 100), 0);
    const before = spool.bytes;
    works = false;
    for (let i = 0; i < 5; i++) expect(spool.append(batch(2, 100), i * 20_000)).toBe('spool_error');
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^error: the spool cannot be written/);
    expect([spool.bytes, spool.batches]).toEqual([before, 1]);
    works = true;
    expect(spool.append(batch(3, 100), 81_000)).toBe('spool_error');
    expect(spool.append(batch(3, 100), 91_000)).toBeTypeOf('object');
    await spool.close();
  });
});
