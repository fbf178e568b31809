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
  /** Adds to an integer under a key and answers the sum; ttlMs counts from the first add. */
  add(key: string, by: number, options?: { ttlMs?: number }): Promise<number>;
  ping(): Promise<void>;
  end(): Promise<void>;
}

/** `openStateStore(settings)` in index.ts answers a StateStore. */
export type StateStoreSettings =
  | { kind: 'embedded'; path: string }
  | { kind: 'redis'; url: string; prefix: string; passwordFile?: string; sentinels?: { name: string; nodes: string[] }; cluster?: string[]; tls?: { ca?: string } };
