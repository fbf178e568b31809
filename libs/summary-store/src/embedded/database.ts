/** The SQLite file: how it is opened, its tables, its version. Runs in the worker thread. */
import type { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '@headwater/store-connection';
import { StoreError } from '../port.ts';

/** Raised with every change of the tables; a file of a newer version is refused. */
export const SCHEMA_VERSION = 2;

// Bytes stand last: what is behind them in a row is read through all their overflow pages. Columns of `closed` are always named.
const TABLES = `
  CREATE TABLE unit (topic TEXT, partition INTEGER, epoch INTEGER NOT NULL, incarnation TEXT NOT NULL,
    next_offset INTEGER, agents BLOB, watermark INTEGER NOT NULL, silent TEXT NOT NULL, at INTEGER NOT NULL,
    seq INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
  CREATE TABLE partial (topic TEXT NOT NULL, partition INTEGER NOT NULL, resolution TEXT NOT NULL, start INTEGER NOT NULL,
    subject TEXT NOT NULL, revision INTEGER NOT NULL, frozen INTEGER NOT NULL, bytes BLOB NOT NULL);
  CREATE UNIQUE INDEX partial_open ON partial (topic, partition, resolution, start, subject) WHERE frozen = 0;
  CREATE INDEX partial_window ON partial (topic, resolution, start, subject);
  CREATE TABLE closed (topic TEXT, resolution TEXT, start INTEGER, subject TEXT, revision INTEGER NOT NULL,
    holds TEXT NOT NULL, missing TEXT NOT NULL, closed_at INTEGER NOT NULL, bytes BLOB NOT NULL);
  CREATE UNIQUE INDEX closed_window ON closed (topic, resolution, start, subject);
  CREATE TABLE taken (topic TEXT NOT NULL, partition INTEGER NOT NULL, resolution TEXT NOT NULL, start INTEGER NOT NULL,
    subject TEXT NOT NULL);
  CREATE INDEX taken_unit ON taken (topic, partition);
`;

// due: roll-ups that are missing or do not hold all; a roll-up counts while it is not in there. floor: see Claim.floors.
const ROLLING = `
  CREATE TABLE roll (topic TEXT NOT NULL, resolution TEXT NOT NULL, start INTEGER NOT NULL, subject TEXT NOT NULL, revision INTEGER NOT NULL,
    final INTEGER NOT NULL, missing TEXT NOT NULL, closed_at INTEGER NOT NULL, bytes BLOB NOT NULL);
  CREATE UNIQUE INDEX roll_window ON roll (topic, resolution, start, subject);
  CREATE TABLE due (topic TEXT NOT NULL, resolution TEXT NOT NULL, start INTEGER NOT NULL, subject TEXT NOT NULL, stamp INTEGER NOT NULL,
    PRIMARY KEY (topic, resolution, start, subject)) WITHOUT ROWID;
  CREATE TABLE counter (topic TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE floor (topic TEXT NOT NULL, resolution TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (topic, resolution)) WITHOUT ROWID;
`;
/** What version 1 closed gets its marks. */
const ADOPT = `
  INSERT OR IGNORE INTO due SELECT DISTINCT topic, '1m', start - start % 60000, subject, 0 FROM closed WHERE resolution = '10s';
  INSERT OR IGNORE INTO due SELECT DISTINCT topic, '1h', start - start % 3600000, subject, 0 FROM closed WHERE resolution IN ('10s', '1m');
`;

export function openDatabase(path: string): DatabaseSync {
  return openSqlite(path, {
    autoVacuum: 'INCREMENTAL',
    pragmas: 'PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;',
    version: SCHEMA_VERSION,
    migrate: (from) => `${from === 0 ? TABLES : ''} ${ROLLING} ${ADOPT}`,
    newer: (found) => new StoreError('newer_version', { found, known: SCHEMA_VERSION }),
  });
}
