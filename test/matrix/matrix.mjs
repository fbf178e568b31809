// Runs one program through its cases, with every hook mode watching the same traffic, and notes the cells.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sleep, whyNot } from '../kernel/harness.mjs';
import { modes, openCapture } from './capture.mjs';
import { compare } from './compare.mjs';
import { listed } from './listed.mjs';
import { note } from './table.mjs';

/**
 * @param {string} program its name in the table
 * @param {{
 *   start: () => Promise<{ scopes: string[], sides?: Record<string, (row: object) => boolean>, stop: () => Promise<void> }>,
 *   cases: Record<string, (world: object) => Promise<{ truth: object[], sides?: Record<string, object[]>, check?: (rows: object[], ends: object[]) => string | undefined }>>,
 * }} o `start` gives the running program; a case drives it and answers with the truth. `sides` are further columns of the
 *   table that the same traffic fills (a proxy's own requests): which rows are theirs, and their truth.
 */
export function matrix(program, { start, cases }) {
  const skip = whyNot();
  describe(program, { skip }, () => {
    const watched = skip ? [] : modes();
    const faults = Object.fromEntries(watched.map((m) => [m, []]));
    let world;
    let captures = [];
    before(async () => {
      world = await start();
      captures = await Promise.all(watched.map((m) => openCapture(m, world.scopes)));
      for (const [name, run] of Object.entries(cases)) {
        if (process.env.HW_MATRIX_CASE && !name.includes(process.env.HW_MATRIX_CASE)) continue;
        for (const c of captures) c.before = c.totals();
        const told = await run(world).catch((error) => ({ truth: [], error }));
        for (const c of captures) await cell(program, name, world, told, c, faults[c.mode]);
      }
      for (const c of captures) {
        await c.settled();
        if (c.rows.length > 0) faults[c.mode].push(`after the last case: ${c.rows.length} more rows, first ${JSON.stringify(c.rows[0]).slice(0, 300)}`);
      }
      await world.stop();
      await Promise.all(captures.map((c) => c.stop()));
      for (const c of captures)
        for (const kind of ['request', 'response']) {
          const { started, emitted, filtered, lost, in_flight } = c.account[kind];
          if (started !== emitted + filtered + lost + in_flight) faults[c.mode].push(`the account of ${kind} starts does not add up: ${JSON.stringify(c.account[kind])}`);
        }
      world = null;
    });
    after(async () => {
      await world?.stop();
      if (world) for (const c of captures) await c.stop().catch(() => {});
    });
    for (const mode of watched) it(`${program}, ${mode}`, () => assert.equal(faults[mode].join('\n'), ''));
  });
}

const isEnd = (row) => row['headwater.phase'] === 'end';
const idOf = (row) => `${row['headwater.connection']}/${row['headwater.ordinal']}`;

/** Waits for the rows of one case, compares, and notes the cell. */
async function cell(program, name, world, told, capture, faults) {
  const sides = { '': told.truth, ...told.sides };
  const wanted = Object.values(sides).reduce((n, truth) => n + truth.length, 0);
  const exceptions = Object.fromEntries(Object.keys(sides).map((side) => [side, listed(program + side, name, capture.mode)]));
  const incomplete = Object.values(exceptions).some(Boolean);
  const exchanges = () => capture.rows.filter((r) => !isEnd(r));
  const openEnds = () => {
    const ended = new Set(capture.rows.filter(isEnd).map(idOf));
    return capture.rows.filter((r) => r['headwater.phase'] === 'begin' && !ended.has(idOf(r)));
  };
  for (const until = performance.now() + (incomplete ? 500 : 4000); performance.now() < until;) {
    if (exchanges().length >= wanted && (openEnds().length === 0 || world.endsShow === false)) break;
    await sleep(5);
  }
  if (told.settle) await capture.settled(told.settle);
  const rows = capture.rows.splice(0);
  const seen = rows.filter((r) => !isEnd(r));
  if (told.error) faults.push(`${name}: the case itself failed: ${told.error.stack}`);
  const begun = rows.filter((r) => r['headwater.phase'] === 'begin').map(idOf);
  const ends = rows.filter(isEnd);
  for (const e of ends) if (!begun.includes(idOf(e))) faults.push(`${name}: an end row without its begin: ${JSON.stringify(e).slice(0, 300)}`);
  for (const id of world.endsShow === false ? [] : begun)
    if (ends.filter((e) => idOf(e) === id).length !== 1) faults.push(`${name}: a begin row has ${ends.filter((e) => idOf(e) === id).length} end rows`);
  const rest = new Set(seen);
  for (const [side, truth] of Object.entries(sides)) {
    const mine = side === '' ? [] : seen.filter(world.sides[side]);
    for (const r of mine) rest.delete(r);
    if (side !== '') judge(program + side, name, truth, mine, capture, faults, exceptions[side]);
  }
  judge(program, name, told.truth, tolerated([...rest], told.tolerate ?? []), capture, faults, exceptions['']);
  const complaint = told.check?.(seen, ends, capture);
  if (complaint) faults.push(`${name}: ${complaint}`);
}

/** Rows without those that may be, but need not: one without an answer for each exchange in `list`. */
function tolerated(rows, list) {
  let left = list.length;
  return rows.filter((r) => r['http.response.status_code'] !== undefined || left-- <= 0);
}

function judge(program, name, truth, rows, capture, faults, exception) {
  const result = compare(truth, rows);
  let counter;
  if (exception) {
    counter = exception.holds(capture.totals(), capture.before);
    if (result.captured === result.expected && result.faults.length === 0) faults.push(`${name}: listed as not captured whole (${exception.reason}), but it was`);
    if (counter.value <= 0) faults.push(`${name}: ${counter.name} should count what is missing and is ${counter.value}`);
  } else for (const f of result.faults) faults.push(`${program}, ${name}: ${f}`);
  note(capture.mode, program, name, { ...result, ...(exception ? { reason: exception.reason, counter } : {}) });
}
