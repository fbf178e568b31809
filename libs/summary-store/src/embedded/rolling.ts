/** Roll-ups in the embedded adapter: making them, reading through them, finishing what they hold. Runs in the worker thread. */
import type { DatabaseSync } from 'node:sqlite';
import {
  RESOLUTION_MS,
  type Closed,
  type ClosedHead,
  type CloseResult,
  type Coarse,
  type Due,
  type Partial,
  type ReadRange,
  type Resolution,
  type Retired,
  type RollUpCommit,
  type RollUpSources,
  type SegmentKey,
  type UnitId,
} from '../port.ts';
import { COARSER, blockedBy, inside, startOf } from '../window.ts';
import { snapshot, transaction } from '@headwater/store-connection';
import { pack, type Packed } from './packed.ts';
import { LEASE, headColumns, toHead, type HeadRow } from './rows.ts';

type RollKey = SegmentKey & { resolution: Coarse };
/** Either is as `Closed`, without `bytes` where only heads were asked for. */
type Found = ClosedHead & { bytes?: Uint8Array };

const ABOVE: Record<Resolution, Coarse[]> = { '10s': ['1m', '1h'], '1m': ['1h'], '1h': [] };
const HOUR = RESOLUTION_MS['1h'];
const MINUTE = RESOLUTION_MS['1m'];

/** What `close` needs to know of roll-ups. */
export function marks(db: DatabaseSync) {
  const finalRow = db.prepare('SELECT 1 FROM roll WHERE topic = ? AND resolution = ? AND start = ? AND subject = ? AND final = 1');
  const nextStamp = db.prepare('INSERT INTO counter VALUES (?, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value');
  const putDue = db.prepare('INSERT INTO due VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET stamp = excluded.stamp');
  return {
    /** Whether this window's contents are in a roll-up that never changes again. */
    finished: (topic: string, k: SegmentKey): boolean => ABOVE[k.resolution].some((above) => finalRow.get(topic, above, startOf(k.start, above), k.subject) !== undefined),
    /** A closed segment has changed: the roll-ups above do not hold all any more. */
    outdate(topic: string, k: SegmentKey): void {
      if (ABOVE[k.resolution].length === 0) return;
      const stamp = nextStamp.get(topic)!['value'] as number;
      for (const above of ABOVE[k.resolution]) putDue.run(topic, above, startOf(k.start, above), k.subject, stamp);
    },
  };
}

export function rolling(db: DatabaseSync) {
  const { finished } = marks(db);
  const KEY = 'topic = ? AND resolution = ? AND start = ? AND subject = ?';
  const epochOf = db.prepare('SELECT epoch FROM unit WHERE topic = ? AND partition = ?');
  const stampOf = db.prepare(`SELECT stamp FROM due WHERE ${KEY}`);
  const undue = db.prepare(`DELETE FROM due WHERE ${KEY}`);
  const rollRow = db.prepare(`SELECT * FROM roll WHERE ${KEY}`);
  const dueRows = db.prepare(
    `SELECT d.resolution, d.start, d.subject, r.closed_at AS madeAt FROM due d LEFT JOIN roll r USING (topic, resolution, start, subject)
     WHERE d.topic = ? AND d.resolution = ? AND d.start <= ? ORDER BY d.start, d.subject`,
  );
  const OF = 'topic = ? AND resolution = ? AND subject = ? AND start >= ? AND start < ?';
  const closedInside = db.prepare(`SELECT * FROM closed INDEXED BY closed_window WHERE ${OF}`);
  const rollInside = db.prepare(`SELECT * FROM roll WHERE ${OF}`);
  const dueInside = db.prepare(`SELECT 1 FROM due WHERE ${OF} LIMIT 1`);
  const putRoll = db.prepare(`INSERT INTO roll (topic, resolution, start, subject, revision, final, missing, closed_at, bytes) VALUES (?,?,?,?,?,0,?,?,?) ON CONFLICT DO UPDATE SET
    revision = excluded.revision, missing = excluded.missing, closed_at = excluded.closed_at, bytes = excluded.bytes`);
  const finalize = db.prepare(`UPDATE roll SET final = 1 WHERE ${KEY}`);
  const floorOf = db.prepare('SELECT value FROM floor WHERE topic = ? AND resolution = ?');
  const putFloor = db.prepare('INSERT INTO floor VALUES (?,?,?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)');

  const rollUps = (row: HeadRow & { bytes?: Uint8Array }): Found => ({ ...toHead({ ...row, holds: '{}' }), rollUp: true, ...(row.bytes ? { bytes: row.bytes } : {}) });
  const closeds = (row: HeadRow & { bytes?: Uint8Array }): Found => ({ ...toHead(row), ...(row.bytes ? { bytes: row.bytes } : {}) });
  const key = (topic: string, k: SegmentKey) => [topic, k.resolution, k.start, k.subject] as const;
  const floor = (topic: string, resolution: Resolution) => Number(floorOf.get(topic, resolution)?.['value'] ?? 0);

  /** Statements by what they bring: windows [from, to) of one resolution, of all subjects or of a JSON list of them. */
  const select = (columns: string, table: string, where = '') => {
    const sql = `SELECT ${columns} FROM ${table} t WHERE topic = ? AND resolution = ? AND start >= ? AND start < ? ${where}`;
    const all = db.prepare(sql);
    const some = db.prepare(`${sql} AND subject IN (SELECT value FROM json_each(?))`);
    return (topic: string, resolution: Resolution, from: number, to: number, who: string | null): unknown[] =>
      who === null ? all.all(topic, resolution, from, to) : some.all(topic, resolution, from, to, who);
  };
  const counts = 'AND NOT EXISTS (SELECT 1 FROM due d WHERE d.topic = t.topic AND d.resolution = t.resolution AND d.start = t.start AND d.subject = t.subject)';
  const rollHead = headColumns.replace('holds, ', '');
  const statements = (whole: boolean) => ({
    rolled: select(whole ? `${rollHead}, bytes` : rollHead, 'roll', counts),
    done: select(whole ? `${headColumns}, bytes` : headColumns, 'closed'),
  });
  const forHeads = statements(false);
  const forAll = statements(true);
  const dueSubjects = select('subject', 'due');
  const partialRows = select('resolution, start, subject, partition, revision, bytes', 'partial');

  /** Which closed segments answer a range, as few as can be: hours, else minutes, else 10 s windows. */
  function cover({ topic, start, end, subjects, coarsest }: ReadRange & { coarsest: Coarse }, partials: Partial[], { rolled, done }: typeof forAll): Found[] {
    const blocked = blockedBy(partials);
    const out: Found[] = [];
    const asked = subjects ? JSON.stringify(subjects) : null;
    const tenSeconds = (from: number, to: number, who: string | null) => {
      for (const row of done(topic, '10s', from, to, who)) out.push(closeds(row as HeadRow));
    };
    /** Answers one whole wide window; returns the subjects that its roll-ups do not answer, null: none. */
    const wide = (resolution: Coarse, at: number, who: string | null): string | null => {
      const to = at + RESOLUTION_MS[resolution];
      const known = who === null ? null : new Set(JSON.parse(who) as string[]);
      const rest = new Set([...(blocked.get(resolution)?.get(at) ?? [])].filter((subject) => known === null || known.has(subject)));
      for (const row of dueSubjects(topic, resolution, at, to, who)) rest.add((row as { subject: string }).subject);
      for (const row of rolled(topic, resolution, at, to, who)) if (!rest.has((row as HeadRow).subject)) out.push(rollUps(row as HeadRow));
      for (const row of done(topic, resolution, at, to, who)) out.push(closeds(row as HeadRow));
      return rest.size === 0 ? null : JSON.stringify([...rest]);
    };
    const minutes = (from: number, to: number, who: string | null) => {
      for (let at = from; at < to;) {
        const next = Math.min(startOf(at, '1m') + MINUTE, to);
        if (next - at < MINUTE) tenSeconds(at, next, who);
        else {
          const rest = wide('1m', at, who);
          if (rest !== null) tenSeconds(at, next, rest);
        }
        at = next;
      }
    };
    if (coarsest === '1m') minutes(start, end, asked);
    else {
      for (let at = start; at < end;) {
        const next = Math.min(startOf(at, '1h') + HOUR, end);
        if (next - at < HOUR) minutes(at, next, asked);
        else {
          const rest = wide('1h', at, asked);
          if (rest !== null) minutes(at, next, rest);
        }
        at = next;
      }
    }
    return out;
  }

  function partialsOf({ topic, start, end, subjects, coarsest }: ReadRange & { coarsest: Coarse }): Partial[] {
    const chosen = subjects ? JSON.stringify(subjects) : null;
    return (['10s', '1m', '1h'] as const).flatMap((resolution) => {
      const part = inside({ start, end }, resolution, coarsest);
      return part === null ? [] : (partialRows(topic, resolution, part.start, part.end, chosen) as Partial[]).map((row) => ({ ...row }));
    });
  }

  const wideStarts = {
    '10s': db.prepare("SELECT DISTINCT start - start % ?1 AS wide FROM closed WHERE topic = ?2 AND resolution = '10s' AND start < ?3 LIMIT 5000"),
    '1m': db.prepare(
      `SELECT DISTINCT start - start % ?1 AS wide FROM (SELECT start FROM closed WHERE topic = ?2 AND resolution = '1m' AND start < ?3
       UNION ALL SELECT start FROM roll WHERE topic = ?2 AND resolution = '1m' AND start < ?3) LIMIT 5000`,
    ),
  };
  const inWindow = 'topic = ? AND resolution = ? AND start >= ? AND start < ?';
  const segmentsIn = {
    '10s': db.prepare(`SELECT subject, count(*) AS n FROM closed WHERE ${inWindow} GROUP BY subject`),
    '1m': db.prepare(
      `SELECT subject, count(*) AS n FROM (SELECT subject FROM closed WHERE topic = ?1 AND resolution = ?2 AND start >= ?3 AND start < ?4 UNION ALL
       SELECT subject FROM roll WHERE topic = ?1 AND resolution = ?2 AND start >= ?3 AND start < ?4) GROUP BY subject`,
    ),
  };
  const deleteClosed = db.prepare(`DELETE FROM closed WHERE ${inWindow} AND subject = ?`);
  const deleteRoll = db.prepare(`DELETE FROM roll WHERE ${inWindow} AND subject = ?`);
  const busyRows = db.prepare('SELECT DISTINCT start, subject FROM partial WHERE topic = ? AND resolution = ? AND start < ?');
  const noteDropped = db.prepare(
    'INSERT INTO taken SELECT topic, partition, resolution, start, subject FROM partial WHERE topic = ? AND resolution = ? AND start < ? AND frozen = 0',
  );
  const dropPartials = db.prepare('DELETE FROM partial WHERE topic = ? AND resolution = ? AND start < ?');

  return {
    rollable({ topic }: UnitId, resolution: Coarse, before: number, limit: number): Due[] {
      const due: Due[] = [];
      for (const row of dueRows.iterate(topic, resolution, before - RESOLUTION_MS[resolution])) {
        if (due.length >= limit) break;
        due.push({ ...row } as unknown as Due);
      }
      return due;
    },

    sources({ topic }: UnitId, k: RollKey): RollUpSources | null {
      return snapshot(db, () => {
        const stamp = stampOf.get(...key(topic, k))?.['stamp'];
        if (stamp === undefined) return null;
        const fine: Resolution = k.resolution === '1m' ? '10s' : '1m';
        const span = [topic, fine, k.subject, k.start, k.start + RESOLUTION_MS[k.resolution]] as const;
        if (fine !== '10s' && dueInside.get(...span) !== undefined) return null;
        const finer = (closedInside.all(...span) as unknown as HeadRow[]).map(closeds);
        if (fine !== '10s') finer.push(...(rollInside.all(...span) as unknown as HeadRow[]).map(rollUps));
        return { revision: (rollRow.get(...key(topic, k))?.['revision'] as number | undefined) ?? 0, finer: finer as Closed[], mark: String(stamp), lease: LEASE };
      });
    },

    rollUp({ unit, epoch, key: k, rollUp: made, mark, lease }: RollUpCommit): CloseResult {
      const { topic } = unit;
      return transaction(db, () => {
        const stored = epochOf.get(topic, unit.partition)?.['epoch'] as number | undefined;
        if (stored !== undefined && stored > epoch) return { kind: 'fenced', epoch: stored };
        const old = rollRow.get(...key(topic, k)) as { revision: number; bytes: Uint8Array } | undefined;
        const revision = old?.revision ?? 0;
        if (stored !== epoch || lease !== LEASE) return { kind: 'stale', revision };
        const stamp = stampOf.get(...key(topic, k))?.['stamp'];
        if (stamp === undefined && old && made && revision === made.revision && Buffer.compare(old.bytes, made.bytes) === 0) return { kind: 'ok' };
        if (String(stamp) !== mark) return { kind: 'stale', revision };
        if (made !== null) putRoll.run(...key(topic, k), made.revision, JSON.stringify(made.missing), made.closedAt, made.bytes);
        undue.run(...key(topic, k));
        return { kind: 'ok' };
      });
    },

    rolledUp(topic: string, k: RollKey): Closed | null {
      const row = rollRow.get(...key(topic, k)) as HeadRow | undefined;
      return row ? (rollUps(row) as Closed) : null;
    },

    retire(topic: string, fine: '10s' | '1m', before: number, anyway: number): Retired {
      const coarse = COARSER[fine];
      return transaction(db, () => {
        const below = fine === '1m' ? startOf(floor(topic, '10s'), '1h') : Infinity;
        putFloor.run(topic, fine, Math.max(0, Math.min(startOf(before, coarse), below)));
        const until = floor(topic, fine);
        const forcedTo = Math.min(startOf(anyway, coarse), until);
        noteDropped.run(topic, fine, forcedTo);
        const dropped = Number(dropPartials.run(topic, fine, forcedTo).changes);
        const retired: Retired = { segments: dropped, forced: dropped, waiting: 0 };
        const busy = new Set<string>();
        for (const resolution of fine === '1m' ? (['10s', '1m'] as const) : (['10s'] as const))
          for (const row of busyRows.all(topic, resolution, until)) busy.add(`${startOf(row['start'] as number, coarse)} ${String(row['subject'])}`);
        for (const row of wideStarts[fine].all(RESOLUTION_MS[coarse], topic, until)) {
          const start = row['wide'] as number;
          const span = [topic, fine, start, start + RESOLUTION_MS[coarse]] as const;
          for (const found of segmentsIn[fine].all(...span)) {
            const subject = found['subject'] as string;
            const n = found['n'] as number;
            const wide: SegmentKey = { resolution: coarse, start, subject };
            const made = rollRow.get(...key(topic, wide)) !== undefined;
            const holds = (made && stampOf.get(...key(topic, wide)) === undefined) || finished(topic, { resolution: fine, start, subject });
            if (busy.has(`${start} ${subject}`) || (!holds && start >= forcedTo)) {
              retired.waiting++;
              continue;
            }
            if (!holds) {
              retired.forced += n;
              undue.run(...key(topic, wide));
            }
            if (made) finalize.run(...key(topic, wide));
            deleteClosed.run(...span, subject);
            if (fine === '1m') deleteRoll.run(...span, subject);
            retired.segments += n;
          }
        }
        return retired;
      });
    },

    /** One snapshot: partials, and the closed segments that answer the rest, with their bytes. */
    readThrough(range: ReadRange & { coarsest: Coarse }): { partials: Packed<Partial>; closed: Packed<Closed> } {
      return snapshot(db, () => {
        const partials = partialsOf(range);
        const closed = cover(range, partials, forAll) as Closed[];
        return { partials: pack(partials), closed: pack(closed) };
      });
    },

    /** The same with heads only: `fetch` brings the bytes of those that are wanted. */
    readHeadsThrough(range: ReadRange & { coarsest: Coarse }): { partials: Packed<Partial>; heads: ClosedHead[] } {
      return snapshot(db, () => {
        const partials = partialsOf(range);
        const heads = cover(range, partials, forHeads);
        return { partials: pack(partials), heads };
      });
    },
  };
}
