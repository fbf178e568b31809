// What the demo shop's programs themselves wrote down: the truth that the API and the pages are held against.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const WINDOW_MS = 10_000;
/** The kernel's first byte and the program's own clock are this near to each other. */
const UNSURE_MS = 20;

/** @returns {Map<string, { time: number, method: string, path: string, status: number }[]>} by service */
export function readLogs(stateDir, services = ['shop', 'payments']) {
  return new Map(
    services.map((service) => [
      service,
      readFileSync(join(stateDir, `logs/demo-${service}-access.ndjson`), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .map((e) => ({ ...e, time: Date.parse(e.time) })),
    ]),
  );
}

/** The path as the agent's route template has it, for the paths of the demo. */
export const routeOf = (path) =>
  path
    .split('?')[0]
    .replace(/\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=\/|\.|$)/g, '/{uuid}')
    .replace(/\/\d+(?=\/|\.|$)/g, '/{int}');

/**
 * The longest range [from, to) of whole windows at whose ends no request is near enough to belong to either side.
 * @returns {{ from: number, to: number } | null} ms
 */
export function sureRange(logs, notBefore, notAfter, atLeastMs = 20_000) {
  const times = [...logs.values()].flat().map((e) => e.time);
  const sure = [];
  for (let t = Math.ceil(notBefore / WINDOW_MS) * WINDOW_MS; t <= notAfter; t += WINDOW_MS) if (!times.some((x) => Math.abs(x - t) <= UNSURE_MS)) sure.push(t);
  return sure.length < 2 || sure.at(-1) - sure[0] < atLeastMs ? null : { from: sure[0], to: sure.at(-1) };
}

/** "METHOD route status" -> how many, in the range. */
export function countLog(entries, { from, to }) {
  const counts = new Map();
  for (const { time, method, path, status } of entries) {
    if (time < from || time >= to) continue;
    const key = `${method} ${routeOf(path)} ${status}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
