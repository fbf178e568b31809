import { createHash, randomBytes } from 'node:crypto';
import type { StateStore } from '@headwater/state-store';
import type { Seal } from './seal.ts';

export interface Held<T> {
  value: T;
  version: number;
}

/** 256 random bits. */
export function randomId(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Records under ids that only a browser holds: the store has the id's hash and the record's cipher text, so neither
 * a copy of the store nor of the key alone opens a session.
 */
export class Vault<T> {
  readonly #store: () => StateStore;
  readonly #seal: Seal;
  readonly #prefix: string;

  constructor(store: () => StateStore, seal: Seal, prefix: string) {
    this.#store = store;
    this.#seal = seal;
    this.#prefix = prefix;
  }

  #key(id: string): string {
    return `${this.#prefix}/${createHash('sha256').update(id).digest('base64url')}`;
  }

  async get(id: string): Promise<Held<T> | null> {
    const key = this.#key(id);
    const entry = await this.#store().get(key);
    if (entry === null) return null;
    const value = this.#seal.open(key, entry.value) as T | null;
    return value === null ? null : { value, version: entry.version };
  }

  /** `expected`: the version that was read; null: must not be there. Answers whether it was written. */
  async put(id: string, expected: number | null, value: T, ttlMs: number): Promise<boolean> {
    const key = this.#key(id);
    return this.#store().compareAndSet(key, expected, this.#seal.seal(key, value), { ttlMs: Math.max(1, Math.ceil(ttlMs)) });
  }

  /** Answers whether it was there: of two that take the same, one gets it. */
  async delete(id: string): Promise<boolean> {
    return this.#store().delete(this.#key(id));
  }
}
