// Live capture or replay: what the probe says of this kernel and these privileges decides.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordDirectory } from '../outside.mjs';
import { ROOT } from '../repo.mjs';
import { Told, ask } from '../say.mjs';
import { RECORDINGS } from './options.mjs';

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
 * @param {{ recording: string } | null} asked a replay that a person wants
 * @returns {Promise<{ kind: 'live', sudo: boolean } | { kind: 'replay', asked: boolean, reasons: string[], recording: string }>}
 */
export async function decideCapture(owner, hooks, asked = null) {
  if (asked) return { kind: 'replay', asked: true, reasons: [], recording: asked.recording };
  const root = process.getuid() === 0;
  const said = root ? await check(...withItsCapabilities(owner, ['--check', '--hooks', hooks])) : await check(PROBE, ['--check', '--hooks', hooks]);
  if (said.ok) return { kind: 'live', sudo: false };
  // Only privileges are missing: a person at a terminal may lend them to the probe, and to nothing else.
  if (!root && said.missing_capabilities && said.reasons.length === 1 && process.stdin.isTTY && hasSudo()) {
    if (await ask('Capture needs privileges for headwater-probe alone. Start it with sudo?', false)) {
      if (spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status === 0) return { kind: 'live', sudo: true };
    }
  }
  const way = !root && said.missing_capabilities ? ['to capture, start it as root, or on a terminal as a user with sudo'] : [];
  return { kind: 'replay', asked: false, reasons: [...said.reasons.map((r) => `headwater-probe: ${r}`), ...way], recording: recording() };
}

function hasSudo() {
  return existsSync('/usr/bin/sudo');
}

function recording() {
  if (!existsSync(RECORDINGS) || !readdirSync(RECORDINGS).some((f) => f.endsWith('.hwrec'))) throw new Told(`there is no recording in ${RECORDINGS} to replay`);
  return RECORDINGS;
}

/** Beside the state, or, where that path is too long, in a directory of its own that goes with the start. */
export function socketPath(stateDir) {
  const path = join(stateDir, 'probe.sock');
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return { socket: path, release: () => {} };
  const dir = mkdtempSync(join(tmpdir(), 'headwater-'));
  recordDirectory('temporary', dir, true);
  return { socket: join(dir, 'probe.sock'), release: () => rmSync(dir, { recursive: true, force: true }) };
}

/** @param {{ socket: string, scopes: string[], hooks: string, exclude: number[], sudo: boolean, owner: {uid: number, gid: number} }} o */
export function probeCommand({ socket, scopes, hooks, exclude, sudo, owner }) {
  const args = [
    '--socket',
    socket,
    '--hooks',
    hooks,
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
