/** The Redis adapter: one function call each; see lua-1.ts. */
import { checkAmount, checkSum, checkTtl } from '../checks.ts';
import { StateStoreError, type StateEntry, type StateStore, type StateStoreSettings } from '../port.ts';
import { Connection, type Argument, type RedisFailure } from '@headwater/store-connection';
import { LIBRARY } from './lua-1.ts';

/** Raised with every change of keys or values; data of a newer version is refused. */
const SCHEMA_VERSION = 1;

export class RedisStateStore implements StateStore {
  readonly #redis: Connection;
  readonly #base: string;

  private constructor(redis: Connection, base: string) {
    this.#redis = redis;
    this.#base = base;
  }

  static async open(settings: Extract<StateStoreSettings, { kind: 'redis' }>): Promise<RedisStateStore> {
    if (/[{}\s]/.test(settings.prefix)) throw new RangeError(`prefix: "${settings.prefix}" must not contain braces or blanks; they decide where Redis Cluster keeps a key`);
    const redis = await Connection.open(settings, LIBRARY).catch(fail);
    const schema = `${settings.prefix}:state:schema`;
    try {
      await redis.command('SET', schema, SCHEMA_VERSION, 'NX').catch(fail);
      const found = Number(await redis.command('GET', schema).catch(fail));
      if (found > SCHEMA_VERSION) throw new StateStoreError('newer_version', { found, known: SCHEMA_VERSION });
      return new RedisStateStore(redis, `{${settings.prefix}:state}`);
    } catch (error) {
      redis.end();
      throw error;
    }
  }

  async get(key: string): Promise<StateEntry | null> {
    const [value, version] = (await this.#call('get', [key], true)) as [Buffer | null, Buffer | null];
    return value === null ? null : { key, value: value.toString(), version: Number(version) };
  }
  async set(key: string, value: string, options?: { ttlMs?: number }): Promise<void> {
    await this.#call('set', [key, value, checkTtl(options) ?? '']);
  }
  async compareAndSet(key: string, expected: number | null, value: string, options?: { ttlMs?: number }): Promise<boolean> {
    return (await this.#call('cas', [key, expected ?? '', value, checkTtl(options) ?? ''])) === 1;
  }
  async delete(key: string): Promise<boolean> {
    return (await this.#call('delete', [key])) === 1;
  }
  async list(prefix: string): Promise<StateEntry[]> {
    const flat = (await this.#call('list', [prefix], true)) as Buffer[];
    return Array.from({ length: flat.length / 3 }, (_, i) => ({ key: String(flat[i * 3]), value: String(flat[i * 3 + 1]), version: Number(flat[i * 3 + 2]) }));
  }
  async add(key: string, by: number, options?: { ttlMs?: number }): Promise<number> {
    checkAmount(by);
    const sum = (await this.#call('add', [key, by, checkTtl(options) ?? ''])) as Buffer | null;
    return checkSum(key, sum === null ? null : Number(sum));
  }
  async ping(): Promise<void> {
    await this.#redis.ping().catch(fail);
  }
  async end(): Promise<void> {
    this.#redis.end();
  }

  #call(name: string, args: Argument[], readOnly = false): Promise<unknown> {
    return this.#redis.call(name, this.#base, args, readOnly).catch(fail);
  }
}

function fail({ code, params, message }: RedisFailure): never {
  throw code ? new StateStoreError(code, params) : new Error(message);
}
