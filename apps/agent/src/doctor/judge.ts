import { check } from './check.ts';
import type { Check, Facts } from './facts.ts';
import { judgeBus, judgeTopics } from './judge-bus.ts';

/** Below so much room the embedded files cannot be trusted to take what comes. */
const ROOM_NEEDED = 100 << 20;
const ROOM_WANTED = 1 << 30;

/** Turns facts into checks, one a line; reads nothing itself. */
export function judge(facts: Facts): Check[] {
  return [
    kernel(facts),
    btf(facts),
    lockdown(facts),
    capabilities(facts),
    hooks(facts),
    memlock(facts),
    cgroup(facts),
    tls(facts),
    clock(facts),
    config(facts),
    hostId(facts),
    ...(facts.key ? [fingerprintKey(facts.key)] : []),
    ...(facts.policy ? [policy(facts.policy)] : []),
    ...(facts.spoolDir ? [spoolDir(facts.spoolDir)] : []),
    ...(facts.stateDir ? [stateDir(facts.stateDir)] : []),
    ...(facts.socket ? [probeSocket(facts.socket)] : []),
    ...(facts.bus ? [judgeBus(facts.bus), ...judgeTopics(facts.bus)] : []),
  ];
}

function kernel({ kernel: { release, machine } }: Facts): Check {
  const name = 'kernel';
  const found = `Linux ${release} on ${machine}`;
  if (machine !== 'x86_64') return check(name, 'fail', found, 'live capture knows x86_64 only; on other machines a recording can be replayed (replay.file)');
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  if (major > 6 || (major === 6 && minor >= 1)) return check(name, 'ok', found);
  return check(name, 'fail', found, 'Linux 6.1 or newer is needed (6.3 for the cheaper socket hooks); a recording can be replayed on any (replay.file)');
}

function btf({ btf: there }: Facts): Check {
  return there
    ? check('btf', 'ok', '/sys/kernel/btf/vmlinux')
    : check('btf', 'fail', '/sys/kernel/btf/vmlinux is missing', 'boot a kernel built with CONFIG_DEBUG_INFO_BTF=y (those of the large distributions are), and mount /sys');
}

function lockdown({ lockdown: mode }: Facts): Check {
  if (mode === 'confidentiality')
    return check('lockdown', 'fail', mode, 'in this mode BPF may not read memory: boot without lockdown=confidentiality (integrity is fine; secure boot alone sets integrity)');
  return check('lockdown', 'ok', mode ?? 'none (the kernel has none)');
}

function capabilities({ probe: { path, answer, error } }: Facts): Check {
  const name = 'capabilities';
  if (!answer) return check(name, 'fail', `${path} --check: ${error}`, 'build it with: make -C bpf, or install it; then run doctor again');
  const missing = answer.missing_capabilities;
  if (missing === '') return check(name, 'ok', 'CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH for headwater-probe; the agent needs none');
  return check(name, 'fail', `headwater-probe lacks ${missing}`, `run it as root, or: sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search=ep ${path}`);
}

function hooks({ probe: { answer } }: Facts): Check {
  const name = 'hooks';
  if (!answer) return check(name, 'fail', 'not known without headwater-probe', 'see capabilities above');
  if (answer.loaded) return check(name, 'ok', `${answer.hooks.join(', ')}; ${answer.chosen} would be used, loaded and unloaded to try: ${answer.why}`);
  // Without privileges nothing can be loaded; what the kernel has is known all the same.
  const others = answer.reasons.filter((r) => !r.startsWith('missing CAP_'));
  if (others.length > 0 || answer.hooks.length === 0)
    return check(
      name,
      'fail',
      others.join('; ') || 'the kernel has none that can be used',
      'the line says what the kernel refused; a recording can be replayed meanwhile (replay.file)',
    );
  return check(name, 'warn', `${answer.hooks.join(', ')}: the kernel has them; not loaded to try, for want of capabilities`, 'run doctor again with them to be sure');
}

function memlock({ memlock: bytes, kernel: { release } }: Facts): Check {
  const found = bytes === null ? 'unlimited' : `${Math.round(bytes / 1024)} KiB`;
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  if (major > 5 || (major === 5 && minor >= 11) || bytes === null) return check('memlock', 'ok', `${found}; not used for BPF since Linux 5.11`);
  return bytes >= 64 << 20
    ? check('memlock', 'ok', found)
    : check('memlock', 'fail', found, 'before Linux 5.11 the ring counts against it: ulimit -l unlimited, or LimitMEMLOCK=infinity in the unit of the probe');
}

function cgroup({ cgroup: layout }: Facts): Check {
  if (layout === 'v2') return check('cgroup', 'ok', 'v2; scope cgroup= and the names of containers and units work');
  if (layout === 'none')
    return check(
      'cgroup',
      'warn',
      'not mounted',
      'scope cgroup= cannot be used and containers and units have no name; mount cgroup2 on /sys/fs/cgroup, or scope by port, pid or exe',
    );
  return check(
    'cgroup',
    'warn',
    `${layout}; sockets are matched by their v2 cgroup`,
    'scope cgroup= finds only groups of the v2 tree; scope by port, pid or exe, or boot with systemd.unified_cgroup_hierarchy=1',
  );
}

function tls({ tls: { read, unreadable, libraries } }: Facts): Check {
  const seen = `${read} processes read${unreadable > 0 ? `, ${unreadable} may not be read` : ''}`;
  if (libraries.length === 0) return check('tls', 'ok', `no TLS library in use (${seen})`);
  const list = libraries.map((l) => `${l.library} in ${l.processes} (${l.programs.join(', ')})`).join('; ');
  return check(
    'tls',
    'warn',
    `${list}; ${seen}`,
    'traffic inside of TLS is NOT captured yet: capture where it is plain, such as behind the proxy that ends TLS (a library that is loaded need not be used)',
  );
}

function clock({ probe: { answer } }: Facts): Check {
  const state = answer?.clock;
  if (!state) return check('clock', 'warn', 'not known', 'headwater-probe tells it (see capabilities); several hosts are compared by their clocks');
  if (state.synchronised) return check('clock', 'ok', `synchronised, ${(state.max_error_us / 1000).toFixed(1)} ms off at most`);
  return check('clock', 'warn', 'not synchronised', 'one host alone is fine; in a fleet run chrony or systemd-timesyncd, since windows are cut by the clocks of the hosts');
}

function config({ config: settings }: Facts): Check {
  if (!settings) return check('config', 'warn', 'none given and none in ./.headwater', 'name it with --config FILE, and bus, key and state are checked too');
  if (settings.problems.length > 0)
    return check('config', 'fail', `${settings.file}: ${settings.problems.join('; ')}`, 'correct it; headwater-agent run --help lists all settings');
  return check('config', 'ok', settings.file);
}

function hostId({ hostId: id }: Facts): Check {
  return id !== null
    ? check('host_id', 'ok', id)
    : check('host_id', 'fail', '/etc/machine-id holds no machine id', 'set host_id in the settings, another on every host, or make one: systemd-machine-id-setup');
}

function fingerprintKey(key: NonNullable<Facts['key']>): Check {
  const name = 'fingerprint_key';
  if (!key.enabled) return check(name, 'ok', 'fingerprints are off; of secret values only the presence leaves');
  if (key.mode === null) {
    if (key.create) return check(name, 'ok', `${key.file} will be made (fingerprints.create)`);
    return check(
      name,
      'fail',
      `${key.file}: ${key.error || 'is missing'}`,
      `make it: (umask 077; openssl rand -hex 32 > ${key.file}), the same on every host, or set fingerprints.enabled to false`,
    );
  }
  if ((key.mode & 0o077) !== 0) return check(name, 'fail', `${key.file} can be read by others (mode ${key.mode.toString(8).padStart(4, '0')})`, `chmod 600 ${key.file}`);
  if (key.error !== '') return check(name, 'fail', `${key.file}: ${key.error}`, 'it must be readable by the user the agent runs as: chown it');
  if (!key.valid) return check(name, 'fail', `${key.file} does not hold 64 hex digits`, `make it anew: (umask 077; openssl rand -hex 32 > ${key.file}), the same on every host`);
  return check(name, 'ok', `${key.file}, mode ${key.mode.toString(8).padStart(4, '0')}`);
}

function policy({ file, name, problems }: NonNullable<Facts['policy']>): Check {
  if (problems.length > 0) return check('policy', 'fail', problems.join('; '), `correct it, then: headwater-agent policy check ${file}`);
  return check('policy', 'ok', `${file}: ${name}`);
}

function spoolDir(dir: NonNullable<Facts['spoolDir']>): Check {
  return directory('spool_dir', dir, {
    // the agent makes it; then its parent must be its own
    made: 'the agent makes it where it may write beside it',
    full: 'what waits for the bus is lost (counted as spool_error) on a full disk',
    open: '',
  });
}

function stateDir(dir: NonNullable<Facts['stateDir']>): Check {
  const found = directory('state_dir', dir, {
    made: 'npm start makes it',
    full: 'the embedded log is not written on a full disk and exchanges are lost (counted)',
    open: ': headers and keys lie there',
  });
  if (found.status !== 'ok' || dir.freeBytes >= ROOM_WANTED) return found;
  return check('state_dir', 'warn', `${dir.path}: ${roomOf(dir)}`, 'the embedded log may take 1 GiB by default (bus.retention_bytes): make room, or set it lower');
}

const roomOf = (dir: { freeBytes: number }): string => `${(dir.freeBytes / (1 << 30)).toFixed(1)} GiB free`;

/** Made, writable, with room, nobody else's; `words` says who makes it, what a full disk costs, and what others could read. */
function directory(name: string, dir: NonNullable<Facts['stateDir']>, words: { made: string; full: string; open: string }): Check {
  if (!dir.exists) return check(name, 'warn', `${dir.path} does not exist`, `${words.made}; else: mkdir -m 700 it for the user the agent runs as`);
  if (!dir.writable) return check(name, 'fail', `${dir.path} cannot be written by this user`, 'run doctor as the user the agent runs as, or chown it to that user');
  if (dir.freeBytes < ROOM_NEEDED) return check(name, 'fail', `${dir.path}: ${roomOf(dir)}`, `make room: ${words.full}`);
  if ((dir.mode & 0o077) !== 0) return check(name, 'warn', `${dir.path} can be read by others (mode ${dir.mode.toString(8)})`, `chmod 700 ${dir.path}${words.open}`);
  return check(name, 'ok', `${dir.path}, ${roomOf(dir)}`);
}

function probeSocket(socket: NonNullable<Facts['socket']>): Check {
  const name = 'probe_socket';
  if (socket.kind === 'absent') return check(name, 'fail', `${socket.path} does not exist`, `start the probe: headwater-probe --socket ${socket.path} --scope port=N`);
  if (socket.kind === 'other') return check(name, 'fail', `${socket.path} is no socket`, 'remove that file, or name another path in probe.socket');
  if (!socket.listening)
    return check(name, 'fail', `${socket.path}: nobody listens there`, `its probe is gone: start it again: headwater-probe --socket ${socket.path} --scope port=N`);
  if (!socket.allowed) return check(name, 'fail', `${socket.path} may not be opened by this user`, 'start the probe with --client-uid of the user the agent runs as');
  return check(name, 'ok', `${socket.path}, a probe listens there`);
}
