import { ROLES } from '@headwater/sketch';
import type { EventColumns } from '@headwater/header-event';
import { BatchDictionary } from './dictionary.ts';
import { msOf } from './event-time.ts';
import { foldClients } from './fold-clients.ts';
import { foldHeaders } from './fold-headers.ts';
import { PatternFold } from './fold-patterns.ts';
import { placeOf, type Oldest, type Place, type Windows } from './windows.ts';

export interface TimeRules {
  /** what "now" means for this batch, ms */
  referenceMs: number;
  /** times further ahead of the reference than this are set back to it */
  clampAheadMs: number;
  oldest: Oldest;
  /** rows were left out by a declared sample rate: perhaps all that this one of its windows would have had */
  sampled: boolean;
}

const END = 2;

/** Rows of one batch that share window, service and role. */
interface Group {
  place: Place;
  service: number;
  role: number;
  rows: number;
  from: number;
}

const dictionary = new BatchDictionary();
const patterns = new PatternFold();
let groupOf = new Int32Array(0);
let order = new Int32Array(0);
/** by dictionary entry of the service: its newest group, -1: none */
let newestOf = new Int32Array(0);
let eventMs = new Float64Array(0);

/**
 * Folds one batch: every row goes to the window of its own event time. Work is per row, per dictionary entry and
 * per distinct pair of header name and value; never per header string. Synchronous: its scratch memory is shared.
 */
export function foldColumns(columns: EventColumns, windows: Windows, nowMs: number, rules: TimeRules): { folded: number; clamped: number; late: number; coarse: number } {
  const { rows } = columns;
  const report = { folded: 0, clamped: 0, late: 0, coarse: 0 };
  if (rows === 0) return report;
  if (groupOf.length < rows) {
    groupOf = new Int32Array(rows * 2);
    order = new Int32Array(rows * 2);
    eventMs = new Float64Array(rows * 2);
  }
  const phase = columns.columns['headwater.phase']!;
  const weight = columns.columns['headwater.weight']!;
  const groups = groupRows(columns, rules, report);
  dictionary.load(columns.dictionary);
  for (let i = 0, at = 0; i < groups.length; i++) {
    const g = groups[i]!;
    g.from = at;
    at += g.rows;
    g.rows = 0;
  }
  for (let row = 0; row < rows; row++) {
    const g = groups[groupOf[row]!];
    if (g) order[g.from + g.rows++] = row;
  }
  for (const g of groups) {
    const window = windows.service(dictionary.string(g.service), g.place, nowMs);
    const role = ROLES[g.role] ?? 'server';
    const mine = order.subarray(g.from, g.from + g.rows);
    window.sampled ||= rules.sampled;
    for (const row of mine) {
      if (phase[row] !== END) {
        window.roleExchanges[role] += weight[row]!;
        report.folded += weight[row]!;
        if (g.place.resolution !== '10s') report.coarse += weight[row]!;
      }
      if (weight[row] !== 1) window.sampled = true;
    }
    patterns.fold(columns, mine, eventMs, dictionary, window, role);
    if (role === 'server') foldClients(columns, mine, dictionary, window);
    foldHeaders(columns, mine, 'request', dictionary, window, role);
    foldHeaders(columns, mine, 'response', dictionary, window, role);
  }
  return report;
}

/** Fills groupOf (-1: too old for any window) and eventMs. */
function groupRows(columns: EventColumns, { referenceMs, clampAheadMs, oldest }: TimeRules, report: { clamped: number; late: number }): Group[] {
  const startTime = columns.columns['start_time']!;
  const phase = columns.columns['headwater.phase']!;
  const role = columns.columns['headwater.role']!;
  const service = columns.columns['service.name']!;
  const weight = columns.columns['headwater.weight']!;
  const groups: Group[] = [];
  const byKey = new Map<string, number>();
  const entries = columns.dictionary.offsets.length - 1;
  if (newestOf.length < entries) newestOf = new Int32Array(entries * 2);
  newestOf.fill(-1, 0, entries);
  let last: Group | undefined;
  let lastIndex = -1;
  for (let row = 0; row < columns.rows; row++) {
    // The time of an end row is that of the last byte: it belongs to the instant at which it ended, hours after its start perhaps.
    let ms = msOf(startTime[2 * row]!, startTime[2 * row + 1]!);
    if (ms > referenceMs + clampAheadMs) {
      ms = referenceMs;
      report.clamped++;
    }
    // The last one's window, while rows are of one time, which they mostly are.
    const place: Place | null = last && ms - last.place.start >= 0 && ms - last.place.start < 10_000 && ms >= oldest['10s'] ? last.place : placeOf(ms, oldest);
    if (place === null) {
      groupOf[row] = -1;
      if (phase[row] !== END) report.late += weight[row]!;
      continue;
    }
    eventMs[row] = ms;
    const s = service[row]!;
    const r = role[row]!;
    if (!last || last.place.start !== place.start || last.service !== s || last.role !== r) {
      lastIndex = newestOf[s]!;
      const newest = groups[lastIndex];
      if (newest === undefined || newest.place.start !== place.start || newest.role !== r) {
        const key = `${place.start} ${s} ${r}`; // a start is of one resolution: coarser windows are older than all finer ones
        const known = byKey.get(key);
        if (known === undefined) {
          byKey.set(key, (lastIndex = groups.length));
          groups.push({ place, service: s, role: r, rows: 0, from: 0 });
        } else lastIndex = known;
        newestOf[s] = lastIndex;
      }
      last = groups[lastIndex]!;
    }
    groupOf[row] = lastIndex;
    last.rows++;
  }
  return groups;
}
