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
/** by index of HEADER_ACTIONS; of an action that we do not know nothing is told */
const TELLS = new Uint8Array(256);
HEADER_ACTIONS.forEach((a, i) => (TELLS[i] = a === 'presence' ? UNTOLD : a === 'keep' || a === 'summary' ? SHOWN : DISTINCT));

const pairs = new PairTable();
let slotOf = new Int32Array(0);
let lastRow = new Int32Array(0);
/** of one header name: fields beyond the first of their row, weights summed */
let repeats = new Float64Array(0);
/** of one header name: keys, counts and dictionary entries of its shown values in this batch */
let keys = new Float64Array(0);
let counts = new Float64Array(0);
let shown = new Int32Array(0);
/** pairs by slot */
let bySlot = new Int32Array(0);

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
    repeats = new Float64Array(dictionary.entries * 2);
  }
  slotOf.fill(-1, 0, dictionary.entries);
  const stats: HeaderStats[] = [];
  // A name has one dictionary entry or, with several casings, more: there are never more slots than entries.
  pairs.clear(countFields(offsets, rows), dictionary.entries, dictionary.entries * 4);

  // What the inner loop reads is held in locals: a field of an object would be loaded again for every header field.
  const [slots, last, repeated] = [slotOf, lastRow, repeats];
  const { ofValue, a: pairA, n: pairN } = pairs;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (phase[row] === END) continue;
    const w = weight[row]!;
    for (let e = offsets[row]!, end = offsets[row + 1]!; e < end; e++) {
      const n = name[e]!;
      let slot = slots[n]!;
      if (slot < 0) slot = slots[n] = newSlot(stats, window.header(role, direction, dictionary.string(n).toLowerCase()));
      if (last[slot] === i) repeated[slot]! += w;
      else last[slot] = i;
      const a = (slot << 2) | TELLS[action[e]!]!;
      const v = value[e]!;
      const at = v === 0 ? -1 : ofValue[v]!;
      if (at >= 0 && pairA[at] === a) pairN[at]! += w;
      else pairs.add(a, v, w);
    }
  }
  foldPairs(stats, dictionary);
}

/** Names that differ in case alone share one slot. */
function newSlot(stats: HeaderStats[], header: HeaderStats): number {
  const known = stats.indexOf(header);
  if (known >= 0) return known;
  lastRow[stats.length] = -1;
  repeats[stats.length] = 0;
  return stats.push(header) - 1;
}

function countFields(offsets: Int32Array, rows: Int32Array): number {
  let n = 0;
  for (let i = 0; i < rows.length; i++) n += offsets[rows[i]! + 1]! - offsets[rows[i]!]!;
  return n;
}

function foldPairs(stats: HeaderStats[], dictionary: BatchDictionary): void {
  const { size, a, value, n } = pairs;
  if (keys.length < size) {
    keys = new Float64Array(size * 2);
    counts = new Float64Array(size * 2);
    shown = new Int32Array(size * 2);
    bySlot = new Int32Array(size * 2);
  }
  const ends = groupBySlot(stats.length);
  for (let slot = 0, k = 0; slot < stats.length; slot++) {
    const h = stats[slot]!;
    const nameBytes = h.name.length;
    let told = 0;
    let again = 0;
    let occurrences = 0;
    let bytes = 0;
    for (const end = ends[slot]!; k < end; k++) {
      const i = bySlot[k]!;
      const entry = value[i]!;
      const count = n[i]!;
      const tells = a[i]! & 3;
      occurrences += count;
      bytes += count * (nameBytes + dictionary.byteLength(entry));
      if (tells === UNTOLD) continue;
      const first = dictionary.same(entry);
      h.distinct.addHash(dictionary.hi[entry]!, dictionary.lo[entry]!);
      if (tells !== SHOWN) continue;
      if (first !== entry) {
        bySlot[again++] = i; // overwrites pairs that were looked at
        continue;
      }
      keys[told] = dictionary.key(entry);
      counts[told] = count;
      shown[told++] = entry;
    }
    h.occurrences += occurrences;
    h.exchanges += occurrences - repeats[slot]!;
    h.bytes += bytes;
    h.top.addBatch(keys, counts, told, (j) => dictionary.string(shown[j]!));
    // A value that the producer's dictionary holds twice: one by one, for a batch must not name a value twice.
    for (let j = 0; j < again; j++) {
      const entry = value[bySlot[j]!]!;
      h.top.addBatch([dictionary.key(entry)], [n[bySlot[j]!]!], 1, () => dictionary.string(entry));
    }
  }
}

/** Fills bySlot, in the order in which pairs were met; answers where each slot's ends. */
function groupBySlot(slots: number): Int32Array {
  const { size, a } = pairs;
  const ends = new Int32Array(slots);
  for (let i = 0; i < size; i++) ends[a[i]! >>> 2]!++;
  for (let slot = 0, from = 0; slot < slots; slot++) {
    const many = ends[slot]!;
    ends[slot] = from;
    from += many;
  }
  for (let i = 0; i < size; i++) bySlot[ends[a[i]! >>> 2]!++] = i;
  return ends;
}
