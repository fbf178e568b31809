/** A store's SQLite file: opened, its tables made or brought up to this version. Runs in the worker thread. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How long a call waits for another process's write, ms. */
const BUSY_TIMEOUT = 5000;

export interface SqliteSettings {
  autoVacuum: 'INCREMENTAL' | 'FULL';
  /** further PRAGMAs, each ended by a semicolon */
  pragmas?: string;
  /** raised with every change of the tables */
  version: number;
  /** SQL that leads from a version (0: an empty file) to `version` */
  migrate(from: number): string;
  /** the error for a file of a newer version */
  newer(found: number): Error;
}

/** WAL, mode 0600, one writer at a time. Throws `newer`, and what SQLite and the file system throw. */
export function openSqlite(path: string, { autoVacuum, pragmas = '', version, migrate, newer }: SqliteSettings): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600)); // SQLite gives -wal and -shm the mode of the file
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
  try {
    db.exec(`PRAGMA auto_vacuum = ${autoVacuum}`); // counts only before the first page is written, so before WAL
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${pragmas}`);
    transaction(db, () => {
      const found = Number(db.prepare('PRAGMA user_version').get()!['user_version']);
      if (found > version) throw newer(found);
      if (found < version) db.exec(`${migrate(found)} PRAGMA user_version = ${version}`);
    });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** BEGIN IMMEDIATE: a transaction that began as a reader cannot be made to wait for its turn to write. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    db.exec('COMMIT');
    return value;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK'); // on SQLITE_FULL and the like SQLite has rolled back already
    throw error;
  }
}

/** One snapshot for several SELECTs. */
export function snapshot<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN');
  try {
    return work();
  } finally {
    if (db.isTransaction) db.exec('COMMIT');
  }
}
