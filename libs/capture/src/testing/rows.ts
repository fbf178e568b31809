import { EVENT_COLUMNS, EVENT_FLAGS, HEADER_ACTIONS, type EventColumns } from '@headwater/header-event';

/** One row with the column names as keys; 64-bit values as numbers, flags as names, headers as [name, value, action]. */
export type Row = Record<string, unknown>;

/** The columns as rows, for comparisons in tests. */
export function toRows(c: EventColumns): Row[] {
  const text = (i: number) => Buffer.from(c.dictionary.bytes.subarray(c.dictionary.offsets[i]!, c.dictionary.offsets[i + 1]!)).toString('utf8');
  return Array.from({ length: c.rows }, (_, r) => {
    const row: Row = {};
    for (const { name, type } of EVENT_COLUMNS) {
      if (type === 'headers') {
        const h = c.headers[name]!;
        const list = [];
        for (let i = h.offsets[r]!; i < h.offsets[r + 1]!; i++) list.push([text(h.name[i]!), text(h.value[i]!), HEADER_ACTIONS[h.action[i]!]]);
        row[name] = list;
        continue;
      }
      const column = c.columns[name]!;
      if (type === 'string') row[name] = text(column[r]!);
      else if (type === 'time_ns' || type === 'u64' || type === 'i64') {
        const wide = (BigInt(column[2 * r + 1]!) << 32n) | BigInt(column[2 * r]!);
        row[name] = Number(type === 'i64' ? BigInt.asIntN(64, wide) : wide);
      } else row[name] = column[r];
    }
    const bits = row['headwater.flags'] as number;
    row['headwater.flags'] = Object.entries(EVENT_FLAGS).flatMap(([name, bit]) => (bits & bit ? [name] : []));
    return row;
  });
}
