// One cell of the matrix: what was, what the capture says, and whether every byte of every header is the same.

/** Fields whose value no policy lets out (the capture says a summary instead): only their names and places are compared. */
const CREDENTIAL = /(^|[-_.])(authorization|cookie|set-cookie|key|www-authenticate|proxy-authenticate)($|[-_.])/i;

/** A row as the exchange it tells of. */
function exchangeOf(row) {
  const list = (name) => row[name].map((h) => [h.name, h.value, h.action]);
  return {
    method: row['http.request.method'] ?? '',
    path: row['url.path'] ?? '',
    status: row['http.response.status_code'] ?? 0,
    version: row['network.protocol.version'],
    request: list('http.request.headers'),
    response: list('http.response.headers'),
  };
}

const serialOf = (e) => `${e.method} ${e.path} ${e.request.find(([name]) => name.toLowerCase() === 'x-n')?.[1] ?? ''}`;

function sameField(truth, seen) {
  if (seen === undefined || truth[0] !== seen[0]) return false;
  return CREDENTIAL.test(truth[0]) ? seen[2] !== 'keep' : seen[2] === 'keep' && truth[1] === seen[1];
}

/** How many fields of the list are equal at their place. */
function equalFields(truth, seen) {
  return truth.filter((f, i) => sameField(f, seen[i])).length;
}

/**
 * @param {ReturnType<import('./http1.mjs').Conversation['exchanges']>} truth
 * @param {object[]} rows of toJson
 * @returns {{ expected: number, captured: number, headers: number, headersEqual: number, faults: string[] }}
 */
export function compare(truth, rows) {
  const waiting = new Map();
  for (const e of rows.map(exchangeOf)) {
    const key = serialOf(e);
    if (waiting.has(key)) waiting.get(key).push(e);
    else waiting.set(key, [e]);
  }
  const result = { expected: truth.length, captured: 0, headers: 0, headersEqual: 0, faults: [] };
  const fault = (text) => {
    if (result.faults.length < 5) result.faults.push(text);
  };
  for (const t of truth) {
    const key = serialOf(t);
    const e = waiting.get(key)?.shift();
    result.headers += t.request.length + t.response.length;
    if (!e) {
      fault(`not captured: ${key} ${t.status}`);
      continue;
    }
    result.captured++;
    for (const k of ['status', 'version']) if (e[k] !== t[k]) fault(`${key}: ${k} is ${t[k]}, captured ${e[k]}`);
    for (const side of ['request', 'response']) {
      const equal = equalFields(t[side], e[side]);
      result.headersEqual += equal;
      if (equal === t[side].length && equal === e[side].length) continue;
      const at = t[side].findIndex((f, i) => !sameField(f, e[side][i]));
      fault(`${key} ${t.status}: ${side} field ${at}: ${brief(t[side][at])}, captured ${brief(e[side][at])}; ${t[side].length} fields, captured ${e[side].length}`);
    }
  }
  for (const [key, left] of waiting)
    for (const e of left) {
      result.captured++;
      fault(`captured, but it never was: ${key} ${e.status}`);
    }
  return result;
}

const brief = (field) => JSON.stringify(field ?? null).slice(0, 160);
