import { EVENT_COLUMNS, EVENT_FLAGS, HEADER_ACTIONS } from './schema.ts';
import type { EventColumns } from './schema.ts';
import { ABSENT } from './codec/absent.ts';
import { PHASES, ROLES } from './json.ts';
import { nanosFromRfc3339 } from './time.ts';

export interface HeaderRow {
  name: string;
  value: string;
  /** default `keep` */
  action?: (typeof HEADER_ACTIONS)[number];
}
/**
 * One row as a plain object, by column name; what is left out is absent. Takes what toJson gives: times as
 * RFC 3339 or ns (bigint), phase and role by name or number, flags by name or bits.
 */
export type EventRow = { [column: string]: string | number | bigint | readonly HeaderRow[] | readonly string[] | undefined };

const named = (names: readonly string[], column: string, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const index = names.indexOf(value);
  if (index < 0) throw new RangeError(`${column}: ${value} is none of ${names.join(', ')}`);
  return index;
};

const COLUMNS = new Map(EVENT_COLUMNS.map((c) => [c.name as string, c]));

/** Makes EventColumns from rows: for tests, replays of JSON and other producers that are not the C++ core. */
export class EventColumnsBuilder {
  readonly #rows: EventRow[] = [];

  /** @throws RangeError for a column that is not in EVENT_COLUMNS or an unknown name */
  add(row: EventRow): this {
    for (const key of Object.keys(row)) if (!COLUMNS.has(key)) throw new RangeError(`${key} is not a column of event v1`);
    this.#rows.push(row);
    return this;
  }

  get rows(): number {
    return this.#rows.length;
  }

  /** The columns of all rows added; the builder is empty afterwards. */
  finish(): EventColumns {
    const rows = this.#rows.splice(0);
    const indices = new Map<string, number>([['', 0]]);
    const intern = (value: string): number => {
      let index = indices.get(value);
      if (index === undefined) indices.set(value, (index = indices.size));
      return index;
    };
    const out: EventColumns = { rows: rows.length, dictionary: { offsets: new Int32Array(0), bytes: new Uint8Array(0) }, columns: {}, headers: {} };
    for (const { name, type } of EVENT_COLUMNS) {
      switch (type) {
        case 'headers':
          out.headers[name] = headerColumn(
            rows.map((r) => (r[name] ?? []) as readonly HeaderRow[]),
            intern,
          );
          break;
        case 'string':
          out.columns[name] = Int32Array.from(rows, (r) => intern((r[name] ?? '') as string));
          break;
        case 'time_ns':
        case 'i64':
        case 'u64':
          out.columns[name] = wide(rows.map((r) => toBigInt(r[name] ?? ABSENT[name]!)));
          break;
        default: {
          const values = rows.map((r) => plainNumber(name, r[name] ?? ABSENT[name]!));
          out.columns[name] =
            type === 'u8' ? Uint8Array.from(values) : type === 'u16' ? Uint16Array.from(values) : type === 'u32' ? Uint32Array.from(values) : Int32Array.from(values);
        }
      }
    }
    const encoded = [...indices.keys()].map((s) => Buffer.from(s, 'utf8'));
    const offsets = new Int32Array(encoded.length + 1);
    encoded.forEach((b, i) => (offsets[i + 1] = offsets[i]! + b.length));
    out.dictionary = { offsets, bytes: new Uint8Array(Buffer.concat(encoded)) };
    return out;
  }
}

function plainNumber(column: string, value: unknown): number {
  if (column === 'headwater.phase') return Number(named(PHASES, column, value));
  if (column === 'headwater.role') return Number(named(ROLES, column, value));
  if (column === 'headwater.flags' && Array.isArray(value)) {
    return value.reduce<number>((bits, name: string) => {
      const bit = EVENT_FLAGS[name as keyof typeof EVENT_FLAGS];
      if (bit === undefined) throw new RangeError(`headwater.flags: ${name} is not a flag`);
      return bits | bit;
    }, 0);
  }
  return Number(value);
}

function toBigInt(value: unknown): bigint {
  if (typeof value === 'string' && value.includes('T')) return nanosFromRfc3339(value);
  return BigInt(value as string | number | bigint);
}

function wide(values: readonly bigint[]): Uint32Array {
  const out = new Uint32Array(2 * values.length);
  values.forEach((v, i) => {
    out[2 * i] = Number(v & 0xffffffffn);
    out[2 * i + 1] = Number((v >> 32n) & 0xffffffffn);
  });
  return out;
}

function headerColumn(lists: readonly (readonly HeaderRow[])[], intern: (s: string) => number): EventColumns['headers'][string] {
  const offsets = new Int32Array(lists.length + 1);
  lists.forEach((l, i) => (offsets[i + 1] = offsets[i]! + l.length));
  const flat = lists.flat();
  return {
    offsets,
    name: Int32Array.from(flat, (h) => intern(h.name)),
    value: Int32Array.from(flat, (h) => intern(h.value)),
    action: Uint8Array.from(flat, (h) => Number(named(HEADER_ACTIONS, 'action', h.action ?? 'keep'))),
  };
}
