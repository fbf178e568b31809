/**
 * The log in one SQLite file, shared by the processes of one host. Synchronous: it runs in a worker thread.
 *
 * A record's row id is `tp * 2^40 + offset`: one B-tree, no second index, offsets never reused.
 * Durability: WAL with synchronous=NORMAL. A published record survives the death of any process; a power cut
 * or a kernel crash can lose the commits since the last checkpoint (readers then meet a log that ends before
 * the offset they stored, and start over). FULL would cost one fsync a publish.
 */
import { randomUUID } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { BusError } from '../port.ts';
import type { BusRecord, OutRecord, PartitionRange, TopicSettings } from '../port.ts';
import { recordBytes } from '../limits.ts';

const SPAN = 2 ** 40;
/** ids stay exact as Numbers below 2^53 */
const MAX_PARTITIONS_EVER = 2 ** 13;
const FETCH_RECORDS = 500;
const FETCH_BYTES = 4 << 20;
/** Values from here on are kept as zstd: an event batch shrinks to a sixth, and writing and reading it cost less than half. */
const COMPRESS_FROM = 512;
const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, cleanup TEXT NOT NULL, retention_ms INTEGER NOT NULL, incarnation TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS part (tp INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, bytes INTEGER NOT NULL, UNIQUE (topic, partition));
  CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY, ts INTEGER NOT NULL, key TEXT, value BLOB NOT NULL, headers TEXT NOT NULL, size INTEGER NOT NULL, unpacked INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS member (grp TEXT NOT NULL, member TEXT NOT NULL, process TEXT NOT NULL, beat_ms INTEGER NOT NULL, topics TEXT NOT NULL, PRIMARY KEY (grp, member));
  CREATE TABLE IF NOT EXISTS lease (grp TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, member TEXT NOT NULL, PRIMARY KEY (grp, topic, partition));
`;

interface Part {
  tp: number;
  partition: number;
  next: number;
  bytes: number;
}

/** What SQLite's result codes mean to a user of the bus: https://sqlite.org/rescode.html */
export function busErrorOf(error: unknown): unknown {
  if (error instanceof BusError) return error;
  const code = Number((error as { errcode?: number }).errcode) & 0xff;
  const detail = error instanceof Error ? error.message : String(error);
  if (code === 13) return new BusError('full', { detail }, { cause: error });
  if (code === 11 || code === 26) return new BusError('corrupt', { detail }, { cause: error });
  if ([5, 6, 8, 10, 14, 23].includes(code)) return new BusError('unreachable', { detail }, { cause: error });
  return error;
}

export class SqliteLog {
  readonly db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #retention: { ms: number; bytes: number };

  constructor(path: string, retention: { ms: number; bytes: number }) {
    this.#retention = retention;
    this.db = new DatabaseSync(path, { timeout: 5000 });
    // auto_vacuum only takes effect before the first table exists.
    this.db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    this.transaction(() => this.db.exec(SCHEMA));
  }

  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) this.#statements.set(text, (statement = this.db.prepare(text)));
    return statement;
  }

  /** BEGIN IMMEDIATE: a deferred transaction that later writes fails at once instead of waiting for busy_timeout. */
  transaction<T>(work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may already have rolled back.
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  #parts(topic: string): Part[] {
    const parts = this.sql('SELECT tp, partition, next, bytes FROM part WHERE topic = ? ORDER BY partition').all(topic) as unknown as Part[];
    if (parts.length === 0) throw new BusError('topic_missing', { topic });
    return parts;
  }

  incarnation(topic: string): string {
    const row = this.sql('SELECT incarnation FROM topic WHERE name = ?').get(topic) as { incarnation: string } | undefined;
    if (row === undefined) throw new BusError('topic_missing', { topic });
    return row.incarnation;
  }

  /** `partitions` holds the partition of each record. */
  publish(topic: string, records: readonly OutRecord[], partitions: readonly number[], now: number): { partition: number; offset: number }[] {
    return this.transaction(() => {
      const parts = this.#parts(topic);
      const insert = this.sql('INSERT INTO record (id, ts, key, value, headers, size, unpacked) VALUES (?, ?, ?, ?, ?, ?, ?)');
      const touched = new Set<Part>();
      const placed = records.map((record, i) => {
        const part = parts[partitions[i]!];
        if (part === undefined) throw new RangeError(`${topic} has ${parts.length} partitions, not ${partitions[i]! + 1}`);
        const offset = part.next++;
        const packed = record.value.length >= COMPRESS_FROM ? zstdCompressSync(record.value, FASTEST) : record.value;
        const value = packed.length < record.value.length ? packed : record.value;
        // 0: kept as it is; else the length it unpacks to, so that its reader makes room once.
        const unpacked = value === packed && value !== record.value ? record.value.length : 0;
        const size = recordBytes({ ...record, value });
        insert.run(part.tp * SPAN + offset, now, record.key, value, JSON.stringify(record.headers), size, unpacked);
        part.bytes += size;
        touched.add(part);
        return { partition: part.partition, offset };
      });
      for (const p of touched) this.sql('UPDATE part SET next = ?, bytes = ? WHERE tp = ?').run(p.next, p.bytes, p.tp);
      return placed;
    });
  }

  ranges(topic: string): PartitionRange[] {
    return this.#parts(topic).map(({ tp, partition, next }) => ({ partition, next, earliest: this.#earliest(tp) ?? next }));
  }

  #earliest(tp: number): number | undefined {
    const row = this.sql('SELECT min(id) AS id FROM record WHERE id >= ? AND id < ?').get(tp * SPAN, (tp + 1) * SPAN) as { id: number | null };
    return row.id === null ? undefined : row.id - tp * SPAN;
  }

  /** Up to 500 records or 4 MiB from `offset` on; an offset beyond the end of the log reads from its beginning. */
  fetch(topic: string, partition: number, offset: number): { records: BusRecord[]; next: number } {
    const part = this.#parts(topic).find((p) => p.partition === partition);
    if (part === undefined) throw new BusError('topic_missing', { topic });
    const { tp, next } = part;
    const from = offset > next ? 0 : offset;
    const records: BusRecord[] = [];
    let bytes = 0;
    const rows = this.sql('SELECT id, ts, key, value, headers, unpacked FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?').iterate(
      tp * SPAN + from,
      (tp + 1) * SPAN,
      FETCH_RECORDS,
    );
    for (const row of rows as Iterable<{ id: number; ts: number; key: string | null; value: Uint8Array; headers: string; unpacked: number }>) {
      const value = row.unpacked > 0 ? zstdDecompressSync(row.value, { chunkSize: Math.max(64, row.unpacked), maxOutputLength: row.unpacked }) : row.value;
      records.push({ offset: row.id - tp * SPAN, timestampMs: row.ts, key: row.key, value, headers: JSON.parse(row.headers) as Record<string, string> });
      if ((bytes += value.length) >= FETCH_BYTES) break;
    }
    return { records, next };
  }

  applyTopics(topics: readonly TopicSettings[], dryRun: boolean): { topic: string; action: 'created' | 'exists' | 'differs'; detail: string }[] {
    return this.transaction(() =>
      topics.map((t) => {
        const found = this.sql('SELECT partitions, cleanup, retention_ms AS retentionMs FROM topic WHERE name = ?').get(t.name) as
          | { partitions: number; cleanup: string; retentionMs: number }
          | undefined;
        if (found === undefined) {
          if (!dryRun) this.#create(t);
          return { topic: t.name, action: 'created' as const, detail: `${t.partitions} partitions, ${t.cleanup}` };
        }
        const differs = (['partitions', 'cleanup', 'retentionMs'] as const).filter((k) => found[k] !== t[k]);
        if (differs.length === 0) return { topic: t.name, action: 'exists' as const, detail: '' };
        return { topic: t.name, action: 'differs' as const, detail: differs.map((k) => `${k} is ${found[k]}, wanted ${t[k]}`).join('; ') };
      }),
    );
  }

  #create({ name, partitions, cleanup, retentionMs }: TopicSettings): void {
    this.sql('INSERT INTO topic VALUES (?, ?, ?, ?, ?)').run(name, partitions, cleanup, retentionMs, randomUUID());
    for (let p = 0; p < partitions; p++) {
      const { lastInsertRowid } = this.sql('INSERT INTO part (topic, partition, next, bytes) VALUES (?, ?, 0, 0)').run(name, p);
      if (Number(lastInsertRowid) >= MAX_PARTITIONS_EVER) throw new BusError('full', { detail: `more than ${MAX_PARTITIONS_EVER} partitions in one file` });
    }
  }

  /** Removes what is too old, then the oldest until the size fits; compacted topics keep the last record of each key. */
  enforceRetention(now: number): number {
    let removed = 0;
    const parts = this.sql('SELECT tp, retention_ms AS retentionMs, cleanup FROM part JOIN topic ON topic.name = part.topic').all() as {
      tp: number;
      retentionMs: number;
      cleanup: string;
    }[];
    for (const { tp, retentionMs, cleanup } of parts) {
      const [from, to] = [tp * SPAN, (tp + 1) * SPAN];
      if (cleanup === 'compact') {
        removed += this.#remove(tp, 'id >= ? AND id < ? AND id NOT IN (SELECT max(id) FROM record WHERE id >= ? AND id < ? GROUP BY key)', from, to, from, to);
        continue;
      }
      const limit = Math.min(...[retentionMs, this.#retention.ms].filter((ms) => ms >= 0));
      if (!Number.isFinite(limit)) continue;
      const keep = this.sql('SELECT min(id) AS id FROM record WHERE id >= ? AND id < ? AND ts >= ?').get(from, to, now - limit) as { id: number | null };
      removed += this.#remove(tp, 'id >= ? AND id < ?', from, keep.id ?? to);
    }
    removed += this.#shrink();
    if (removed > 0) this.db.exec('PRAGMA incremental_vacuum(4096)');
    return removed;
  }

  #remove(tp: number, where: string, ...params: number[]): number {
    return this.transaction(() => {
      const { bytes } = this.sql(`SELECT coalesce(sum(size), 0) AS bytes FROM record WHERE ${where}`).get(...params) as { bytes: number };
      const { changes } = this.sql(`DELETE FROM record WHERE ${where}`).run(...params);
      if (Number(changes) > 0) this.sql('UPDATE part SET bytes = bytes - ? WHERE tp = ?').run(bytes, tp);
      return Number(changes);
    });
  }

  #shrink(): number {
    let removed = 0;
    for (;;) {
      const { total } = this.sql('SELECT coalesce(sum(bytes), 0) AS total FROM part').get() as { total: number };
      if (total <= this.#retention.bytes) return removed;
      const largest = this.sql("SELECT tp FROM part JOIN topic ON topic.name = part.topic WHERE cleanup = 'delete' AND bytes > 0 ORDER BY bytes DESC LIMIT 1").get() as
        | { tp: number }
        | undefined;
      if (largest === undefined) return removed;
      const { tp } = largest;
      const oldest = this.sql('SELECT id, size FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT 256').all(tp * SPAN, (tp + 1) * SPAN) as { id: number; size: number }[];
      let excess = total - this.#retention.bytes;
      let last = tp * SPAN;
      for (const { id, size } of oldest) {
        if (excess <= 0) break;
        excess -= size;
        last = id + 1;
      }
      const now = this.#remove(tp, 'id >= ? AND id < ?', tp * SPAN, last);
      if (now === 0) return removed;
      removed += now;
    }
  }

  /** Changes when another connection has committed. */
  dataVersion(): number {
    return (this.sql('PRAGMA data_version').get() as { data_version: number }).data_version;
  }

  close(): void {
    this.#statements.clear();
    this.db.close();
  }
}
