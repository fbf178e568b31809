// One process of ours: started without privileges, its output in a log file, watched until it ends.
import { spawn } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import { chownSync, closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../repo.mjs';
import { Told, tail } from '../say.mjs';

/**
 * Every process of ours but the probe runs with no capability at all, also when its uid is 0: Node has seven
 * threads at start and capabilities are per thread, so they go before the exec. If this script dies, so do they.
 */
export function unprivileged(owner, command, args) {
  const root = process.getuid() === 0;
  const user = root && owner.uid !== 0 ? [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'] : [];
  // Only root can shrink the bounding set; a user has nothing in the others.
  const caps = root ? ['--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'] : [];
  return ['setpriv', [...user, ...caps, '--no-new-privs', '--pdeathsig=TERM', '--', command, ...args]];
}

export class Process {
  /** @param {{ name: string, command: [string, string[]], logFile: string, owner: {uid: number, gid: number} }} options */
  constructor({ name, command, logFile, owner }) {
    this.name = name;
    this.logFile = logFile;
    this.stopping = false;
    this.ended = null;
    /** null: it was waited for, or nobody asks */
    this.isReady = null;
    if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
    const log = openSync(logFile, 'a', 0o600);
    if (process.getuid() === 0) chownSync(logFile, owner.uid, owner.gid);
    // A session of its own: Ctrl-C reaches only this script, which ends the others in order.
    this.child = spawn(command[0], command[1], { cwd: ROOT, env: cleanEnvironment(), stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.gone = new Promise((ok) => {
      this.child.once('error', (error) => ok((this.ended = error.message)));
      this.child.once('exit', (code, signal) => ok((this.ended = signal ? `signal ${signal}` : `exit code ${code}`)));
    });
    this.gone.then(() => {
      if (!this.stopping) this.onDeath?.(this);
    });
  }

  get pid() {
    return this.child.pid;
  }

  lastWords(lines = 12) {
    try {
      return tail(readFileSync(this.logFile, 'utf8'), lines)
        .split('\n')
        .map((l) => `    ${readable(l)}`)
        .join('\n');
    } catch {
      return '    (it logged nothing)';
    }
  }

  /** Waits until `probe()` answers truthy; a process that ends meanwhile, or takes too long (a busy machine is slow, not broken), is Told with its last words. */
  async ready(probe, timeoutMs = 120_000) {
    const until = Date.now() + timeoutMs;
    for (;;) {
      if (this.ended) throw new Told(`${this.name} ended while starting (${this.ended}); its last words:\n${this.lastWords()}\n  all of it: ${this.logFile}`);
      const answer = await probe();
      if (answer) return answer;
      if (Date.now() > until) throw new Told(`${this.name} was not ready after ${timeoutMs / 1000} s; its last words:\n${this.lastWords()}\n  all of it: ${this.logFile}`);
      await sleep(25);
    }
  }

  /** For one that nothing waits for: only remembers whether it got as far, see `isReady`. */
  readyInBackground(probe) {
    this.isReady = false;
    this.ready(probe).then(
      () => (this.isReady = true),
      () => undefined,
    );
    return this;
  }

  /** SIGTERM, a bounded wait, then SIGKILL. Answers how it ended. */
  async stop(waitMs) {
    this.stopping = true;
    if (this.ended) return this.ended;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), waitMs);
    const how = await this.gone;
    clearTimeout(timer);
    return how;
  }
}

/** Settings of single apps do not leak in from the caller's environment: each app refuses those of the others. */
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HEADWATER_') && name !== 'NODE_OPTIONS'));
}

/** A pino line in short; others as they are. */
function readable(text) {
  try {
    const { time, level, msg, reason } = JSON.parse(text);
    if (!msg) return text;
    return `${time ?? ''} ${typeof level === 'number' ? ({ 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }[level] ?? level) : level} ${msg}${reason ? `: ${reason}` : ''}`.trim();
  } catch {
    return text;
  }
}

/**
 * The JSON of a GET that answers 2xx, else null. `pinned`: over https the certificate must be this one (SHA-256
 * fingerprint, as node:crypto writes it), whoever signed it and whatever name we come by.
 */
export function answers(url, pinned) {
  const { get } = url.startsWith('https:') ? https : http;
  return new Promise((ok) => {
    const request = get(url, { timeout: 2_000, agent: false, ...(pinned ? { rejectUnauthorized: false } : {}) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (d) => (text += d));
      response.once('error', () => ok(null)).once('end', () => ok(response.statusCode >= 200 && response.statusCode < 300 ? parsed(text) : null));
    });
    request.once('socket', (socket) => {
      if (pinned) socket.once('secureConnect', () => socket.getPeerX509Certificate()?.fingerprint256 !== pinned && request.destroy());
    });
    request.once('timeout', () => request.destroy()).once('error', () => ok(null));
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
