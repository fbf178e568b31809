#!/usr/bin/env node
// A real redis-server of one's own on loopback: for tests, the demo fleet and a look by hand.
// Plain Node without dependencies. As a program: node infra/redis/start.mjs [--dir DIR] [--port N] [--appendonly] [--set key=value ...]
//
// REDIS_SERVER names another binary than the `redis-server` on the PATH.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const START_TIMEOUT_MS = 15_000;
const HOST = '127.0.0.1';

/**
 * @typedef {object} RunningRedis
 * @property {string} url redis://127.0.0.1:PORT
 * @property {number} port stays the same over restart
 * @property {number | undefined} pid of the server that runs now
 * @property {string} dir
 * @property {(...args: (string|number)[]) => Promise<unknown>} command one command on a connection of its own, replies decoded
 * @property {() => Promise<void>} stop ends it in order (SIGTERM) and removes a dir that start made
 * @property {() => Promise<void>} kill SIGKILL: what was not persisted is gone
 * @property {() => Promise<void>} restart starts it again on the same port and dir (after kill, or killing first)
 * @property {() => Promise<void>} snapshot keeps the data set as it is now, beside the server
 * @property {() => Promise<void>} restoreSnapshot kills the server and starts it on that data set
 * @property {() => Promise<void>} reloadSnapshot the same within milliseconds, without a restart (needs the directive enable-debug-command yes)
 */

/**
 * Without persistence by default (what is not in a snapshot is lost with the process), `noeviction` always unless config says otherwise.
 * @param {{dir?: string, port?: number, appendonly?: boolean, config?: Record<string, string | number>, sentinelFile?: string}} [options]
 *   sentinelFile: runs a Sentinel on this file (it rewrites it) instead of a data server
 *   config: any directive of redis.conf, e.g. {maxmemory: '20mb', requirepass: 'x', 'cluster-enabled': 'yes'}
 * @returns {Promise<RunningRedis>}
 */
export async function startRedis({ dir, port, appendonly = false, config = {}, sentinelFile } = {}) {
  const made = dir === undefined;
  const home = dir ?? mkdtempSync(join(tmpdir(), 'headwater-redis-'));
  mkdirSync(home, { recursive: true });
  const at = port ?? (await freePort());
  const kept = join(home, 'kept.rdb');
  const dump = join(home, 'dump.rdb');
  /** @type {import('node:child_process').ChildProcess | null} */
  let child = null;

  const command = (...args) => send(at, config.requirepass, args);

  // Redis loads a dump that it finds, also with save "": without persistence a restart is to begin empty.
  const forgetDump = () => config.save === undefined && rmSync(dump, { force: true });

  async function launch(persist = appendonly) {
    const directives = {
      bind: HOST,
      port: at,
      dir: home,
      save: '',
      appendonly: persist ? 'yes' : 'no',
      'maxmemory-policy': 'noeviction',
      daemonize: 'no',
      ...config,
    };
    const chosen = sentinelFile ? { bind: HOST, port: at, dir: home } : directives;
    const args = [...(sentinelFile ? [sentinelFile, '--sentinel'] : []), ...Object.entries(chosen).flatMap(([key, value]) => [`--${key}`, String(value)])];
    const log = [];
    child = spawn(process.env.REDIS_SERVER ?? 'redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const mine = child;
    let ended = '';
    mine.once('error', (error) => (ended = error.code === 'ENOENT' ? 'redis-server is not installed (Debian package redis-server)' : error.message));
    mine.once('exit', (code, signal) => (ended ||= `it ended with ${signal ?? code}`));
    for (const stream of [mine.stdout, mine.stderr]) stream?.on('data', (data) => log.push(String(data)));
    const until = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if (ended) throw new Error(`redis-server did not start on port ${at}: ${ended}\n${log.join('').slice(-2000)}`);
      const answer = await command('PING').catch((error) => error.message);
      // LOADING: still reading its data. NOAUTH, WRONGPASS, NOPERM: it answers, only not to us.
      if (answer === 'PONG' || /^(NOAUTH|WRONGPASS|NOPERM)/.test(String(answer))) return;
      if (config['tls-port'] && config.port === 0 && log.join('').includes('Ready to accept')) return;
      if (Date.now() > until) {
        mine.kill('SIGKILL');
        throw new Error(`redis-server does not answer on port ${at} after ${START_TIMEOUT_MS} ms: ${answer}`);
      }
      await sleep(20);
    }
  }

  async function end(signal) {
    const mine = child;
    child = null;
    if (!mine || mine.exitCode !== null || mine.signalCode !== null) return;
    const gone = once(mine, 'exit');
    mine.kill(signal);
    mine.kill('SIGCONT'); // a stopped one would not see SIGTERM
    await gone;
  }

  const onExit = () => child?.kill('SIGKILL');
  process.on('exit', onExit);
  await launch();

  return {
    url: `redis://${HOST}:${at}`,
    port: at,
    dir: home,
    get pid() {
      return child?.pid;
    },
    command,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      process.off('exit', onExit);
      if (made) rmSync(home, { recursive: true, force: true });
    },
    async restart() {
      await end('SIGKILL');
      await launch();
    },
    async snapshot() {
      await command('SAVE');
      copyFileSync(dump, kept);
      forgetDump();
    },
    async reloadSnapshot() {
      copyFileSync(kept, dump);
      await command('DEBUG', 'RELOAD', 'NOSAVE');
      await command('FUNCTION', 'FLUSH'); // a new process would not know what a library has noted in its variables
      forgetDump();
    },
    async restoreSnapshot() {
      if (!existsSync(kept)) throw new Error('there is no snapshot to restore: call snapshot() first');
      await end('SIGKILL');
      rmSync(join(home, 'appendonlydir'), { recursive: true, force: true }); // Redis would load it rather than the dump
      copyFileSync(kept, dump);
      await launch(false);
      forgetDump();
      if (!appendonly) return;
      await command('CONFIG', 'SET', 'appendonly', 'yes'); // begins by writing the whole data set to a new file
      while (/aof_rewrite_(in_progress|scheduled):1/.test(String(await command('INFO', 'persistence')))) await sleep(20);
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** One command over a connection of its own (RESP2). Rejects with the server's error text. */
function send(port, password, args) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST);
    let buffer = Buffer.alloc(0);
    let skip = password === undefined ? 0 : 1;
    socket.setTimeout(10_000, () => socket.destroy(new Error('timeout')));
    socket.on('connect', () => socket.write((password === undefined ? '' : encode(['AUTH', password])) + encode(args)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('connection closed')));
    socket.on('data', (data) => {
      buffer = Buffer.concat([buffer, data]);
      for (;;) {
        const reply = decode(buffer, 0);
        if (!reply) return;
        buffer = buffer.subarray(reply.end);
        if (skip-- > 0) continue;
        if (reply.value instanceof Error) reject(reply.value);
        else resolve(reply.value);
        socket.destroy();
        return;
      }
    });
  });
}

function encode(args) {
  return `*${args.length}\r\n${args.map((a) => `$${Buffer.byteLength(String(a))}\r\n${a}\r\n`).join('')}`;
}

/** @returns {{value: unknown, end: number} | null} null: not all there yet */
function decode(buffer, at) {
  const eol = buffer.indexOf('\r\n', at);
  if (eol < 0) return null;
  const head = buffer.toString('utf8', at + 1, eol);
  const next = eol + 2;
  switch (String.fromCharCode(buffer[at])) {
    case '+':
      return { value: head, end: next };
    case '-':
      return { value: new Error(head), end: next };
    case ':':
      return { value: Number(head), end: next };
    case '$': {
      const size = Number(head);
      if (size < 0) return { value: null, end: next };
      if (buffer.length < next + size + 2) return null;
      return { value: buffer.toString('utf8', next, next + size), end: next + size + 2 };
    }
    case '*': {
      const items = [];
      let end = next;
      for (let i = 0; i < Number(head); i++) {
        const item = decode(buffer, end);
        if (!item) return null;
        items.push(item.value);
        end = item.end;
      }
      return { value: items, end };
    }
    default:
      throw new Error(`not RESP: ${buffer.toString('utf8', at, at + 40)}`);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { dir: { type: 'string' }, port: { type: 'string' }, appendonly: { type: 'boolean' }, set: { type: 'string', multiple: true, default: [] } },
  });
  const redis = await startRedis({
    ...(values.dir ? { dir: values.dir } : {}),
    ...(values.port ? { port: Number(values.port) } : {}),
    appendonly: values.appendonly ?? false,
    config: Object.fromEntries(values.set.map((s) => [s.slice(0, s.indexOf('=')), s.slice(s.indexOf('=') + 1)])),
  });
  console.log(`${redis.url} (pid ${redis.pid}, ${redis.dir}); Ctrl-C ends it`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void redis.stop().then(() => process.exit(0)));
}
