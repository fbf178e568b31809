import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CAPS = '+bpf,+perfmon,+sys_ptrace,+dac_read_search';

/** Whom the unprivileged part runs as: the person behind sudo, else who we are. */
export interface Owner {
  uid: number;
  gid: number;
}

export function ownerOf(uid: number, gid: number, env: Readonly<Record<string, string | undefined>>): Owner {
  const sudo = { uid: Number(env['SUDO_UID'] ?? Number.NaN), gid: Number(env['SUDO_GID'] ?? Number.NaN) };
  return uid === 0 && Number.isInteger(sudo.uid) && Number.isInteger(sudo.gid) ? sudo : { uid, gid };
}

/** headwater-probe as built beside us, else as found on the PATH. */
export function probePath(): string {
  const built = fileURLToPath(new URL('../../../bpf/build/headwater-probe', import.meta.url));
  return existsSync(built) ? built : 'headwater-probe';
}

/**
 * The probe with exactly its four capabilities and, under sudo, as the person who called: root lends only what is
 * needed (the same as tools/start/capture.mjs does). Without root it has what its file or the caller gives it.
 */
export function probeCommand(probe: string, args: readonly string[], uid: number, owner: Owner): [string, string[]] {
  if (uid !== 0) return [probe, [...args]];
  return ['setpriv', [...asOwner(owner), `--inh-caps=-all,${CAPS}`, `--ambient-caps=-all,${CAPS}`, `--bounding-set=-all,${CAPS}`, '--no-new-privs', '--', probe, ...args]];
}

/** A program without any capability; it ends when we do. */
export function unprivileged(command: string, args: readonly string[], uid: number, owner: Owner): [string, string[]] {
  const caps = uid === 0 ? ['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'] : [];
  return ['setpriv', [...(uid === 0 ? asOwner(owner) : []), ...caps, '--no-new-privs', '--pdeathsig=TERM', '--', command, ...args]];
}

function asOwner({ uid, gid }: Owner): string[] {
  return uid === 0 ? [] : [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}
