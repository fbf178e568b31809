import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus } from '@headwater/event-bus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgroupOf, gather, memlockOf } from './gather.ts';
import { isGo, librariesOf } from './tls.ts';

it('reads limits and mounts', () => {
  expect(memlockOf('Limit  Soft Limit\nMax locked memory         8388608              8388608              bytes\n')).toBe(8_388_608);
  expect(memlockOf('Max locked memory         unlimited            unlimited            bytes\n')).toBeNull();
  expect(cgroupOf('cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n')).toBe('v2');
  expect(cgroupOf('c /a cgroup rw 0 0\nc /b cgroup2 rw 0 0\n')).toBe('hybrid');
  expect(cgroupOf('c /a cgroup rw,cpu 0 0\n')).toBe('v1');
  expect(cgroupOf('proc /proc proc rw 0 0\n')).toBe('none');
});

it('finds TLS libraries in maps', () => {
  const line = (file: string): string => `7f00-7f01 r-xp 00000000 08:01 123    ${file}`;
  expect(librariesOf([line('/usr/lib/x86_64-linux-gnu/libssl.so.3'), line('/usr/lib/x86_64-linux-gnu/libcrypto.so.3')].join('\n'), 'nginx')).toEqual(['OpenSSL']);
  expect(librariesOf(line('/usr/lib/x86_64-linux-gnu/libgnutls.so.30.34.3 (deleted)'), 'wget')).toEqual(['GnuTLS']);
  expect(librariesOf(line('/opt/app/libboringssl.so'), 'app')).toEqual(['BoringSSL']);
  expect(librariesOf(line('/usr/lib/libc.so.6'), 'envoy')).toEqual(['BoringSSL']);
  expect(librariesOf(line('/usr/bin/node'), 'node')).toEqual(['OpenSSL']);
  expect(librariesOf([line('/usr/lib/libsslive.txt'), '7f00-7f01 rw-p 0 0:0 0', line('[heap]')].join('\n'), 'cat')).toEqual([]);
});

it('tells a program of Go by its note', () => {
  const note = Buffer.alloc(40);
  note.writeUInt32LE(4, 4);
  note.writeUInt32LE(83, 8);
  note.writeUInt32LE(4, 12);
  note.write('Go\0\0', 16, 'latin1');
  expect(isGo(note)).toBe(true);
  note.writeUInt32LE(3, 12);
  expect(isGo(note)).toBe(false);
  expect(isGo(Buffer.from('Go\0\0'))).toBe(false);
});

describe('gather', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'hw-doctor-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const settings = (more: object): string => {
    const file = join(dir, 'agent.yaml');
    writeFileSync(
      file,
      JSON.stringify({ host_id: 'h1', bus: { kind: 'embedded', path: join(dir, 'bus.db') }, probe: { socket: join(dir, 'p.sock') }, fingerprints: { enabled: false }, ...more }),
    );
    return file;
  };

  it('learns of a real host without leaving anything behind', async () => {
    const facts = await gather({ configFile: settings({}), socket: null });
    expect(facts.config!.problems).toEqual([]);
    expect(facts).toMatchObject({
      hostId: 'h1',
      socket: { kind: 'absent' },
      bus: { kind: 'embedded', absent: true },
      stateDir: { exists: true, writable: true },
      key: { enabled: false },
    });
    expect(facts.tls.read).toBeGreaterThan(0);
    expect(facts.tls.libraries.some((l) => l.library === 'OpenSSL')).toBe(true); // this very Node
    expect(existsSync(join(dir, 'bus.db'))).toBe(false);
  });

  it('asks a real bus for its topics', async () => {
    const bus = await openBus({ kind: 'embedded', path: join(dir, 'bus.db'), retentionMs: 86_400_000, retentionBytes: 1 << 30 });
    await bus.applyTopics([{ name: 'headwater.header-events.v1', partitions: 1, cleanup: 'delete', retentionMs: 1000 }], { dryRun: false });
    await bus.close();
    const { bus: found } = await gather({ configFile: settings({}), socket: null });
    expect(found!.error).toBe('');
    expect(found!.topics).toEqual([
      { name: 'headwater.header-events.v1', partitions: 1, error: '' },
      { name: 'headwater.agent-status.v1', partitions: 0, error: 'is missing' },
    ]);
  });

  it('says what is wrong with the key, and what the settings say of themselves', async () => {
    const file = join(dir, 'key');
    writeFileSync(file, 'short', { mode: 0o640 });
    const { key } = await gather({ configFile: settings({ fingerprints: { key_file: file } }), socket: null });
    expect(key).toMatchObject({ mode: 0o640, valid: false });
    const { config, bus } = await gather({ configFile: settings({ bus: { kind: 'pigeon' } }), socket: null });
    expect(config!.problems.join()).toContain('bus.kind');
    expect(bus).toBeNull();
  });
});
