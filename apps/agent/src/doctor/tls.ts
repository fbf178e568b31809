import { closeSync, openSync, readFileSync, readSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Facts, TlsLibrary } from './facts.ts';

/** Programs with a TLS library inside of them, by their usual names: their maps name no library. */
const INSIDE: readonly [RegExp, string][] = [
  [/^node(js)?$/, 'OpenSSL'],
  [/^(envoy|chrome|chromium.*|headless_shell|pilot-agent)$/, 'BoringSSL'],
];
const MAPPED: readonly [RegExp, string][] = [
  [/\/lib(ssl|crypto)[^/]*\.so[.\d]*$/, 'OpenSSL'],
  [/\/[^/]*(boringssl|conscrypt)[^/]*\.so[.\d]*$/i, 'BoringSSL'],
  [/\/libgnutls[^/]*\.so[.\d]*$/, 'GnuTLS'],
];
const PROGRAMS_SHOWN = 4;

/** Libraries that a process maps, from the text of /proc/PID/maps and the name of its program. */
export function librariesOf(maps: string, program: string): string[] {
  const found = new Set<string>();
  const files = new Set(maps.split('\n').flatMap((line) => line.match(/\s(\/\S.*)$/)?.[1] ?? []));
  for (const file of files) for (const [pattern, library] of MAPPED) if (pattern.test(file.replace(/ \(deleted\)$/, ''))) found.add(library);
  for (const [pattern, library] of INSIDE) if (pattern.test(program)) found.add(library);
  return [...found];
}

/**
 * Whether a program was built by Go, from its first bytes: the linker puts a note `Go` with the build id in front
 * (go/src/cmd/link/internal/ld/elf.go, ELF_NOTE_GOBUILDID_TAG 4). Go has its own TLS, so no library shows it.
 */
export function isGo(head: Buffer): boolean {
  for (let at = head.indexOf('Go\0\0', 0, 'latin1'); at >= 0; at = head.indexOf('Go\0\0', at + 1, 'latin1')) {
    if (at >= 12 && head.readUInt32LE(at - 12) === 4 && head.readUInt32LE(at - 4) === 4) return true;
  }
  return false;
}

/** Which TLS libraries the processes of this host have loaded, as far as this user may look. */
export function findTls(): Facts['tls'] {
  const found = new Map<string, { processes: number; programs: Set<string> }>();
  const go = new Map<string, boolean>();
  let read = 0;
  let unreadable = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
      // A kernel thread has no memory of its own.
      if (maps === '') continue;
      const exe = readlinkSync(`/proc/${pid}/exe`);
      const program = basename(exe.replace(/ \(deleted\)$/, ''));
      if (!go.has(exe)) go.set(exe, isGo(headOf(`/proc/${pid}/exe`)));
      read++;
      for (const library of [...librariesOf(maps, program), ...(go.get(exe) ? ['Go'] : [])]) {
        const entry = found.get(library) ?? { processes: 0, programs: new Set() };
        entry.processes++;
        entry.programs.add(program);
        found.set(library, entry);
      }
    } catch (error) {
      if (['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) unreadable++;
    }
  }
  const libraries = [...found].map(([library, { processes, programs }]): TlsLibrary => {
    const names = [...programs].sort();
    return { library, processes, programs: names.length > PROGRAMS_SHOWN ? [...names.slice(0, PROGRAMS_SHOWN), '...'] : names };
  });
  return { read, unreadable, libraries: libraries.sort((a, b) => b.processes - a.processes) };
}

function headOf(file: string): Buffer {
  const head = Buffer.alloc(4_096);
  const fd = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}
