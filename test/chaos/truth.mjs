// The independent count: the topic read with plain kafkajs and apache-arrow, nothing of ours; and what the API answers, window by window.
import { tableFromIPC } from 'apache-arrow';
import { getAll, token } from '../e2e/standalone.mjs';
import { Kafka, logLevel, readAll } from '../e2e/topic.mjs';
import { WINDOW_MS, keyOf } from './traffic.mjs';

/** The contract: times further ahead of the bus's own time of the record are set back to it. */
const CLAMP_AHEAD_MS = 60_000;
const ROLES = ['server', 'client'];

/**
 * Exchanges of the hosts whose id begins with `name-`, each batch once, however often the topic holds it.
 * @param {{ brokers: string[], topic: string, name: string, client?: object }} o client: more settings of kafkajs (ssl, sasl)
 * @returns {Promise<{ counts: Map<string, number>, exchanges: number, batches: Map<string, Set<number>>, repeats: number, missing: number }>}
 *   batches: by host/incarnation the numbers that are there; missing: numbers below the greatest that are not
 */
export async function countTopic({ brokers, topic, name, client = {} }) {
  const records = await readAll(new Kafka({ clientId: 'independent-count', brokers, logLevel: logLevel.NOTHING, ...client }), topic);
  const answer = { counts: new Map(), exchanges: 0, batches: new Map(), repeats: 0, missing: 0 };
  for (const { value, headers, timestamp } of records) {
    const agent = headers['headwater-agent'] ?? '';
    if (!agent.startsWith(`${name}-`)) continue;
    const seq = Number(headers['headwater-seq']);
    const seen = answer.batches.get(agent) ?? new Set();
    answer.batches.set(agent, seen);
    if (seen.has(seq)) {
      answer.repeats += 1;
      continue;
    }
    seen.add(seq);
    countRows(answer, tableFromIPC(value), timestamp);
  }
  for (const seen of answer.batches.values()) answer.missing += Math.max(...seen) - seen.size;
  return answer;
}

function countRows(answer, table, busMs) {
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
  for (let i = 0; i < table.numRows; i += 1) {
    if (phase.get(i) === 2) continue;
    const said = Number(raw[i] / 1_000_000n);
    const ms = said > busMs + CLAMP_AHEAD_MS ? busMs : said;
    const key = keyOf(ms, service.get(i), ROLES[role.get(i)], method.get(i), route.get(i), status.get(i));
    answer.counts.set(key, (answer.counts.get(key) ?? 0) + weight.get(i));
    answer.exchanges += weight.get(i);
  }
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
