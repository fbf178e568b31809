import { EVENT_COLUMNS, EVENT_FLAGS, HEADER_ACTIONS } from './schema.ts';
import type { EventColumns } from './schema.ts';
import { ABSENT } from './codec/absent.ts';
import { DictionaryStrings } from './dictionary.ts';
import { rfc3339FromNanos, wideToBigInt, wideToNumber } from './time.ts';

export const PHASES = ['complete', 'begin', 'end'] as const;
export const ROLES = ['server', 'client'] as const;

export interface HeaderJson {
  name: string;
  value: string;
  action: string;
}
/** By column name; absent values are left out. Described by schemas/header-event.v1.schema.json. */
export type EventJson = { [column: string]: string | number | string[] | HeaderJson[] };

/** Columns whose absent value is a legal value too, so they are always written. */
export const ALWAYS: ReadonlySet<string> = new Set(['start_time', 'headwater.phase', 'headwater.role', 'headwater.ordinal', 'headwater.weight', 'headwater.connection']);

const flagNames = (bits: number): string[] => Object.entries(EVENT_FLAGS).flatMap(([name, bit]) => (bits & bit ? [name] : []));

/**
 * Row i of a batch as a plain object. Pass one `strings` for all rows of a batch.
 * Times are RFC 3339 with ns; `headwater.connection` (64 bits) is a decimal string.
 */
export function toJson(batch: EventColumns, i: number, strings = new DictionaryStrings(batch.dictionary)): EventJson {
  const out: EventJson = {};
  for (const { name, type } of EVENT_COLUMNS) {
    if (type === 'headers') {
      const list = batch.headers[name]!;
      const fields: HeaderJson[] = [];
      for (let h = list.offsets[i]!; h < list.offsets[i + 1]!; h++) {
        fields.push({ name: strings.get(list.name[h]!), value: strings.get(list.value[h]!), action: HEADER_ACTIONS[list.action[h]!] ?? 'unknown' });
      }
      out[name] = fields;
      continue;
    }
    const values = batch.columns[name]!;
    if (type === 'string') {
      const value = strings.get(values[i]!);
      if (value !== '') out[name] = value;
    } else if (type === 'time_ns') {
      out[name] = rfc3339FromNanos(wideToBigInt(values, i, true));
    } else if (type === 'u64') {
      out[name] = wideToBigInt(values, i, false).toString();
    } else if (type === 'i64') {
      const value = wideToNumber(values, i);
      if (value !== ABSENT[name]) out[name] = value;
    } else if (name === 'headwater.phase') {
      out[name] = PHASES[values[i]!] ?? 'unknown';
    } else if (name === 'headwater.role') {
      out[name] = ROLES[values[i]!] ?? 'unknown';
    } else if (name === 'headwater.flags') {
      out[name] = flagNames(values[i]!);
    } else if (ALWAYS.has(name) || values[i] !== ABSENT[name]) {
      out[name] = values[i]!;
    }
  }
  return out;
}
