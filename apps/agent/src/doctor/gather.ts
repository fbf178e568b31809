import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync, statfsSync } from 'node:fs';
import { machine, release } from 'node:os';
import { dirname, resolve } from 'node:path';
import { policyName, readPolicy } from '@headwater/capture-policy';
import { AgentConfig, ConfigError, loadConfig } from '@headwater/config';
import { hostIdFrom } from '../host-id.ts';
import { ownerOf, probeCommand, probePath } from '../probe-command.ts';
import { askBus } from './ask-bus.ts';
import type { Facts, ProbeAnswer } from './facts.ts';
import { findTls } from './tls.ts';

export interface Where {
  /** settings of an agent; null: none */
  configFile: string | null;
  /** socket of a probe, instead of the one in the settings */
  socket: string | null;
}

/** Learns everything that `judge` needs. Changes nothing: no file, no topic, no place on a probe. */
export async function gather({ configFile, socket }: Where): Promise<Facts> {
  const { config, problems } = configFile === null ? { config: null, problems: [] } : settingsOf(configFile);
  const socketPath = socket ?? config?.probe.socket ?? null;
  const [probe, bus] = await Promise.all([askProbe(), config ? askBus(config) : null]);
  return {
    kernel: { release: release(), machine: machine() },
    btf: readable('/sys/kernel/btf/vmlinux'),
    lockdown: /\[(\w+)\]/.exec(textOf('/sys/kernel/security/lockdown'))?.[1] ?? null,
    probe,
    memlock: memlockOf(textOf('/proc/self/limits')),
    cgroup: cgroupOf(textOf('/proc/self/mounts')),
    tls: findTls(),
    config: configFile === null ? null : { file: configFile, problems },
    hostId: config?.host_id ?? machineHostId(),
    key: config ? keyFacts(config) : null,
    policy: config?.policy.file === undefined ? null : policyFacts(config.policy.file),
    spoolDir: config?.spool.dir === undefined ? null : stateDirFacts(config.spool.dir),
    stateDir: config?.bus.kind === 'embedded' && config.bus.path ? stateDirFacts(dirname(config.bus.path)) : null,
    socket: socketPath === null ? null : socketFacts(socketPath),
    bus,
  };
}

function settingsOf(file: string): { config: AgentConfig | null; problems: string[] } {
  try {
    return { config: loadConfig(AgentConfig, { argv: ['--config', file], env: process.env }), problems: [] };
  } catch (error) {
    return { config: null, problems: error instanceof ConfigError ? error.problems.map((p) => `${p.field} ${p.message}`) : [String(error)] };
  }
}

/** A probe that loads for a try and unloads; with the very privileges that `npm start` gives it. */
function askProbe(): Promise<Facts['probe']> {
  const path = probePath();
  const uid = process.getuid!();
  const [command, args] = probeCommand(path, ['--check'], uid, ownerOf(uid, process.getgid!(), process.env));
  return new Promise((ok) => {
    execFile(command, args, { timeout: 30_000 }, (error, stdout, stderr) => {
      try {
        ok({ path, answer: JSON.parse(stdout) as ProbeAnswer, error: '' });
      } catch {
        ok({ path, answer: null, error: stderr.trim() || error?.message || 'no answer' });
      }
    });
  });
}

function keyFacts({ fingerprints: { enabled, create, key_file } }: AgentConfig): Facts['key'] {
  const key = { file: key_file ?? '', enabled, create, mode: null as number | null, valid: false, error: '' };
  if (!enabled || key_file === undefined) return key;
  try {
    key.mode = statSync(key_file).mode & 0o7777;
    key.valid = /^[0-9a-f]{64}$/i.test(readFileSync(key_file, 'utf8').trim());
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    key.error = code === 'ENOENT' ? 'is missing' : message;
  }
  return key;
}

function policyFacts(file: string): Facts['policy'] {
  try {
    return { file, name: policyName(readPolicy(readFileSync(file), file)), problems: [] };
  } catch (error) {
    return { file, name: '', problems: (error as Error).message.split('\n') };
  }
}

function stateDirFacts(path: string): Facts['stateDir'] {
  if (!existsSync(path)) return { path, exists: false, writable: false, mode: 0, freeBytes: 0 };
  const { bavail, bsize } = statfsSync(path);
  return { path, exists: true, writable: may(path, constants.W_OK | constants.X_OK), mode: statSync(path).mode & 0o777, freeBytes: bavail * bsize };
}

/** Looks without connecting: a probe has room for one agent. */
function socketFacts(path: string): Facts['socket'] {
  try {
    const kind = statSync(path).isSocket() ? 'socket' : 'other';
    // Flags 00010000 is __SO_ACCEPTCON: it listens.
    const listening = textOf('/proc/net/unix')
      .split('\n')
      .some((line) => (line.endsWith(` ${path}`) || line.endsWith(` ${resolve(path)}`)) && line.split(/\s+/)[3] === '00010000');
    return { path, kind, listening, allowed: may(path, constants.R_OK | constants.W_OK) };
  } catch {
    return { path, kind: 'absent', listening: false, allowed: false };
  }
}

function machineHostId(): string | null {
  try {
    return hostIdFrom(textOf('/etc/machine-id'));
  } catch {
    return null;
  }
}

/** @param limits text of /proc/self/limits */
export function memlockOf(limits: string): number | null {
  const soft = /^Max locked memory\s+(\S+)/m.exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? null : Number(soft);
}

/** @param mounts text of /proc/self/mounts */
export function cgroupOf(mounts: string): Facts['cgroup'] {
  const types = mounts.split('\n').map((line) => line.split(' ')[2]);
  const v1 = types.includes('cgroup');
  const v2 = types.includes('cgroup2');
  return v1 && v2 ? 'hybrid' : v2 ? 'v2' : v1 ? 'v1' : 'none';
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readable(file: string): boolean {
  return may(file, constants.R_OK);
}

function may(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}
