/** The embedded adapter: SQLite in WAL mode in a worker thread; several processes may share the file. */
import { checkAmount, checkSum, checkTtl } from '../checks.ts';
import type { StateEntry, StateStore } from '../port.ts';
import { StateStoreError, type StateStoreErrorCode } from '../port.ts';
import { Thread, opened, type ThreadFailure } from '@headwater/store-connection';
import type { Functions } from './worker.ts';

export class EmbeddedStateStore implements StateStore {
  readonly #thread: Thread<Functions>;

  private constructor(path: string) {
    this.#thread = new Thread<Functions>('./worker', import.meta.url, { path }, errorOf);
  }

  static open(path: string): Promise<EmbeddedStateStore> {
    return opened(new EmbeddedStateStore(path));
  }

  get(key: string): Promise<StateEntry | null> {
    return this.#thread.call('get', key);
  }
  async set(key: string, value: string, options?: { ttlMs?: number }): Promise<void> {
    return this.#thread.call('set', key, value, checkTtl(options));
  }
  async compareAndSet(key: string, expected: number | null, value: string, options?: { ttlMs?: number }): Promise<boolean> {
    return this.#thread.call('compareAndSet', key, expected, value, checkTtl(options));
  }
  delete(key: string): Promise<boolean> {
    return this.#thread.call('delete', key);
  }
  list(prefix: string): Promise<StateEntry[]> {
    return this.#thread.call('list', prefix);
  }
  async add(key: string, by: number, options?: { ttlMs?: number }): Promise<number> {
    checkAmount(by);
    return checkSum(key, await this.#thread.call('add', key, by, checkTtl(options)));
  }
  ping(): Promise<void> {
    return this.#thread.call('ping');
  }
  end(): Promise<void> {
    return this.#thread.end();
  }
}

function errorOf(failure: ThreadFailure): Error {
  return failure.code ? new StateStoreError(failure.code as StateStoreErrorCode, failure.params) : new Error(failure.message);
}
