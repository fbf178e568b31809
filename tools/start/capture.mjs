// Live capture or replay: what the probe says of this kernel and these privileges decides.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../repo.mjs';
import { Told, ask } from '../say.mjs';

const PROBE = join(ROOT, 'bpf/build/headwater-probe');
const CAPS = '+bpf,+perfmon,+sys_ptrace,+dac_read_search';
/** sun_path of a Unix socket has 108 bytes. */
const SOCKET_PATH_MAX = 107;

/** The probe with exactly its four capabilities; everything else is taken away before it runs. */
function withItsCapabilities(owner, args) {
  const user = owner.uid === 0 ? [] : [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  return ['setpriv', [...user, `--inh-caps=-all,${CAPS}`, `--ambient-caps=-all,${CAPS}`, `--bounding-set=-all,${CAPS}`, '--no-new-privs', '--', PROBE, ...args]];
}

/** `{ ok, reasons }` as the probe says it. */
function check(command, args) {
  return new Promise((ok) => {
    execFile(command, args, { timeout: 30_000 }, (error, stdout, stderr) => {
      try {
        ok(JSON.parse(stdout));
      } catch {
        ok({ ok: false, reasons: [stderr.trim() || error?.message || 'headwater-probe --check gave no answer'] });
      }
    });
  });
}

/**
 * How this start captures.
 * @returns {Promise<{ kind: 'live', sudo: boolean } | { kind: 'replay', reasons: string[], recording: string }>}
 */
export async function decideCapture(owner) {
  const root = process.getuid() === 0;
  const said = root ? await check(...withItsCapabilities(owner, ['--check'])) : await check(PROBE, ['--check']);
  if (said.ok) return { kind: 'live', sudo: false };
  // Only privileges are missing: a person at a terminal may lend them to the probe, and to nothing else.
  if (!root && said.missing_capabilities && said.reasons.length === 1 && process.stdin.isTTY && hasSudo()) {
    if (await ask('Capture needs privileges for headwater-probe alone. Start it with sudo?', false)) {
      if (spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status === 0) return { kind: 'live', sudo: true };
    }
  }
  return { kind: 'replay', reasons: said.reasons.map((r) => `headwater-probe: ${r}`), recording: recording() };
}

function hasSudo() {
  return existsSync('/usr/bin/sudo');
}

function recording() {
  const dir = join(ROOT, 'test/recordings');
  if (!existsSync(dir) || !readdirSync(dir).some((f) => f.endsWith('.hwrec'))) throw new Told(`there is no recording in ${dir} to replay`);
  return dir;
}

export function socketPath(stateDir) {
  const path = join(stateDir, 'probe.sock');
  return Buffer.byteLength(path) <= SOCKET_PATH_MAX ? path : join(mkdtempSync(join(tmpdir(), 'headwater-')), 'probe.sock');
}

/** @param {{ socket: string, scopes: string[], exclude: number[], sudo: boolean, owner: {uid: number, gid: number} }} o */
export function probeCommand({ socket, scopes, exclude, sudo, owner }) {
  const args = [
    '--socket',
    socket,
    ...scopes.flatMap((s) => ['--scope', s]),
    ...(scopes.includes('all') ? ['--i-mean-all'] : []),
    ...exclude.flatMap((pid) => ['--exclude-pid', String(pid)]),
  ];
  if (process.getuid() === 0) return withItsCapabilities(owner, args);
  if (!sudo) return [PROBE, args];
  // Its socket goes to us, so root stays root here; it ends with the agent, since a root process takes no signal from us.
  const caps = `${CAPS},+chown,+dac_override`;
  return [
    'sudo',
    [
      '-n',
      'setpriv',
      `--bounding-set=-all,${caps}`,
      '--inh-caps=-all',
      '--ambient-caps=-all',
      '--no-new-privs',
      '--',
      PROBE,
      '--client-uid',
      String(process.getuid()),
      '--exit-with-agent',
      ...args,
    ],
  ];
}
