import { describe, expect, it } from 'vitest';
import type { BusFacts, Facts, ProbeAnswer } from './facts.ts';
import { judge } from './judge.ts';
import { checksJson, showChecks } from './show.ts';

const answer: ProbeAnswer = {
  ok: true,
  reasons: [],
  kernel: '6.12.0',
  machine: 'x86_64',
  btf: true,
  loaded: true,
  missing_capabilities: '',
  hooks: ['sock', 'syscall'],
  chosen: 'sock',
  why: 'auto: the socket tracepoints are there',
  clock: { synchronised: true, max_error_us: 1500, offset_us: 10 },
};
const bus: BusFacts = { kind: 'embedded', place: '/s/bus.db', absent: false, error: '', topics: [{ name: 'headwater.header-events.v1', partitions: 1, error: '' }], skewMs: 0 };
const key = { file: '/s/k', enabled: true, create: false, mode: 0o600, valid: true, error: '' };
const stateDir = { path: '/s', exists: true, writable: true, mode: 0o700, freeBytes: 50 * 2 ** 30 };
const socket = { path: '/s/probe.sock', kind: 'socket' as const, listening: true, allowed: true };

const good: Facts = {
  kernel: { release: '6.12.0-cloud-amd64', machine: 'x86_64' },
  btf: true,
  lockdown: 'none',
  probe: { path: '/opt/headwater-probe', answer, error: '' },
  memlock: 8 << 20,
  cgroup: 'v2',
  tls: { read: 40, unreadable: 0, libraries: [] },
  config: { file: '/etc/headwater/agent.yaml', problems: [] },
  hostId: 'web-1',
  key,
  policy: { file: '/etc/headwater/policy.yaml', name: 'shop@3', problems: [] },
  spoolDir: { path: '/var/lib/headwater/spool', exists: true, writable: true, mode: 0o700, freeBytes: 50 * 2 ** 30 },
  stateDir,
  socket,
  bus,
};

/** The one check that differs from a good host, as `status name`. */
function odd(change: Partial<Facts>): { line: string; detail: string; fix: string } {
  const bad = judge({ ...good, ...change }).filter((c) => c.status !== 'ok');
  expect(bad).toHaveLength(1);
  const [{ status, name, detail, fix }] = bad as [(typeof bad)[number]];
  expect(fix).not.toBe('');
  return { line: `${status} ${name}`, detail, fix };
}

const probe = (change: Partial<ProbeAnswer>): Partial<Facts> => ({ probe: { ...good.probe, answer: { ...answer, ...change } } });

it('finds nothing on a good host, and names each check once', () => {
  const checks = judge(good);
  expect(checks.filter((c) => c.status !== 'ok' || c.fix !== '')).toEqual([]);
  expect(checks.map((c) => c.name)).toEqual([
    'kernel',
    'btf',
    'lockdown',
    'capabilities',
    'hooks',
    'memlock',
    'cgroup',
    'tls',
    'clock',
    'config',
    'host_id',
    'fingerprint_key',
    'policy',
    'spool_dir',
    'state_dir',
    'probe_socket',
    'bus',
    'topics',
  ]);
});

describe('each line that is not ok says what to do', () => {
  const cases: [string, Partial<Facts>, string, RegExp][] = [
    ['an older kernel', { kernel: { release: '5.15.0-18-amd64', machine: 'x86_64' } }, 'fail kernel', /6\.1 or newer/],
    ['another machine', { kernel: { release: '6.12.0', machine: 'aarch64' } }, 'fail kernel', /x86_64 only/],
    ['no BTF', { btf: false }, 'fail btf', /CONFIG_DEBUG_INFO_BTF/],
    ['lockdown', { lockdown: 'confidentiality' }, 'fail lockdown', /integrity is fine/],
    ['hooks refused', probe({ ok: false, loaded: false, reasons: ['the verifier refused it'] }), 'fail hooks', /replay/],
    ['cgroup v1', { cgroup: 'v1' }, 'warn cgroup', /unified_cgroup_hierarchy/],
    ['cgroup hybrid', { cgroup: 'hybrid' }, 'warn cgroup', /v2 tree/],
    ['no cgroup', { cgroup: 'none' }, 'warn cgroup', /mount cgroup2/],
    ['TLS', { tls: { read: 9, unreadable: 3, libraries: [{ library: 'OpenSSL', processes: 2, programs: ['nginx'] }] } }, 'warn tls', /NOT captured yet/],
    ['clock adrift', probe({ clock: { synchronised: false, max_error_us: 1, offset_us: 0 } }), 'warn clock', /chrony/],
    ['no settings', { config: null }, 'warn config', /--config FILE/],
    ['bad settings', { config: { file: 'a.yaml', problems: ['bus.kind must be one of: embedded, kafka'] } }, 'fail config', /run --help/],
    ['no machine id', { hostId: null }, 'fail host_id', /host_id/],
    ['no key', { key: { ...key, mode: null, error: 'is missing' } }, 'fail fingerprint_key', /openssl rand -hex 32 > \/s\/k/],
    ['an open key', { key: { ...key, mode: 0o644 } }, 'fail fingerprint_key', /^chmod 600 \/s\/k$/],
    ['a key of another user', { key: { ...key, valid: false, error: 'EACCES' } }, 'fail fingerprint_key', /chown/],
    ['a key that is none', { key: { ...key, valid: false } }, 'fail fingerprint_key', /anew/],
    ['a bad policy', { policy: { file: 'p.yaml', name: '', problems: ['p.yaml:3:1: headers[0].action: must be keep'] } }, 'fail policy', /policy check p\.yaml/],
    ['no spool yet', { spoolDir: { ...stateDir, exists: false } }, 'warn spool_dir', /mkdir -m 700/],
    ['spool of another', { spoolDir: { ...stateDir, writable: false } }, 'fail spool_dir', /chown/],
    ['open spool', { spoolDir: { ...stateDir, mode: 0o750 } }, 'warn spool_dir', /chmod 700/],
    ['no room to spool', { spoolDir: { ...stateDir, freeBytes: 5 << 20 } }, 'fail spool_dir', /spool_error/],
    ['no state dir', { stateDir: { ...stateDir, exists: false } }, 'warn state_dir', /mkdir -m 700/],
    ['state dir of another', { stateDir: { ...stateDir, writable: false } }, 'fail state_dir', /chown/],
    ['open state dir', { stateDir: { ...stateDir, mode: 0o755 } }, 'warn state_dir', /chmod 700/],
    ['little room', { stateDir: { ...stateDir, freeBytes: 500 << 20 } }, 'warn state_dir', /retention_bytes/],
    ['no room', { stateDir: { ...stateDir, freeBytes: 5 << 20 } }, 'fail state_dir', /make room/],
    ['no socket', { socket: { ...socket, kind: 'absent' } }, 'fail probe_socket', /headwater-probe --socket/],
    ['a file instead', { socket: { ...socket, kind: 'other' } }, 'fail probe_socket', /remove that file/],
    ['a dead probe', { socket: { ...socket, listening: false } }, 'fail probe_socket', /start it again/],
    ['a socket of another', { socket: { ...socket, allowed: false } }, 'fail probe_socket', /--client-uid/],
    ['bus away', { bus: { ...bus, kind: 'kafka', place: 'k:9092', error: 'the bus does not answer' } }, 'fail bus', /bus\.brokers/],
    ['bus damaged', { bus: { ...bus, error: 'the bus file is damaged' } }, 'fail bus', /moving it away/],
    ['bus not made', { bus: { ...bus, absent: true } }, 'warn bus', /topics apply/],
    ['bus of another time', { bus: { ...bus, skewMs: -90_000 } }, 'warn bus', /synchronise/],
    ['topic missing', { bus: { ...bus, topics: [{ name: 't', partitions: 0, error: 'is missing' }] } }, 'fail topics', /headwater-admin topics apply/],
  ];
  for (const [title, change, line, fix] of cases) {
    it(title, () => {
      const found = odd(change);
      expect(found.line).toBe(line);
      expect(found.fix).toMatch(fix);
    });
  }

  it('an old kernel with a small memlock', () => {
    const failed = judge({ ...good, kernel: { release: '5.10.0', machine: 'x86_64' }, memlock: 65_536 }).filter((c) => c.status === 'fail');
    expect(failed.map((c) => c.name)).toEqual(['kernel', 'memlock']);
    expect(failed[1]!.fix).toContain('LimitMEMLOCK');
  });

  it('no probe at all: what only it can tell is not known', () => {
    const bad = judge({ ...good, probe: { path: 'headwater-probe', answer: null, error: 'spawn ENOENT' } }).filter((c) => c.status !== 'ok');
    expect(bad.map((c) => `${c.status} ${c.name}`)).toEqual(['fail capabilities', 'fail hooks', 'warn clock']);
  });

  it('hooks of a kernel that has them are not failed for want of capabilities', () => {
    const change = probe({ ok: false, loaded: false, missing_capabilities: 'CAP_BPF', reasons: ['missing CAP_BPF'] });
    const bad = judge({ ...good, ...change }).filter((c) => c.status !== 'ok');
    expect(bad.map((c) => `${c.status} ${c.name}`)).toEqual(['fail capabilities', 'warn hooks']);
    expect(bad[0]!.fix).toContain('setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search=ep /opt/headwater-probe');
  });

  it('fingerprints off, or a key that is made at the start, are well', () => {
    expect(judge({ ...good, key: { ...key, enabled: false } }).every((c) => c.status === 'ok')).toBe(true);
    expect(judge({ ...good, key: { ...key, create: true, mode: null } }).every((c) => c.status === 'ok')).toBe(true);
  });
});

describe('what is printed', () => {
  const checks = judge({ ...good, btf: false, cgroup: 'v1' });

  it('lines are aligned, and what to do stands below', () => {
    const lines = showChecks(checks, false).split('\n');
    expect(lines[1]).toBe('fail  btf              /sys/kernel/btf/vmlinux is missing');
    expect(lines[2]).toMatch(/^ {23}-> boot a kernel/);
    expect(lines.at(-2)).toBe('16 ok, 1 warnings, 1 failed');
    for (const line of lines.filter((l) => /^(ok|warn|fail)/.test(l))) expect(line).toMatch(/^.{4} {2}\S.{14} {2}\S/);
  });

  it('only what fails is red', () => {
    const red = showChecks(checks, true).match(/\u001b\[31m\w+/g);
    expect(red).toEqual(['\u001b[31mfail']);
  });

  it('as JSON with a stable shape', () => {
    const json = JSON.parse(checksJson(checks, '0.1.0')) as { checks: unknown[] };
    expect(json).toMatchObject({ schema: 1, version: '0.1.0', ok: false });
    expect(json.checks[1]).toEqual({ name: 'btf', status: 'fail', detail: '/sys/kernel/btf/vmlinux is missing', fix: expect.stringContaining('CONFIG_DEBUG_INFO_BTF') as string });
  });
});
