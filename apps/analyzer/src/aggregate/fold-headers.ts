import type { Direction, HeaderStats, Role, ServiceWindow } from '@headwater/sketch';
import { HEADER_ACTIONS, type EventColumns } from '@headwater/header-event';
import type { BatchDictionary } from './dictionary.ts';
import { PairTable } from './pair-table.ts';

const END = 2;
const COLUMN: Record<Direction, string> = { request: 'http.request.headers', response: 'http.response.headers' };

/** What may be said of a value: nothing (only that it was there), that it differs from others, or the value. */
const UNTOLD = 0;
const DISTINCT = 1;
const SHOWN = 2;
/** by index of HEADER_ACTIONS */
const TELLS = Uint8Array.from(HEADER_ACTIONS, (a) => (a === 'presence' ? UNTOLD : a === 'keep' || a === 'summary' ? SHOWN : DISTINCT));

const pairs = new PairTable();
let slotOf = new Int32Array(0);
let lastRow = new Int32Array(0);
let exchanges = new Float64Array(0);

/**
 * Folds the header fields of some rows. Per field: two array reads and one table entry. Per distinct pair of name and
 * value: a hash and the sketches. A value's string is made only if it enters the list of top values.
 */
export function foldHeaders(columns: EventColumns, rows: Int32Array, direction: Direction, dictionary: BatchDictionary, window: ServiceWindow, role: Role): void {
  const { offsets, name, value, action } = columns.headers[COLUMN[direction]]!;
  const phase = columns.columns['headwater.phase']!;
  const weight = columns.columns['headwater.weight']!;
  if (slotOf.length < dictionary.entries) {
    slotOf = new Int32Array(dictionary.entries * 2);
    lastRow = new Int32Array(dictionary.entries * 2);
    exchanges = new Float64Array(dictionary.entries * 2);
  }
  slotOf.fill(-1, 0, dictionary.entries);
  const stats: HeaderStats[] = [];
  // A name has one dictionary entry or, with several casings, more: there are never more slots than entries.
  pairs.clear(countFields(offsets, rows), dictionary.entries, dictionary.entries * 4);

  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (phase[row] === END) continue;
    const w = weight[row]!;
    for (let e = offsets[row]!, end = offsets[row + 1]!; e < end; e++) {
      const n = name[e]!;
      let slot = slotOf[n]!;
      if (slot < 0) slot = slotOf[n] = newSlot(stats, window.header(role, direction, dictionary.string(n).toLowerCase()));
      if (lastRow[slot] !== i) {
        lastRow[slot] = i;
        exchanges[slot]! += w;
      }
      pairs.add(slot * 4 + TELLS[action[e]!]!, value[e]!, w);
    }
  }
  for (let slot = 0; slot < stats.length; slot++) stats[slot]!.exchanges += exchanges[slot]!;
  foldPairs(stats, dictionary);
}

/** Names that differ in case alone share one slot. */
function newSlot(stats: HeaderStats[], header: HeaderStats): number {
  const known = stats.indexOf(header);
  if (known >= 0) return known;
  lastRow[stats.length] = -1;
  exchanges[stats.length] = 0;
  return stats.push(header) - 1;
}

function countFields(offsets: Int32Array, rows: Int32Array): number {
  let n = 0;
  for (let i = 0; i < rows.length; i++) n += offsets[rows[i]! + 1]! - offsets[rows[i]!]!;
  return n;
}

function foldPairs(stats: HeaderStats[], dictionary: BatchDictionary): void {
  const keys: number[][] = stats.map(() => []);
  const counts: number[][] = stats.map(() => []);
  const entries: number[][] = stats.map(() => []);
  const nameBytes = stats.map((h) => h.name.length);
  const again: number[] = [];
  for (let i = 0; i < pairs.size; i++) {
    const slot = pairs.a[i]! >>> 2;
    const tells = pairs.a[i]! & 3;
    const entry = pairs.value[i]!;
    const n = pairs.n[i]!;
    const h = stats[slot]!;
    h.occurrences += n;
    h.bytes += n * (nameBytes[slot]! + dictionary.byteLength(entry));
    if (tells === UNTOLD) continue;
    if (dictionary.same(entry) !== entry) again.push(i);
    h.distinct.addHash(dictionary.hi[entry]!, dictionary.lo[entry]!);
    if (tells !== SHOWN || dictionary.same(entry) !== entry) continue;
    keys[slot]!.push(dictionary.key(entry));
    counts[slot]!.push(n);
    entries[slot]!.push(entry);
  }
  for (let slot = 0; slot < stats.length; slot++) {
    const from = entries[slot]!;
    stats[slot]!.top.addBatch(keys[slot]!, counts[slot]!, from.length, (i) => dictionary.string(from[i]!));
  }
  // A value that the producer's dictionary holds twice: one by one, for a batch must not name a value twice.
  for (const i of again) {
    if ((pairs.a[i]! & 3) !== SHOWN) continue;
    const entry = pairs.value[i]!;
    stats[pairs.a[i]! >>> 2]!.top.addBatch([dictionary.key(entry)], [pairs.n[i]!], 1, () => dictionary.string(entry));
  }
}
