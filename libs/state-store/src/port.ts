import type { RedisSettings } from '@headwater/store-connection';

/**
 * The state store: small keys with a time to live (heartbeats, sessions, OAuth grants, alert state, budgets,
 * audit). Deliberately absent: windows and offsets (summary-store), queries, transactions over several keys.
 */
export interface StateEntry {
  key: string;
  value: string;
  /** changes with every write of the key */
  version: number;
}

export interface StateStore {
  get(key: string): Promise<StateEntry | null>;
  /** Without ttlMs the key stays. */
  set(key: string, value: string, options?: { ttlMs?: number }): Promise<void>;
  /** Writes only if the stored version is `expected` (null: only if absent). Answers whether it did. */
  compareAndSet(key: string, expected: number | null, value: string, options?: { ttlMs?: number }): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  /** Live entries whose key begins with prefix, by key. */
  list(prefix: string): Promise<StateEntry[]>;
  /** Adds to an integer under a key and answers the sum; ttlMs counts from the first add. RangeError: what is there is no integer, or the sum is not safe. */
  add(key: string, by: number, options?: { ttlMs?: number }): Promise<number>;
  /** Rejects with StateStoreError; used by readyz. */
  ping(): Promise<void>;
  /** Total loss of connection is survived: calls reject with `unreachable` until it is back. */
  end(): Promise<void>;
}

/** The same codes as the summary store's. */
export const STATE_STORE_ERRORS = {
  unreachable: { retryable: true, text: 'the state store does not answer: {detail}' },
  full: { retryable: true, text: 'the state store has no room: {detail}' },
  newer_version: { retryable: false, text: 'the state store was written by a newer version ({found}; this one knows up to {known})' },
  misconfigured: { retryable: false, text: 'the state store is set up so that data would be lost: {detail}' },
  corrupt: { retryable: false, text: 'the state store is damaged: {detail}' },
} as const;

export type StateStoreErrorCode = keyof typeof STATE_STORE_ERRORS;

export class StateStoreError extends Error {
  readonly code: StateStoreErrorCode;
  readonly retryable: boolean;
  readonly params: Record<string, string | number>;
  constructor(code: StateStoreErrorCode, params: Record<string, string | number> = {}, options?: ErrorOptions) {
    super(
      STATE_STORE_ERRORS[code].text.replace(/\{(\w+)\}/g, (_, k: string) => String(params[k] ?? `{${k}}`)),
      options,
    );
    this.name = 'StateStoreError';
    this.code = code;
    this.params = params;
    this.retryable = STATE_STORE_ERRORS[code].retryable;
  }
}

/** `openStateStore(settings)` in index.ts answers a StateStore. */
export type StateStoreSettings = { kind: 'embedded'; path: string } | ({ kind: 'redis'; prefix: string } & RedisSettings);
