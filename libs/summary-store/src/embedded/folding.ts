/** What a unit's owner calls: claim, commit; and units. Runs in the worker thread. */
import type { DatabaseSync } from 'node:sqlite';
import type { Claim, Commit, CommitResult, Resolution, SegmentKey, UnitId, UnitStatus } from '../port.ts';
import { transaction } from '@headwater/store-connection';

interface UnitRow {
  topic: string;
  partition: number;
  epoch: number;
  incarnation: string;
  next_offset: number | null;
  agents: Uint8Array | null;
  watermark: number;
  silent: string;
  at: number;
  seq: number;
}
interface KeyRow {
  resolution: Resolution;
  start: number;
  subject: string;
}

export function folding(db: DatabaseSync, now: () => number) {
  const unitRow = db.prepare('SELECT * FROM unit WHERE topic = ? AND partition = ?');
  const unitRows = db.prepare('SELECT * FROM unit WHERE topic = ? ORDER BY partition');
  const putUnit = db.prepare(`INSERT INTO unit VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET epoch = excluded.epoch,
    incarnation = excluded.incarnation, next_offset = excluded.next_offset, agents = excluded.agents,
    watermark = excluded.watermark, silent = excluded.silent, at = excluded.at, seq = excluded.seq`);
  const openRows = db.prepare('SELECT resolution, start, subject, bytes FROM partial WHERE topic = ? AND partition = ? AND frozen = 0');
  const takenRows = db.prepare('SELECT resolution, start, subject FROM taken WHERE topic = ? AND partition = ?');
  const clearTaken = db.prepare('DELETE FROM taken WHERE topic = ? AND partition = ?');
  const insert = db.prepare('INSERT OR IGNORE INTO partial VALUES (?,?,?,?,?,?,0,?)');
  const update = db.prepare('UPDATE partial SET revision = ?, bytes = ? WHERE topic = ? AND partition = ? AND resolution = ? AND start = ? AND subject = ? AND frozen = 0');

  const floorRows = db.prepare('SELECT resolution, value FROM floor WHERE topic = ?');
  const floorsOf = (topic: string): Record<Resolution, number> => {
    const floors = { '10s': 0, '1m': 0, '1h': 0 };
    for (const row of floorRows.all(topic)) floors[row['resolution'] as Resolution] = row['value'] as number;
    return floors;
  };

  const put = (u: UnitRow) => putUnit.run(u.topic, u.partition, u.epoch, u.incarnation, u.next_offset, u.agents, u.watermark, u.silent, u.at, u.seq);

  return {
    claim({ topic, partition }: UnitId, busIncarnation: string): Claim {
      return transaction(db, () => {
        const old = unitRow.get(topic, partition) as UnitRow | undefined;
        // At least the clock: an epoch given out before a rollback is not given out again.
        const epoch = Math.max((old?.epoch ?? 0) + 1, now());
        const same = old?.incarnation === busIncarnation;
        const unit: UnitRow = same
          ? { ...old, epoch }
          : {
              topic,
              partition,
              epoch,
              incarnation: busIncarnation,
              next_offset: null,
              agents: old?.agents ?? null,
              watermark: 0,
              silent: '[]',
              at: old?.at ?? 0,
              seq: old?.seq ?? 0,
            };
        put(unit);
        clearTaken.run(topic, partition); // the new owner starts from `open`, it holds nothing that was taken
        const open = (openRows.all(topic, partition) as unknown as Claim['open']).map((row) => ({ ...row }));
        return { epoch, busIncarnation, nextOffset: unit.next_offset, agents: unit.agents, watermark: unit.watermark, open, floors: floorsOf(topic) };
      });
    },

    commit(c: Commit): CommitResult {
      const refused = new Refused();
      try {
        return transaction(db, (): CommitResult => {
          const { topic, partition } = c.unit;
          const unit = unitRow.get(topic, partition) as UnitRow | undefined;
          if (unit && unit.epoch > c.epoch) return { kind: 'fenced', epoch: unit.epoch };
          if (!unit || unit.epoch < c.epoch) return { kind: 'stale', nextOffset: unit?.next_offset ?? null };
          if (unit.next_offset !== c.expectedOffset) {
            if (unit.next_offset === c.nextOffset) return { kind: 'ok', taken: [] }; // a retry of what was applied
            return { kind: 'stale', nextOffset: unit.next_offset };
          }
          const seq = unit.seq + 1;
          const floors = floorsOf(topic);
          for (const s of c.segments) {
            const { changes } =
              s.start < floors[s.resolution]
                ? { changes: 0 }
                : s.fresh
                  ? insert.run(topic, partition, s.resolution, s.start, s.subject, seq, s.bytes)
                  : update.run(seq, s.bytes, topic, partition, s.resolution, s.start, s.subject);
            if (changes !== 1) refused.keys.push({ resolution: s.resolution, start: s.start, subject: s.subject });
          }
          if (refused.keys.length > 0) throw refused;
          put({ ...unit, next_offset: c.nextOffset, agents: c.agents, watermark: c.watermark, silent: JSON.stringify(c.silent), at: c.at, seq });
          const taken = (takenRows.all(topic, partition) as unknown as KeyRow[]).map((row) => ({ ...row }));
          if (taken.length > 0) clearTaken.run(topic, partition);
          return { kind: 'ok', taken };
        });
      } catch (error) {
        if (error !== refused) throw error;
        return { kind: 'taken', keys: refused.keys };
      }
    },

    units(topic: string): UnitStatus[] {
      return (unitRows.all(topic) as unknown as UnitRow[]).map((u) => ({
        topic,
        partition: u.partition,
        epoch: u.epoch,
        nextOffset: u.next_offset,
        watermark: u.watermark,
        silent: JSON.parse(u.silent) as string[],
        at: u.at,
      }));
    },
  };
}

/** Thrown to roll the commit back; never leaves this file. */
class Refused extends Error {
  readonly keys: SegmentKey[] = [];
}
