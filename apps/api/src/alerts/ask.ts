import { createHash } from 'node:crypto';
import type { StateStore } from '@headwater/state-store';
import type { Principal } from '../auth/principal.ts';
import { invalidParameter } from '../http/problem.ts';
import { packCursor, page, unpackCursor } from '../query/cursor.ts';
import type { Query } from '../query/parameters.ts';
import { DAY_MS, iso, MAX_RANGE_MS, parseInstant } from '../query/time.ts';
import { alertRows, ruleRows, type AlertRow, type AlertRuleRow, type AlertsWanted } from './rows.ts';
import { readAlerts, readMutes, readRules } from './stored.ts';

export interface AlertsAnswer {
  range: { start: string; end: string };
  data: AlertRow[];
  next_cursor?: string;
}

export interface AlertRulesAnswer {
  /** `built-in` or the path of the file; null: no analyzer has said yet which rules are in force */
  source: string | null;
  loaded_at: string | null;
  data: AlertRuleRow[];
}

export interface Tagged<T> {
  etag: string;
  envelope: T;
}

const DEFAULT_MS = 7 * DAY_MS;
const DEFAULT_LIMIT = 100;
/** A cursor holds a step; alerts have none. ms */
const NO_STEP = 1;

export function tagOf(body: unknown): string {
  return `W/"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`;
}

/** Questions about alerts and rules; the analyzer wrote what they are answered from. */
export class AlertAsker {
  readonly #state: () => StateStore;
  readonly #clock: () => number;

  constructor(state: () => StateStore, clock: () => number = Date.now) {
    this.#state = state;
    this.#clock = clock;
  }

  async alerts(query: Query, who: Principal): Promise<Tagged<AlertsAnswer>> {
    const now = this.#clock();
    const cursor = query.cursor === undefined ? null : unpackCursor(query.cursor, 'alerts', query);
    const range = cursor?.range ?? rangeOf(query, now);
    const wanted = wantedOf(query, range);
    const [alerts, mutes] = await Promise.all([readAlerts(this.#state()), readMutes(this.#state())]);
    const { rows, last } = page(alertRows(alerts, mutes, wanted, who, now), Number(query.limit ?? DEFAULT_LIMIT), cursor?.after ?? null);
    const next = last === null ? {} : { next_cursor: packCursor({ range: { ...range, stepMs: NO_STEP }, after: last }, 'alerts', query) };
    return { etag: tagOf(rows), envelope: { range: { start: iso(range.start), end: iso(range.end) }, data: rows, ...next } };
  }

  async rules(_query: Query, who: Principal): Promise<Tagged<AlertRulesAnswer>> {
    const rules = await readRules(this.#state());
    const envelope =
      rules === null
        ? { source: null, loaded_at: null, data: [] }
        : { source: rules.source, loaded_at: rules.loaded_at, data: ruleRows(rules, await readAlerts(this.#state()), who, this.#clock()) };
    return { etag: tagOf(envelope), envelope };
  }
}

function rangeOf(query: Query, now: number): { start: number; end: number } {
  const end = parseInstant('end', query.end ?? 'now', now);
  const start = query.start === undefined ? end - DEFAULT_MS : parseInstant('start', query.start, now);
  if (start >= end) throw invalidParameter(query.start === undefined ? 'end' : 'start', `start (${iso(start)}) must be before end (${iso(end)})`);
  if (start < 0) throw invalidParameter('start', 'must not be before 1970');
  if (end - start > MAX_RANGE_MS) throw invalidParameter('start', `the range is longer than ${MAX_RANGE_MS / DAY_MS} days; ask for less`);
  return { start: Math.floor(start), end: Math.ceil(end) };
}

/** One alert by its id is found whenever it was, unless a range is asked for. */
function wantedOf(query: Query, range: { start: number; end: number }): AlertsWanted {
  const byId = query.id !== undefined && query.start === undefined && query.end === undefined;
  return {
    range: byId ? null : range,
    state: (query.state ?? 'all') as AlertsWanted['state'],
    severities: query.severity?.split(',') ?? null,
    rule: query.rule ?? null,
    service: query.service ?? null,
    host: query.host ?? null,
    id: query.id ?? null,
  };
}
