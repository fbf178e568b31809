/** The embedded adapter: SQLite in WAL mode in a worker thread; several processes may share the file. */
import { checkAmount, checkSum, checkTtl } from '../checks.ts';
import type { StateEntry, StateStore } from '../port.ts';
import { StateStoreError, type StateStoreErrorCode } from '../port.ts';
import { Thread, type ThreadFailure } from '@headwater/store-connection';
import type { Functions } from './worker.ts';

export class EmbeddedStateStore implements StateStore {
  readonly #thread: Thread<Functions>;

  private constructor(path: string) {
    this.#thread = new Thread<Functions>('./worker', import.meta.url, { path });
  }

  static async open(path: string): Promise<EmbeddedStateStore> {
    const store = new EmbeddedStateStore(path);
    try {
      await store.ping();
      return store;
    } catch (error) {
      await store.end();
      throw error;
    }
  }

  async #call<K extends keyof Functions>(name: K, ...args: Parameters<Functions[K]>): Promise<ReturnType<Functions[K]>> {
    try {
      return await this.#thread.call(name, ...args);
    } catch (failure) {
      throw errorOf(failure as ThreadFailure);
    }
  }

  get(key: string): Promise<StateEntry | null> {
    return this.#call('get', key);
  }
  async set(key: string, value: string, options?: { ttlMs?: number }): Promise<void> {
    return this.#call('set', key, value, checkTtl(options));
  }
  async compareAndSet(key: string, expected: number | null, value: string, options?: { ttlMs?: number }): Promise<boolean> {
    return this.#call('compareAndSet', key, expected, value, checkTtl(options));
  }
  delete(key: string): Promise<boolean> {
    return this.#call('delete', key);
  }
  list(prefix: string): Promise<StateEntry[]> {
    return this.#call('list', prefix);
  }
  async add(key: string, by: number, options?: { ttlMs?: number }): Promise<number> {
    checkAmount(by);
    return checkSum(key, await this.#call('add', key, by, checkTtl(options)));
  }
  ping(): Promise<void> {
    return this.#call('ping');
  }
  end(): Promise<void> {
    return this.#thread.end();
  }
}

function errorOf(failure: ThreadFailure): Error {
  return failure.code ? new StateStoreError(failure.code as StateStoreErrorCode, failure.params) : new Error(failure.message);
}
