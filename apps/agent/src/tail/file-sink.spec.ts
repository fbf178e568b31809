import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileSink } from './file-sink.ts';

let dir: string;
let said: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hw-sink-'));
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const sinkOf = (rotateSize: number, rotateKeep: number, path = join(dir, 'out')): FileSink => new FileSink({ path, rotateSize, rotateKeep, say: (line) => said.push(line) });
const content = (name: string): string => readFileSync(join(dir, name), 'utf8');

it('puts the file aside by size and keeps so many, losing no line', async () => {
  const sink = sinkOf(20, 3);
  for (let i = 10; i < 24; i++) expect(sink.write(`line ${i}\n`)).toBe(true);
  await sink.end();
  // two lines of 8 bytes each fit in 20
  expect(readdirSync(dir).sort()).toEqual(['out', 'out.1', 'out.2', 'out.3']);
  expect(content('out.3') + content('out.2') + content('out.1') + content('out')).toBe([16, 17, 18, 19, 20, 21, 22, 23].map((n) => `line ${n}\n`).join(''));
  expect(statSync(join(dir, 'out')).mode & 0o777).toBe(0o600);
  expect(said).toEqual([]);
});

it('keeps none with 0, and a line larger than the size is a file of its own', async () => {
  const sink = sinkOf(20, 0);
  sink.write('a\n');
  sink.write(`${'b'.repeat(100)}\n`);
  sink.write('c\n');
  await sink.end();
  expect(readdirSync(dir)).toEqual(['out']);
  expect(content('out')).toBe('c\n');
});

it('goes on after what is there, and mends a half line', async () => {
  writeFileSync(join(dir, 'out'), '{"whole":1}\n{"half":');
  const sink = sinkOf(1000, 1);
  sink.write('{"next":2}\n');
  await sink.end();
  expect(content('out')).toBe('{"whole":1}\n{"half":\n{"next":2}\n');
});

it('a file that cannot be opened is refused with the fix', () => {
  mkdirSync(join(dir, 'd'));
  expect(() => sinkOf(1000, 1, join(dir, 'd'))).toThrow(/--output .*\/d cannot be written: EISDIR.*name a file/);
  expect(() => sinkOf(1000, 1, join(dir, 'no/such'))).toThrow(/ENOENT/);
});

it('a full disk costs rows and a line, no crash and no half line', async () => {
  const sink = sinkOf(1 << 20, 1, '/dev/full');
  expect(sink.write('x\n')).toBe(false);
  expect(sink.write('y\n')).toBe(false);
  await sink.end();
  expect(said).toEqual([expect.stringMatching(/^-- --output \/dev\/full takes nothing at present: ENOSPC/)]);
});

// Only root may mount the file system it needs; the case above needs nobody's leave.
if (process.getuid!() === 0)
  it('on a real file system without room: what was written stays whole, and it goes on when there is room', async () => {
    mkdirSync(join(dir, 'm'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', join(dir, 'm')]).status !== 0) throw new Error('no tmpfs could be mounted');
    try {
      writeFileSync(join(dir, 'm/ballast'), 'x'.repeat(32 << 10));
      const sink = sinkOf(1 << 30, 1, join(dir, 'm/out'));
      const line = `${'y'.repeat(9_999)}\n`;
      const taken = [1, 2, 3, 4, 5].map(() => sink.write(line));
      expect(taken).toEqual([true, true, true, false, false]);
      expect(content('m/out')).toBe(line.repeat(3));
      rmSync(join(dir, 'm/ballast'));
      expect(sink.write(line)).toBe(true);
      await sink.end();
      expect(content('m/out')).toBe(line.repeat(4));
    } finally {
      spawnSync('umount', [join(dir, 'm')]);
    }
  });
