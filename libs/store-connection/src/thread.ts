/**
 * Runs a synchronous set of functions in a worker thread and calls them from here. node:sqlite blocks while it works
 * or waits for a lock; the main thread never does.
 */
import { Worker, parentPort, workerData } from 'node:worker_threads';

type Functions = Record<string, (...args: never[]) => unknown> & { end(): void };
/** Opens `store` by its first call; ends it when that fails. */
export async function opened<S extends { ping(): Promise<void>; end(): Promise<void> }>(store: S): Promise<S> {
  try {
    await store.ping();
    return store;
  } catch (error) {
    await store.end();
    throw error;
  }
}

/** An error as it crosses the thread: `code` and `params` are the store's error's, absent for a programming error. */
export interface ThreadFailure {
  code?: string;
  params?: Record<string, string | number>;
  message: string;
}
interface Pending {
  resolve(value: unknown): void;
  reject(failure: ThreadFailure): void;
}

export class Thread<F extends Functions> {
  readonly #entry: URL;
  readonly #data: unknown;
  readonly #errorOf: (failure: ThreadFailure) => Error;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #next = 0;
  #ended = false;

  /**
   * `entry`: the worker module without its extension; it is .ts when run from src and .js from dist.
   * `errorOf`: what calls reject with.
   */
  constructor(entry: string, base: string, data: unknown, errorOf: (failure: ThreadFailure) => Error) {
    this.#errorOf = errorOf;
    this.#entry = new URL(entry + (base.endsWith('.ts') ? '.ts' : '.js'), base);
    this.#data = data;
  }

  /** A thread that died is started again by the next call. */
  call<K extends keyof F & string>(name: K, ...args: Parameters<F[K]>): Promise<ReturnType<F[K]>> {
    return new Promise((resolve, refuse) => {
      const reject = (failure: ThreadFailure) => refuse(this.#errorOf(failure));
      if (this.#ended) return reject({ code: 'unreachable', params: { detail: 'it was closed' }, message: 'closed' });
      const worker = (this.#worker ??= this.#start());
      const id = this.#next++;
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.ref(); // an idle thread does not keep the process alive, a call does
      worker.postMessage({ id, name, args });
    });
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    if (this.#worker) await this.call('end', ...([] as unknown as Parameters<F['end']>)).catch(() => {});
    this.#ended = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    // Flags of the process (--input-type, --inspect) are not for it; run from sources, it finds our other packages' sources.
    const execArgv = this.#entry.pathname.endsWith('.ts') ? ['--conditions=@headwater/source'] : [];
    const worker = new Worker(this.#entry, { workerData: this.#data, execArgv });
    worker.on('message', ({ id, value, failure }: { id: number; value: unknown; failure?: ThreadFailure }) => {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (this.#pending.size === 0) worker.unref();
      if (failure) pending?.reject(failure);
      else pending?.resolve(value);
    });
    let cause = 'its thread ended';
    worker.on('error', (error) => (cause = error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      for (const pending of this.#pending.values()) pending.reject({ code: 'unreachable', params: { detail: cause }, message: cause });
      this.#pending.clear();
    });
    return worker;
  }
}

/** In the worker: answers calls, one after the other. `open` runs at the first call and again after it failed. */
export function serve(open: (data: never) => Functions, describe: (error: unknown) => ThreadFailure): void {
  let functions: Functions | null = null;
  parentPort!.on('message', ({ id, name, args }: { id: number; name: string; args: never[] }) => {
    try {
      functions ??= open(workerData as never);
      parentPort!.postMessage({ id, value: functions[name]!(...args) });
    } catch (error) {
      parentPort!.postMessage({ id, failure: describe(error) });
    }
  });
}
