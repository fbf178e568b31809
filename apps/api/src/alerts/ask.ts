import { createHash } from 'node:crypto';
import { MINUTE_MS, readRules, RulesError, type Rule, type RulesInForce, type WouldHaveFired } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';
import type { Quality } from '../answers/quality.ts';
import type { Principal } from '../auth/principal.ts';
import { invalidBody } from '../http/body.ts';
import { invalidParameter, Problem } from '../http/problem.ts';
import { instantOfBody, lastClosedMinute } from '../query/body-times.ts';
import { packCursor, page, unpackCursor } from '../query/cursor.ts';
import type { Query } from '../query/parameters.ts';
import { DAY_MS, iso, KEPT_BY_DEFAULT, MAX_RANGE_MS, parseInstant, type Kept } from '../query/time.ts';
import { alertRows, ruleRows, type AlertRow, type AlertRuleRow, type AlertsWanted } from './rows.ts';
import type { Previewer, Span } from './previewer.ts';
import { readAlerts, readMutes, readRulesInForce } from './stored.ts';
import { WeightedCache } from '../windows/cache.ts';

export interface AlertsAnswer {
  range: { start: string; end: string };
  data: AlertRow[];
  next_cursor?: string;
}

export interface AlertRulesAnswer {
  /** `built-in` or the path of the file; null: no analyzer has said yet which rules are in force */
  source: string | null;
  loaded_at: string | null;
  preview?: { start: string; end: string; complete: boolean };
  data: AlertRuleRow[];
}

/** Body of POST /v1/alert-rules/preview. */
export interface PreviewRequest {
  rule: object;
  start?: string;
  end?: string;
}

export interface AlertRulePreview {
  range: { start: string; end: string };
  rule: Rule;
  fired: number;
  data: WouldHaveFired[];
  quality: Quality;
}

interface Counted {
  counts: ReadonlyMap<string, number | null>;
  complete: boolean;
}

export interface Tagged<T> {
  etag: string;
  envelope: T;
}

const DEFAULT_MS = 7 * DAY_MS;
const DEFAULT_LIMIT = 100;
const MAX_SHOWN = 1_000;
const MAX_PREVIEWS = 32;
/** A cursor holds a step; alerts have none. ms */
const NO_STEP = 1;

export function tagOf(body: unknown): string {
  return `W/"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`;
}

/** Questions about alerts and rules; the analyzer wrote what they are answered from. */
export class AlertAsker {
  readonly #state: () => StateStore;
  readonly #previewer: Previewer;
  readonly #clock: () => number;
  readonly #kept: Kept;
  readonly #previews = new WeightedCache<Promise<Counted>>(MAX_PREVIEWS);

  constructor(state: () => StateStore, previewer: Previewer, clock: () => number = Date.now, kept: Kept = KEPT_BY_DEFAULT) {
    this.#state = state;
    this.#previewer = previewer;
    this.#clock = clock;
    this.#kept = kept;
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

  async rules(query: Query, who: Principal): Promise<Tagged<AlertRulesAnswer>> {
    const rules = await readRulesInForce(this.#state());
    if (rules === null) {
      const none = { source: null, loaded_at: null, data: [] };
      return { etag: tagOf(none), envelope: none };
    }
    const data = ruleRows(rules, await readAlerts(this.#state()), who, this.#clock());
    const envelope: AlertRulesAnswer = { source: rules.source, loaded_at: rules.loaded_at, data };
    if (query.view === 'preview') Object.assign(envelope, await this.#previewed(rules, data, who));
    return { etag: tagOf(envelope), envelope };
  }

  /** Asked again within a minute it is the same. */
  async #previewed({ rules }: RulesInForce, rows: AlertRuleRow[], who: Principal): Promise<Pick<AlertRulesAnswer, 'preview' | 'data'>> {
    const now = this.#clock();
    const end = lastClosedMinute(now);
    const span = { start: end - DAY_MS, end };
    const key = tagOf([rules, span, who.services, who.scopes.has('fleet:read')]);
    let answer = this.#previews.get(key);
    if (answer === undefined) {
      answer = this.#previewer
        .run(rules, span, who, now)
        .then(({ fired, quality }) => ({ counts: new Map([...fired].map(([r, f]) => [r.id, f?.length ?? null])), complete: quality.complete }));
      this.#previews.set(key, answer, 1);
      answer.catch(() => this.#previews.delete(key));
    }
    let told: Counted;
    try {
      told = await answer;
    } catch (error) {
      // Too much to go through for a view: rules are shown all the same.
      if (!(error instanceof Problem && error.code === 'conflict')) throw error;
      told = { counts: new Map(), complete: false };
    }
    const data = rows.map((row) => ({ ...row, would_have_fired: told.counts.get(row.id) ?? null }));
    return { preview: { start: iso(span.start), end: iso(span.end), complete: told.complete }, data };
  }

  /** What one rule would have done: `body` was held against the schema but for the rule itself. */
  async preview({ rule: written, ...times }: PreviewRequest, who: Principal): Promise<AlertRulePreview> {
    const rule = ruleOf(written);
    if ((rule.kind === 'agent_silent' || rule.kind === 'capture_incomplete') && (who.services !== null || !who.scopes.has('fleet:read')))
      throw new Problem('forbidden', `a rule of kind ${rule.kind} is about hosts, and the token may not see the fleet (scope fleet:read, not narrowed to services)`);
    const now = this.#clock();
    const span = previewSpan(times, now, this.#kept);
    const { fired, quality } = await this.#previewer.run([rule], span, who, now);
    const data = fired.get(rule) ?? [];
    return { range: { start: iso(span.start), end: iso(span.end) }, rule, fired: data.length, data: data.slice(0, MAX_SHOWN), quality };
  }
}

function ruleOf(written: object): Rule {
  try {
    return readRules(JSON.stringify({ schema: 1, rules: [written] }), 'rule')[0] as Rule;
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    const pointer = (field: string): string =>
      `#/rule${field.replace(/^rules\[0\]/, '').replaceAll(/\.|\[(\d+)\]/g, (_, i: string | undefined) => (i === undefined ? '/' : `/${i}`))}`;
    throw invalidBody(error.problems.map((p) => ({ pointer: pointer(p.field), detail: p.message })));
  }
}

/** Whole minutes, of closed windows. */
function previewSpan(times: { start?: string; end?: string }, now: number, kept: Kept): Span {
  const last = lastClosedMinute(now);
  const asked = instantOfBody('end', times.end ?? 'now', now);
  const end = Math.min(last, Math.ceil(asked / MINUTE_MS) * MINUTE_MS);
  const start = times.start === undefined ? end - DAY_MS : Math.floor(instantOfBody('start', times.start, now) / MINUTE_MS) * MINUTE_MS;
  const wrong =
    start >= end
      ? `must be before the end; windows are closed up to ${iso(end)}`
      : asked - start > DAY_MS + MINUTE_MS
        ? 'the range is longer than 24 hours'
        : start < now - kept.minutesMs
          ? 'is longer ago than minutes are kept'
          : null;
  if (wrong !== null) throw invalidBody([{ pointer: '#/start', detail: wrong }]);
  return { start, end };
}

export function rangeOf(query: Query, now: number): { start: number; end: number } {
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
