// The independent count: the topic read with plain kafkajs and apache-arrow, nothing of ours; and what the API answers, window by window.
import { tableFromIPC } from 'apache-arrow';
import { setTimeout as sleep } from 'node:timers/promises';
import { getAll, token } from '../e2e/standalone.mjs';
import { Kafka, logLevel, readAll } from '../e2e/topic.mjs';
import { WINDOW_MS, keyOf } from './traffic.mjs';

/** The contract: times further ahead of the bus's own time of the record are set back to it. */
const CLAMP_AHEAD_MS = 60_000;
const ROLES = ['server', 'client'];

/**
 * What the topic holds of the hosts whose id begins with `name-`, each batch once, however often it is there.
 * @param {{ brokers: string[], topic: string, name: string, client?: object }} o client: more settings of kafkajs (ssl, sasl)
 * @returns {Promise<{ counts: Map<string, number>, exchanges: number, batches: Map<string, Map<number, Batch>>, repeats: number, missing: number }>}
 *   batches: by host/incarnation and number; missing: numbers below the greatest that are not there
 * @typedef {{ rows: [string, number][], exchanges: number }} Batch rows: key and weight
 */
export async function countTopic({ brokers, topic, name, client = {} }) {
  const kafka = new Kafka({ clientId: 'independent-count', brokers, logLevel: logLevel.NOTHING, ...client });
  const records = await patiently(() => readAll(kafka, topic));
  const batches = new Map();
  let repeats = 0;
  for (const { value, headers, timestamp } of records) {
    const agent = headers['headwater-agent'] ?? '';
    if (!agent.startsWith(`${name}-`)) continue;
    const seq = Number(headers['headwater-seq']);
    const seen = batches.get(agent) ?? new Map();
    batches.set(agent, seen);
    if (seen.has(seq)) repeats += 1;
    else seen.set(seq, batchOf(tableFromIPC(value), timestamp));
  }
  let missing = 0;
  for (const seen of batches.values()) missing += Math.max(...seen.keys()) - seen.size;
  return { ...sumOf(batches), batches, repeats, missing };
}

/** A broker that has just started says for a moment that it leads nothing. */
async function patiently(work) {
  for (let left = 20; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (error.retriable !== true || left === 0) throw error;
      await sleep(500);
    }
  }
}

function batchOf(table, busMs) {
  const column = (c) => table.getChild(c);
  const [time, service, role, method, route, status, phase, weight] = [
    'start_time',
    'service.name',
    'headwater.role',
    'http.request.method',
    'http.route',
    'http.response.status_code',
    'headwater.phase',
    'headwater.weight',
  ].map(column);
  const raw = time.data.flatMap((d) => [...d.values]);
  const batch = { rows: [], exchanges: 0 };
  for (let i = 0; i < table.numRows; i += 1) {
    if (phase.get(i) === 2) continue;
    const said = Number(raw[i] / 1_000_000n);
    const ms = said > busMs + CLAMP_AHEAD_MS ? busMs : said;
    batch.rows.push([keyOf(ms, service.get(i), ROLES[role.get(i)], method.get(i), route.get(i), status.get(i)), weight.get(i)]);
    batch.exchanges += weight.get(i);
  }
  return batch;
}

function sumOf(batches) {
  const counts = new Map();
  let exchanges = 0;
  for (const seen of batches.values()) {
    for (const batch of seen.values()) {
      exchanges += batch.exchanges;
      for (const [key, n] of batch.rows) counts.set(key, (counts.get(key) ?? 0) + n);
    }
  }
  return { counts, exchanges };
}

/**
 * The truth where part of a log went away unread: everything that was in `old` (read before it went) or is in `now`, without the
 * newest batches of `old` of each host, as many as the API says are missing of it. Whether it says so rightly shows in the windows
 * (another number would leave them unequal) and in the exchanges of just these batches.
 * @param {Map<string, number>} missing by host
 */
export function without(old, now, missing) {
  const batches = new Map();
  const gone = { batches: 0, exchanges: 0 };
  for (const agent of new Set([...old.batches.keys(), ...now.batches.keys()])) {
    const all = new Map([...(old.batches.get(agent) ?? []), ...(now.batches.get(agent) ?? [])]);
    const onlyOld = [...(old.batches.get(agent)?.keys() ?? [])].filter((seq) => !now.batches.get(agent)?.has(seq)).sort((a, b) => b - a);
    for (const seq of onlyOld.slice(0, missing.get(agent.split('/')[0]) ?? 0)) {
      gone.batches += 1;
      gone.exchanges += all.get(seq).exchanges;
      all.delete(seq);
    }
    batches.set(agent, all);
  }
  return { ...sumOf(batches), missing: gone, produced: sumOf(batches).exchanges + gone.exchanges };
}

/** Batches that the API says never came, by host. @returns {Promise<Map<string, number>>} */
export async function missingByHost(info) {
  const { data } = await getAll(info, await token(info), '/v1/fleet/agents?start=now-1h&end=now&limit=1000');
  const of = (lost) => Object.entries(lost).reduce((sum, [reason, n]) => sum + (reason === 'sequence_gap_filled' ? -n : n), 0);
  return new Map(data.filter((r) => r.account).map((r) => [r.host, of(r.account.lost_batches)]));
}

const windowOf = (key) => Number(key.slice(0, key.indexOf('|')));
const windowsOf = (...maps) => [...new Set(maps.flatMap((m) => [...m.keys()].map(windowOf)))].sort((a, b) => a - b);
const range = (start, end) => `start=${new Date(start).toISOString()}&end=${new Date(end).toISOString()}`;

/** What the API says of services whose name begins with `name-` in these 10 s windows. @returns {Promise<Map<string, number>>} */
export async function askApi(info, starts, name) {
  const bearer = await token(info);
  const counts = new Map();
  for (const start of starts) {
    for (const role of ROLES) {
      const { data } = await getAll(info, bearer, `/v1/request-patterns?${range(start, start + WINDOW_MS)}&role=${role}&group_by=service,role,method,route,status&limit=1000`);
      for (const r of data) if (r.exchanges > 0 && r.service.startsWith(`${name}-`)) counts.set(keyOf(start, r.service, r.role, r.method, r.route, r.status), r.exchanges);
    }
  }
  return counts;
}

/** `quality` of the answer for the whole of [start, end). */
export async function askQuality(info, start, end) {
  return (await getAll(info, await token(info), `/v1/services?${range(start, end)}&limit=1000`)).quality;
}

/** Window by window. `more` also asks windows around, so that a count in a wrong window is seen. */
export async function compare(info, truth, name) {
  const known = windowsOf(truth);
  const around = known.length === 0 ? [] : [known[0] - WINDOW_MS, known.at(-1) + WINDOW_MS];
  const counted = await askApi(info, [...known, ...around], name);
  const differ = [...new Set([...truth.keys(), ...counted.keys()])].filter((k) => truth.get(k) !== counted.get(k));
  const wrong = new Set(differ.map(windowOf));
  return {
    equal: differ.length === 0,
    counted: [...counted.values()].reduce((a, b) => a + b, 0),
    windows: known.length,
    windowsEqual: known.filter((w) => !wrong.has(w)).length,
    differ: differ.map((k) => `${k}: topic ${truth.get(k) ?? 0}, API ${counted.get(k) ?? 0}`),
    start: known[0] ?? 0,
    end: (known.at(-1) ?? 0) + WINDOW_MS,
  };
}
