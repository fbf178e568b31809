import { setTimeout as sleep } from 'node:timers/promises';

interface Endable {
  end(): Promise<void>;
}

/**
 * A store that may be away when the API starts: it is tried again until it opens, and until then `get` throws the
 * error of the last try, which the API answers with 503. An error that trying again cannot mend is given to `onFatal`.
 */
export class OpeningStore<S extends Endable> {
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  #store: S | null = null;
  #error: Error;

  constructor(open: () => Promise<S>, pending: Error, on: { waiting(error: Error): void; open(): void; fatal(error: Error): void }, retryMs = 500) {
    this.#error = pending;
    this.#done = this.#open(open, on, retryMs);
  }

  get(): S {
    if (this.#store === null) throw this.#error;
    return this.#store;
  }

  /** Resolves when the store is open, or was ended before. */
  get opened(): Promise<void> {
    return this.#done;
  }

  async end(): Promise<void> {
    this.#abort.abort();
    await this.#done;
    await this.#store?.end();
  }

  async #open(open: () => Promise<S>, on: { waiting(error: Error): void; open(): void; fatal(error: Error): void }, retryMs: number): Promise<void> {
    let said = '';
    while (!this.#abort.signal.aborted) {
      try {
        this.#store = await open();
        on.open();
        return;
      } catch (cause) {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        this.#error = error;
        if ((error as { retryable?: boolean }).retryable !== true) return on.fatal(error);
        if (error.message !== said) on.waiting(error);
        said = error.message;
      }
      await sleep(retryMs, undefined, { signal: this.#abort.signal }).catch(() => undefined);
    }
  }
}
