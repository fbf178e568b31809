/** What closers and readers call: closable, partials, take, close, closed, prune, read. Runs in the worker thread. */
import type { DatabaseSync } from 'node:sqlite';
import {
  RESOLUTION_MS,
  type Closed,
  type ClosedHead,
  type CloseCommit,
  type CloseResult,
  type Partial,
  type ReadRange,
  type Resolution,
  type SegmentKey,
  type Taken,
} from '../port.ts';
import { isHeld, startOf } from '../window.ts';
import { snapshot, transaction } from '@headwater/store-connection';
import { pack, type Packed } from './packed.ts';
import { marks } from './rolling.ts';
import { LEASE, headColumns, toHead, type HeadRow } from './rows.ts';

interface ClosedRow extends HeadRow {
  bytes: Uint8Array;
}

/** Pages given back to the file system by one prune. */
const VACUUM_PAGES = 2000;

export function closing(db: DatabaseSync) {
  const { finished, outdate } = marks(db);
  const floorOf = db.prepare('SELECT value FROM floor WHERE topic = ? AND resolution = ?');
  const KEY = 'topic = ? AND resolution = ? AND start = ? AND subject = ?';
  const epochOf = db.prepare('SELECT epoch FROM unit WHERE topic = ? AND partition = ?');
  const partialRows = db.prepare(`SELECT resolution, start, subject, partition, revision, bytes FROM partial WHERE ${KEY} ORDER BY partition, revision`);
  const closedRow = db.prepare(`SELECT * FROM closed WHERE ${KEY}`);
  const noteTaken = db.prepare(`INSERT INTO taken SELECT topic, partition, resolution, start, subject FROM partial INDEXED BY partial_window WHERE ${KEY} AND frozen = 0`);
  // Left alone, SQLite takes partial_open here by its first column: every open partial of the topic.
  const freeze = db.prepare(`UPDATE partial INDEXED BY partial_window SET frozen = 1 WHERE ${KEY} AND frozen = 0`);
  const putClosed =
    db.prepare(`INSERT INTO closed (topic, resolution, start, subject, revision, holds, missing, closed_at, bytes) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET revision = excluded.revision,
    bytes = excluded.bytes, holds = excluded.holds, missing = excluded.missing, closed_at = excluded.closed_at`);
  const dropHeld = db.prepare(`DELETE FROM partial WHERE ${KEY} AND partition = ? AND revision <= ? AND frozen = 1`);
  // What a closed segment holds goes in the same transaction as the close, so every partial here is one to close.
  const closableRows = db.prepare('SELECT DISTINCT resolution, start, subject FROM partial WHERE topic = ? AND resolution = ? AND start <= ? ORDER BY start, subject');
  const notePruned = db.prepare(
    'INSERT INTO taken SELECT topic, partition, resolution, start, subject FROM partial WHERE topic = ? AND resolution = ? AND start <= ? AND frozen = 0',
  );
  const prunePartials = db.prepare('DELETE FROM partial WHERE topic = ? AND resolution = ? AND start <= ?');
  const pruneOthers = ['closed', 'roll', 'due'].map((table) => db.prepare(`DELETE FROM ${table} WHERE topic = ? AND resolution = ? AND start <= ?`));
  const putFloor = db.prepare('INSERT INTO floor VALUES (?,?,?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)');
  const rollRow = db.prepare(`SELECT * FROM roll WHERE ${KEY}`);
  const WINDOWS = 'topic = ? AND resolution = ? AND start >= ? AND start < ?';
  const CHOSEN = 'AND subject IN (SELECT value FROM json_each(?))';
  const partialColumns = 'SELECT resolution, start, subject, partition, revision, bytes FROM partial';
  const readPartials = { all: db.prepare(`${partialColumns} WHERE ${WINDOWS}`), some: db.prepare(`${partialColumns} WHERE ${WINDOWS} ${CHOSEN}`) };
  for (const statement of Object.values(readPartials)) statement.setReturnArrays(true); // objects cost half as much again
  const readClosed = { all: db.prepare(`SELECT * FROM closed WHERE ${WINDOWS}`), some: db.prepare(`SELECT * FROM closed WHERE ${WINDOWS} ${CHOSEN}`) };
  const heads = `SELECT ${headColumns} FROM closed`;
  const readHeads = { all: db.prepare(`${heads} WHERE ${WINDOWS}`), some: db.prepare(`${heads} WHERE ${WINDOWS} ${CHOSEN}`) };

  const key = (topic: string, k: SegmentKey) => [topic, k.resolution, k.start, k.subject] as const;
  const partials = (topic: string, k: SegmentKey) => (partialRows.all(...key(topic, k)) as unknown as Partial[]).map((row) => ({ ...row }));
  const closed = (topic: string, k: SegmentKey) => {
    const row = closedRow.get(...key(topic, k)) as ClosedRow | undefined;
    return row ? toClosed(row) : null;
  };
  const rolled = (topic: string, k: SegmentKey): Closed | null => {
    const row = rollRow.get(...key(topic, k)) as ClosedRow | undefined;
    return row ? { ...toClosed({ ...row, holds: '{}' }), rollUp: true } : null;
  };

  return {
    closable(topic: string, resolution: Resolution, before: number): SegmentKey[] {
      return closableRows.all(topic, resolution, before - RESOLUTION_MS[resolution]).map((row) => ({ ...row })) as unknown as SegmentKey[];
    },
    partials,
    closed,

    take(topic: string, k: SegmentKey): Taken {
      return transaction(db, () => {
        noteTaken.run(...key(topic, k));
        freeze.run(...key(topic, k));
        const found = closed(topic, k);
        return { closed: found, partials: partials(topic, k).filter((p) => !isHeld(p, found)), lease: LEASE };
      });
    },

    close(topic: string, { unit, epoch, closed: next, expectedRevision, lease }: CloseCommit): CloseResult {
      return transaction(db, () => {
        const stored = epochOf.get(unit.topic, unit.partition)?.['epoch'] as number | undefined;
        if (stored !== undefined && stored > epoch) return { kind: 'fenced', epoch: stored };
        const old = closedRow.get(...key(topic, next)) as ClosedRow | undefined;
        const revision = old?.revision ?? 0;
        const holds = JSON.stringify(next.holds);
        if (stored !== epoch || lease !== LEASE) return { kind: 'stale', revision };
        if (revision !== expectedRevision) {
          const again = old && revision === next.revision && old.holds === holds && Buffer.compare(old.bytes, next.bytes) === 0;
          return again ? { kind: 'ok' } : { kind: 'stale', revision };
        }
        // A second closer that took the same partials and was overtaken: they are in a roll-up, what they were closed into is gone.
        if (finished(topic, next) || (next.resolution === '1h' && next.start < Number(floorOf.get(topic, '1h')?.['value'] ?? 0))) return { kind: 'stale', revision };
        outdate(topic, next);
        putClosed.run(...key(topic, next), next.revision, holds, JSON.stringify(next.missing), next.closedAt, next.bytes);
        for (const [partition, held] of Object.entries(next.holds)) dropHeld.run(...key(topic, next), Number(partition), held);
        return { kind: 'ok' };
      });
    },

    prune(topic: string, resolution: Resolution, before: number): number {
      const last = before - RESOLUTION_MS[resolution];
      const gone = transaction(db, () => {
        notePruned.run(topic, resolution, last);
        if (resolution === '1h') putFloor.run(topic, resolution, startOf(before, resolution));
        const [closedGone, rollGone] = pruneOthers.map((statement) => Number(statement.run(topic, resolution, last).changes));
        return Number(prunePartials.run(topic, resolution, last).changes) + closedGone! + rollGone!;
      });
      if (gone > 0) db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
      return gone;
    },

    /** As `read`, but of the closed segments only the heads: `fetch` brings the bytes of those that are wanted. */
    readHeads({ topic, resolution, start, end, subjects }: ReadRange): { partials: Packed<Partial>; heads: ClosedHead[] } {
      const range = [topic, resolution, start, end] as const;
      const chosen = subjects && JSON.stringify(subjects);
      const [open, done] = snapshot(db, () =>
        chosen === undefined ? [readPartials.all.all(...range), readHeads.all.all(...range)] : [readPartials.some.all(...range, chosen), readHeads.some.all(...range, chosen)],
      );
      return { partials: pack((open as unknown as PartialRow[]).map(toPartial)), heads: (done as unknown as HeadRow[]).map(toHead) };
    },

    fetch(topic: string, wanted: (SegmentKey & { rollUp?: true })[]): Packed<Closed> {
      return pack(snapshot(db, () => wanted.map((k) => (k.rollUp ? rolled(topic, k) : closed(topic, k)))).filter((c) => c !== null));
    },

    /** Unjoined and packed: the caller joins (window.ts). */
    read({ topic, resolution, start, end, subjects }: ReadRange): { partials: Packed<Partial>; closed: Packed<Closed> } {
      const range = [topic, resolution, start, end] as const;
      const chosen = subjects && JSON.stringify(subjects);
      const [open, done] = snapshot(db, () =>
        chosen === undefined ? [readPartials.all.all(...range), readClosed.all.all(...range)] : [readPartials.some.all(...range, chosen), readClosed.some.all(...range, chosen)],
      );
      return { partials: pack((open as unknown as PartialRow[]).map(toPartial)), closed: pack((done as unknown as ClosedRow[]).map(toClosed)) };
    },
  };
}

type PartialRow = [resolution: Resolution, start: number, subject: string, partition: number, revision: number, bytes: Uint8Array];

function toPartial([resolution, start, subject, partition, revision, bytes]: PartialRow): Partial {
  return { resolution, start, subject, partition, revision, bytes };
}

function toClosed(row: ClosedRow): Closed {
  return { ...toHead(row), bytes: row.bytes };
}
