import { readFileSync } from 'node:fs';

/** USER_HZ: the unit of times in /proc, 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/** utime + stime of all threads of a process, ms, by field 14 and 15 of /proc/PID/stat; null when it is gone. */
export function cpuMsOf(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? (ticks * 1_000) / TICKS_PER_S : null;
}

function cpuOf(pid: number): number | null {
  try {
    return cpuMsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** CPU of this process (all threads, the drain too) and of the probe, ms. */
export function readCpu(probePid: number | null): Record<string, number> {
  const { user, system } = process.cpuUsage();
  const probe = probePid === null ? null : cpuOf(probePid);
  return { agent: (user + system) / 1_000, ...(probe === null ? {} : { [`probe ${probePid}`]: probe }) };
}
