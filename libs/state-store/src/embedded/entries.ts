/** The state store in SQLite: opening, tables, operations. Runs in the worker thread. */
import type { DatabaseSync } from 'node:sqlite';
import { openSqlite, transaction } from '@headwater/store-connection';
import { StateStoreError, type StateEntry } from '../port.ts';

/** Raised with every change of the tables; a file of a newer version is refused. */
export const SCHEMA_VERSION = 1;
/** Expired entries removed beside each write. Reading never sees them; this only gives the room back. */
const SWEEP = 20;

const TABLES = `
  CREATE TABLE entry (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at INTEGER) WITHOUT ROWID;
  CREATE INDEX entry_expiry ON entry (expires_at) WHERE expires_at IS NOT NULL;
  -- One counter for all keys: a version is never used again, also after its key expired or was deleted.
  CREATE TABLE counter (version INTEGER NOT NULL);
  INSERT INTO counter VALUES (0);
`;

export function openEntries(path: string, now: () => number = Date.now) {
  const db = openSqlite(path, {
    autoVacuum: 'FULL',
    version: SCHEMA_VERSION,
    migrate: () => TABLES,
    newer: (found) => new StateStoreError('newer_version', { found, known: SCHEMA_VERSION }),
  });
  return operations(db, now);
}

type Row = StateEntry & { expires_at: number | null };

function operations(db: DatabaseSync, now: () => number) {
  const LIVE = '(expires_at IS NULL OR expires_at > ?)';
  const one = db.prepare(`SELECT key, value, version, expires_at FROM entry WHERE key = ? AND ${LIVE}`);
  const some = db.prepare(`SELECT key, value, version FROM entry WHERE key >= ? AND key < ? || char(0x10FFFF) AND substr(key, 1, length(?)) = ? AND ${LIVE} ORDER BY key`);
  const nextVersion = db.prepare('UPDATE counter SET version = version + 1 RETURNING version');
  const write = db.prepare('INSERT INTO entry VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at');
  const remove = db.prepare(`DELETE FROM entry WHERE key = ? AND ${LIVE}`);
  const sweep = db.prepare(`DELETE FROM entry WHERE key IN (SELECT key FROM entry WHERE expires_at <= ? LIMIT ${SWEEP})`);

  const live = (key: string) => one.get(key, now()) as Row | undefined;
  const put = (key: string, value: string, expiresAt: number | null) => {
    sweep.run(now());
    write.run(key, value, Number(nextVersion.get()!['version']), expiresAt);
  };
  const expiry = (ttlMs: number | undefined) => (ttlMs === undefined ? null : now() + ttlMs);

  return {
    get(key: string): StateEntry | null {
      const row = live(key);
      return row ? { key, value: row.value, version: row.version } : null;
    },
    set(key: string, value: string, ttlMs?: number): void {
      transaction(db, () => put(key, value, expiry(ttlMs)));
    },
    compareAndSet(key: string, expected: number | null, value: string, ttlMs?: number): boolean {
      return transaction(db, () => {
        if ((live(key)?.version ?? null) !== expected) return false;
        put(key, value, expiry(ttlMs));
        return true;
      });
    },
    delete(key: string): boolean {
      return transaction(db, () => Number(remove.run(key, now()).changes) === 1);
    },
    list(prefix: string): StateEntry[] {
      return some.all(prefix, prefix, prefix, prefix, now()).map((row) => ({ ...row })) as unknown as StateEntry[];
    },
    /** null: what is there is no integer, or the sum is not safe. */
    add(key: string, by: number, ttlMs?: number): number | null {
      return transaction(db, () => {
        const row = live(key);
        if (row && !/^-?\d+$/.test(row.value)) return null;
        const sum = Number(row?.value ?? 0) + by;
        if (!Number.isSafeInteger(sum)) return null;
        put(key, String(sum), row ? row.expires_at : expiry(ttlMs));
        return sum;
      });
    },
    ping: (): void => void db.prepare('SELECT version FROM counter').get(),
    end: (): void => db.close(),
  };
}
