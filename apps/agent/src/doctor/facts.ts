/** What `headwater-probe --check` prints; null where it could not be run. */
export interface ProbeAnswer {
  ok: boolean;
  reasons: string[];
  kernel: string;
  machine: string;
  btf: boolean;
  loaded: boolean;
  missing_capabilities: string;
  /** what this kernel allows: sock, syscall */
  hooks: string[];
  /** which of them would be used, and why */
  chosen: string;
  why: string;
  clock?: { synchronised: boolean; max_error_us: number; offset_us: number };
}

export interface TlsLibrary {
  /** OpenSSL, BoringSSL, GnuTLS, Go */
  library: string;
  processes: number;
  /** names of executables, a few */
  programs: string[];
}

/** Everything the judgement needs, gathered beforehand; null: could not be learned, or does not apply. */
export interface Facts {
  kernel: { release: string; machine: string };
  btf: boolean;
  /** the active word of /sys/kernel/security/lockdown; null: the kernel has no lockdown */
  lockdown: string | null;
  probe: { path: string; answer: ProbeAnswer | null; error: string };
  /** bytes; null: unlimited */
  memlock: number | null;
  cgroup: 'v2' | 'hybrid' | 'v1' | 'none';
  tls: { read: number; unreadable: number; libraries: TlsLibrary[] };
  /** settings that were read, or why not; null: none were named and none were found */
  config: { file: string; problems: string[] } | null;
  /** of the settings or of /etc/machine-id; null: neither gives one */
  hostId: string | null;
  key: { file: string; enabled: boolean; create: boolean; mode: number | null; valid: boolean; error: string } | null;
  /** the policy file of the settings, or why it cannot be taken; null: none is named */
  policy: { file: string; name: string; problems: string[] } | null;
  /** the spool of the settings; null: none is named */
  spoolDir: Facts['stateDir'];
  stateDir: { path: string; exists: boolean; writable: boolean; mode: number; freeBytes: number } | null;
  socket: { path: string; kind: 'absent' | 'socket' | 'other'; listening: boolean; allowed: boolean } | null;
  bus: BusFacts | null;
}

export interface BusFacts {
  kind: 'embedded' | 'kafka';
  place: string;
  /** the embedded log has no file yet */
  absent: boolean;
  error: string;
  topics: { name: string; partitions: number; error: string }[];
  /** this clock minus the bus's, ms; null: the bus tells no time */
  skewMs: number | null;
}

export type Status = 'ok' | 'warn' | 'fail';

export interface Check {
  name: string;
  status: Status;
  /** what was found */
  detail: string;
  /** what to do; empty when nothing needs doing */
  fix: string;
}
