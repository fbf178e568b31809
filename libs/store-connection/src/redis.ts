/**
 * One connection to a Redis: single, behind Sentinel, or a Cluster; with our function library on it.
 *
 * A call never waits for a connection: while there is none it is rejected, and one that was under way when the
 * connection broke is rejected too (it may have been applied: every function of ours may be sent again).
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

export interface RedisSettings {
  url: string;
  /** of the ACL; else the URL's */
  username?: string;
  passwordFile?: string;
  /** how CLIENT LIST names our connections */
  clientName?: string;
  /** the password and encryption of the Sentinels themselves */
  sentinels?: { name: string; nodes: string[]; username?: string; passwordFile?: string; tls?: boolean };
  cluster?: string[];
  tls?: { ca?: string };
}
/** Functions in Lua, each registered as function_name='NAME'; Redis knows it by a name that no other version of the library has. */
export interface Library {
  name: string;
  code: string;
}
/** An error by code (the stores' tables); without one it is a programming error. */
export interface RedisFailure {
  code?: 'unreachable' | 'full' | 'misconfigured' | 'corrupt';
  params?: { detail: string };
  message: string;
}
export type Argument = string | number | Buffer;

const CONNECT_TIMEOUT_MS = 3000;
/** A commit of 8 MB takes about 20 ms; who does not answer for this long is as good as away. */
const COMMAND_TIMEOUT_MS = 5000;
const LONGEST_PAUSE_MS = 1000;
const OLDEST_VERSION = 7;

export class Connection {
  readonly #client: Redis | Cluster;
  readonly #library: Library;
  readonly #tag: string;
  /** Calls arrive in the order in which they were made (one socket); not so in a Cluster. */
  readonly ordered: boolean;
  /** Why there is no connection; what ioredis tells a caller is only that there is none. */
  #cause = '';
  #gathering = false;

  private constructor(settings: RedisSettings, library: Library) {
    this.#client = client(settings);
    this.ordered = !settings.cluster;
    this.#tag = `${library.name}_${createHash('sha256').update(library.code).digest('hex').slice(0, 10)}`;
    this.#library = library;
    this.#client.on('error', (error: Error) => (this.#cause = error.message)); // without a listener ioredis prints
    this.#client.on('ready', () => (this.#cause = ''));
  }

  /** Rejects with a RedisFailure. */
  static async open(settings: RedisSettings, library: Library): Promise<Connection> {
    let connection: Connection;
    try {
      connection = new Connection(settings, library);
    } catch (error) {
      throw describe(error);
    }
    try {
      await connection.#client.connect(); // settles at the first failure
      await Promise.all(connection.#masters().map((node) => check(node)));
      await connection.#load();
      return connection;
    } catch (error) {
      connection.#client.disconnect();
      throw connection.#failure(error);
    }
  }

  /** Calls a function of the library. `key`: its one key; all it touches has the same hash tag. Replies keep bytes as Buffer. */
  async call(name: string, key: string, args: Argument[] = [], readOnly = false): Promise<unknown> {
    const command = readOnly ? 'FCALL_RO' : 'FCALL';
    const all: Argument[] = [`${this.#tag}_${name}`, 1, key, ...args];
    this.#gather();
    try {
      return await this.#client.callBuffer(command, all);
    } catch (error) {
      if (!/Function not found/.test((error as Error).message)) throw this.#failure(error);
    }
    // Redis came back without the library (no persistence, another replica, a new node of the cluster).
    try {
      await this.#load();
      return await this.#client.callBuffer(command, all);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** A plain command on one key. */
  async command(name: string, ...args: Argument[]): Promise<unknown> {
    this.#gather();
    try {
      return await this.#client.callBuffer(name, args);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async ping(): Promise<void> {
    try {
      await Promise.all(this.#masters().map((node) => node.ping()));
    } catch (error) {
      throw this.#failure(error);
    }
  }

  end(): void {
    this.#client.disconnect();
  }

  /** Calls of one turn of the event loop go out in one write: a question to twelve units is else twelve system calls, and they cost more than all the rest. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const streams = (this.#client instanceof Redis ? [this.#client] : this.#client.nodes('all')).map(({ stream }) => stream);
    for (const stream of streams) stream?.cork();
    process.nextTick(() => {
      this.#gathering = false;
      for (const stream of streams) stream?.uncork();
    });
  }

  #masters(): Redis[] {
    if (this.#client instanceof Redis) return [this.#client];
    const nodes = this.#client.nodes('master');
    if (nodes.length === 0) throw new Error('no master of the cluster is known');
    return nodes;
  }

  #failure(error: unknown): RedisFailure {
    const failure = describe(error);
    if (failure.code !== 'unreachable' || !failure.params) return failure;
    // ioredis says only that there is no connection; the reason came as an event.
    if (/enableOfflineQueue|Connection is closed|max retries per request/.test(failure.message)) failure.params.detail = this.#cause || 'no connection';
    return failure;
  }

  async #load(): Promise<void> {
    const code = `#!lua name=${this.#tag}\n${this.#library.code.replaceAll("function_name='", `function_name='${this.#tag}_`)}`;
    await Promise.all(
      this.#masters().map(async (node) => {
        try {
          await node.call('FUNCTION', 'LOAD', code);
        } catch (error) {
          if (!/already exists/.test((error as Error).message)) throw error;
        }
      }),
    );
  }
}

function client(settings: RedisSettings): Redis | Cluster {
  const url = new URL(settings.url);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw new TypeError(`url: ${url.protocol}// is neither redis:// nor rediss://`);
  const username = settings.username ?? decodeURIComponent(url.username);
  const password = settings.passwordFile === undefined ? decodeURIComponent(url.password) : secretOf(settings.passwordFile);
  const tls = settings.tls !== undefined || url.protocol === 'rediss:';
  const trust = settings.tls?.ca === undefined ? {} : { ca: readFileSync(settings.tls.ca) };
  const retryStrategy = (times: number) => Math.min(50 * 2 ** Math.min(times, 10), LONGEST_PAUSE_MS);
  const options: Omit<RedisOptions, 'replyMapping'> = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(url.pathname.length > 1 ? { db: Number(url.pathname.slice(1)) } : {}),
    ...(tls ? { tls: trust } : {}),
    ...(settings.clientName ? { connectionName: settings.clientName } : {}),
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    keepAlive: 10_000,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy,
    // A master that became a replica (failover): look for the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
  if (settings.cluster) {
    return new Cluster(settings.cluster.map(hostAndPort), {
      redisOptions: options,
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryStrategy,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      slotsRefreshInterval: 10_000,
      ...(tls ? { dnsLookup: (address: string, done: (error: null, address: string) => void) => done(null, address) } : {}), // names, as in the certificate
    });
  }
  if (settings.sentinels) {
    const { name, nodes, username: as, passwordFile, tls: secured } = settings.sentinels;
    return new Redis({
      ...options,
      name,
      sentinels: nodes.map(hostAndPort),
      sentinelRetryStrategy: retryStrategy,
      ...(as ? { sentinelUsername: as } : {}),
      ...(passwordFile ? { sentinelPassword: secretOf(passwordFile) } : {}),
      ...(secured ? { enableTLSForSentinelMode: true, sentinelTLS: trust } : {}),
    });
  }
  return new Redis({ ...options, host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) });
}

function secretOf(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

function hostAndPort(node: string): { host: string; port: number } {
  const { hostname, port } = new URL(`redis://${node}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
}

/** INFO says what CONFIG GET would, and managed services and ACLs leave it open. */
async function check(node: Redis): Promise<void> {
  const info = `${await node.info('server')}\n${await node.info('memory')}`;
  const value = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = value('redis_version');
  if (Number.parseInt(version, 10) < OLDEST_VERSION) throw new Misconfigured(`Redis ${version} is too old; ${OLDEST_VERSION}.0 or newer is needed (functions)`);
  const policy = value('maxmemory_policy');
  if (policy !== 'noeviction') throw new Misconfigured(`maxmemory-policy is ${policy || 'unknown'}; set it to noeviction, or Redis forgets windows when it is full`);
}

class Misconfigured extends Error {}

export function describe(error: unknown): RedisFailure {
  const { message, name } = error as Error;
  const detail = (code: NonNullable<RedisFailure['code']>) => ({ code, params: { detail: message || name }, message });
  if (error instanceof Misconfigured) return detail('misconfigured');
  if (error instanceof TypeError || error instanceof RangeError) return { message };
  if (name !== 'ReplyError') return detail('unreachable'); // sockets, time-outs, ioredis's own
  // MISCONF: it cannot write its snapshot or log, mostly a full disk; it goes on when there is room.
  if (/^(OOM|MISCONF)\b/.test(message)) return detail('full');
  if (/^WRONGTYPE\b/.test(message)) return detail('corrupt');
  if (/^(ERR|CROSSSLOT)\b/.test(message) && !/Function not found|max number of clients|The user executing the script/.test(message)) return { message };
  return detail('unreachable'); // LOADING, READONLY, CLUSTERDOWN, MASTERDOWN, NOREPLICAS, NOAUTH, WRONGPASS, NOPERM, BUSY ...
}
