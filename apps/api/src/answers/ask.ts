import type { Direction, Role, ServiceWindowScan } from '@headwater/sketch';
import type { StateStore } from '@headwater/state-store';
import type { Principal } from '../auth/principal.ts';
import { invalidParameter } from '../http/problem.ts';
import { packCursor, page, type Ranked } from '../query/cursor.ts';
import type { Query } from '../query/parameters.ts';
import { coarsestOf, DAY_MS, earlier, KEPT_BY_DEFAULT, type Kept } from '../query/time.ts';
import type { Decoder, Lens } from '../windows/decoded.ts';
import type { RoleTotals, ServiceDigest, WindowPatterns } from '../windows/digest.ts';
import type { PatternIdentity } from '../windows/identities.ts';
import type { WindowReader } from '../windows/reader.ts';
import { ClientFold, type ClientRow, type ClientSort } from './clients.ts';
import { rangeOut, type Answer } from './envelope.ts';
import { exchangeRows, parseSamples, SAMPLE_PREFIX, type ExchangeRow } from './exchanges.ts';
import { failureRows, type FailureRow, type FailureSort } from './failures.ts';
import { agentRow, parseStatus, type AgentRow } from './fleet.ts';
import { Gatherer } from './gather.ts';
import { HeaderFold, type HeaderRow } from './headers.ts';
import { HeatmapFold, type LatencyHeatmapPoint, type LatencyMetric } from './heatmap.ts';
import { History } from './history.ts';
import { HistoryReader } from './history-reader.ts';
import { LatencyFold, type LatencyPoint } from './latency.ts';
import { PatternLatency } from './pattern-latency.ts';
import { PatternTotals } from './pattern-totals.ts';
import { failureKeys, groupKeys, settle, type Question } from './question.ts';
import { changeRows, requestPatternRows, type PatternSort, type RequestPatternRow } from './request-patterns.ts';
import { isWholeRole } from './selection.ts';
import { burnStart, ServiceFold, type ServiceRow, type ServiceSort } from './services.ts';

/** What answers one point a step. */
interface PointFold<P> {
  add(start: number, window: WindowPatterns): void;
  /** where the selection is a whole role */
  addTotals(start: number, totals: ReadonlyMap<Role, RoleTotals>): void;
  points(closed: (start: number, end: number) => boolean): P[];
}

/** Whether a question compares with what was usual: that reads the day before. */
function wantsHistory({ view, sort }: Query): boolean {
  return view === 'baseline' || view === 'changes' || sort === 'deviation';
}

const AGENT_PREFIX = 'agent/';
const DEFAULT_SLO = 99.9;

/** Every question the API answers: settles it, reads, folds, answers. Folding and judging are in the files beside this one. */
export class Asker {
  readonly #reader: WindowReader;
  readonly #decoder: Decoder;
  readonly #state: () => StateStore;
  readonly #clock: () => number;
  readonly #kept: Kept;
  readonly #histories: HistoryReader;

  constructor(reader: WindowReader, decoder: Decoder, state: () => StateStore, clock: () => number = Date.now, kept: Kept = KEPT_BY_DEFAULT) {
    this.#reader = reader;
    this.#decoder = decoder;
    this.#state = state;
    this.#clock = clock;
    this.#kept = kept;
    this.#histories = new HistoryReader(reader, decoder);
  }

  async services(query: Query, who: Principal): Promise<Answer<ServiceRow>> {
    const q = this.#settle('services', query, who);
    const series = query.view === 'series';
    const fold = new ServiceFold(q.selection.role, q.range, series);
    const got = this.#gather(q);
    const coarsest = series ? coarsestOf(q.range.stepMs) : '1h';
    // Cut where the burn rate begins, so that no wide window lies on both sides.
    const burn = burnStart(q.range);
    for (const part of [
      { start: q.range.start, end: burn },
      { start: burn, end: q.range.end },
    ])
      await got.range(
        part,
        coarsest,
        this.#decoder.digest(),
        (v, w, service) => fold.add(w.start, service, v),
        (to) => fold.passed(to),
      );
    const { before, day } = await this.#earlier(
      q,
      got,
      () => this.#decoder.counts(),
      (which, v, service) => fold.addEarlier(which, service, v),
    );
    const history = wantsHistory(query) ? await this.#history(q, got, (slot, v, service) => fold.addHistory(slot, service, v)) : null;
    return this.#page(q, fold.rows(Number(query.slo ?? DEFAULT_SLO), (query.sort ?? 'exchanges') as ServiceSort, { before, day }, history), got);
  }

  async requestPatterns(query: Query, who: Principal): Promise<Answer<RequestPatternRow>> {
    const q = this.#settle('request-patterns', query, who);
    const keys = groupKeys(query);
    const totals = new PatternTotals(q.selection);
    const latency = query.view === 'latency' ? new PatternLatency(q.selection, keys) : null;
    const got = this.#gather(q);
    if (latency === null) await got.range(q.range, '1h', this.#decoder.digest(), (v) => totals.add(v));
    else {
      const add = (pattern: PatternIdentity, scan: ServiceWindowScan): void => {
        totals.addPattern(pattern, scan);
        latency.addPattern(pattern, scan);
      };
      await got.range(q.range, '1h', this.#decoder.patterns(), (v) => v.each(add));
    }
    const { before, day } = await this.#earlier(
      q,
      got,
      () => this.#decoder.counts(),
      (which, v) => totals.addEarlier(which, v),
    );
    const history = wantsHistory(query) ? await this.#history(q, got, (slot, v) => totals.addHistory(slot, v)) : null;
    const lengths = { range: q.range.end - q.range.start, before, day };
    const groups = totals.by(keys);
    if (query.view === 'changes') return this.#page(q, history === null ? [] : changeRows(groups, lengths, history), got);
    return this.#page(q, requestPatternRows(groups, lengths, (query.sort ?? 'exchanges') as PatternSort, { latency, history }), got);
  }

  async failures(query: Query, who: Principal): Promise<Answer<FailureRow>> {
    const q = this.#settle('failures', query, who);
    const keys = failureKeys(query);
    const totals = new PatternTotals(q.selection, q.selection.errorTypes !== null || keys.includes('error_type'));
    const got = this.#gather(q);
    await got.range(q.range, '1h', this.#decoder.digest(), (v) => totals.add(v));
    await got.compare(earlier(q.range, q.range.end - q.range.start, q.now, this.#kept), this.#decoder.counts(), (v) => totals.addEarlier('before', v));
    const history = wantsHistory(query) ? await this.#history(q, got, (slot, v) => totals.addHistory(slot, v)) : null;
    return this.#page(q, failureRows(totals.by(keys), (query.sort ?? 'failures') as FailureSort, history), got);
  }

  async clients(query: Query, who: Principal): Promise<Answer<ClientRow>> {
    const q = this.#settle('clients', query, who);
    const fold = new ClientFold(query.client ?? null);
    const got = this.#gather(q);
    await got.range(q.range, '1h', this.#decoder.headers(), (v, _, service) => fold.add(service, v.clients));
    return this.#page(q, fold.rows((query.sort ?? 'exchanges') as ClientSort), got);
  }

  async latency(query: Query, who: Principal): Promise<Answer<LatencyPoint> | Answer<LatencyHeatmapPoint>> {
    const q = this.#settle('latency', query, who);
    if (query.metric !== undefined && query.view !== 'heatmap') throw invalidParameter('metric', 'belongs to view=heatmap; add that, or leave it out');
    return query.view === 'heatmap'
      ? this.#points(q, new HeatmapFold(q.selection, q.range, (query.metric ?? 'ttfb') as LatencyMetric))
      : this.#points(q, new LatencyFold(q.selection, q.range));
  }

  async headers(query: Query, who: Principal): Promise<Answer<HeaderRow>> {
    const q = this.#settle('headers', query, who);
    const series = query.view === 'series';
    if (series && query.name === undefined) throw invalidParameter('name', 'is needed for view=series; say which header');
    const selection = { role: q.selection.role, direction: (query.direction ?? null) as Direction | null, name: query.name?.toLowerCase() ?? null };
    const fold = new HeaderFold(selection, query.group_by?.endsWith(',service') ?? false, series ? q.range : null);
    const got = this.#gather(q);
    const coarsest = series ? coarsestOf(q.range.stepMs) : '1h';
    await got.range(
      q.range,
      coarsest,
      this.#decoder.headers(),
      (v, w, service) => fold.add(w.start, service, v),
      (to) => fold.passed(to),
    );
    await got.compare(earlier(q.range, q.range.end - q.range.start, q.now, this.#kept), this.#decoder.headers(), (v, _, service) => fold.addBefore(service, v));
    return this.#page(q, fold.rows(got.quality.quality(q.range, q.now).sampling !== null), got);
  }

  /** Kept samples. The range's quality is what the hosts said of it. */
  async exchanges(query: Query, who: Principal): Promise<Answer<ExchangeRow>> {
    const q = this.#settle('exchanges', query, who, DAY_MS);
    const wanted = { range: q.range, selection: q.selection, services: q.services, host: query.host ?? null };
    const prefixes = q.services === null ? [SAMPLE_PREFIX] : q.services.map((s) => `${SAMPLE_PREFIX}${s}/`);
    const lists = await Promise.all(prefixes.map((prefix) => this.#state().list(prefix)));
    const got = this.#gather({ ...q, services: [] });
    await got.range(q.range, '1h', this.#decoder.digest(), () => undefined);
    // By key: the samples of a service are listed once for each prefix that they begin with.
    const groups = new Map(lists.flat().map((e) => [e.key, e]));
    const rows: Ranked<ExchangeRow>[] = [];
    for (const entry of groups.values()) {
      const group = parseSamples(entry);
      if (group !== null) rows.push(...exchangeRows(group, entry.key, wanted));
      await got.pause();
    }
    return this.#page(q, rows, got, true);
  }

  async agents(query: Query, who: Principal): Promise<Answer<AgentRow>> {
    const q = { ...this.#settle('fleet/agents', query, who), services: [] };
    const entries = await this.#state().list(AGENT_PREFIX);
    const got = this.#gather(q);
    await got.range(q.range, '1h', this.#decoder.digest(), () => undefined);
    const agents = entries
      .map((e) => parseStatus(e.value))
      .filter((s) => s !== null)
      .filter((s) => query.host === undefined || s.host === query.host);
    return this.#page(
      q,
      agents.map((s) => agentRow(s, got.quality.hosts, q.now)),
      got,
      true,
    );
  }

  #settle(route: string, query: Query, who: Principal, defaultMs?: number): Question {
    return settle(route, query, who, this.#clock(), this.#kept, defaultMs);
  }

  #gather(q: Question): Gatherer {
    return new Gatherer(this.#reader, this.#decoder, q.services);
  }

  /** Reads the ranges that trends compare with; answers their lengths, ms. */
  async #earlier<V>(q: Question, got: Gatherer, lens: () => Lens<V>, take: (which: 'before' | 'day', value: V, service: string) => void): Promise<{ before: number; day: number }> {
    const lengths = { before: 0, day: 0 };
    for (const [which, ms] of [
      ['before', q.range.end - q.range.start],
      ['day', DAY_MS],
    ] as const) {
      const then = earlier(q.range, ms, q.now, this.#kept);
      await got.compare(then, lens(), (value, _, service) => take(which, value, service));
      lengths[which] = then.end - then.start;
    }
    return lengths;
  }

  /** Reads what was there before the range. */
  async #history(q: Question, got: Gatherer, take: (slot: number, value: ServiceDigest, service: string) => void): Promise<History> {
    const history = new History(q.range, q.now);
    await this.#histories.read(history, q.services, q.now, got, take);
    return history;
  }

  async #points<P>(q: Question, fold: PointFold<P>): Promise<Answer<P>> {
    const got = this.#gather(q);
    const coarsest = coarsestOf(q.range.stepMs);
    if (isWholeRole(q.selection)) await got.range(q.range, coarsest, this.#decoder.digest(), (v, w) => fold.addTotals(w.start, v.totals));
    else await got.range(q.range, coarsest, this.#decoder.patterns(), (v, w) => fold.add(w.start, v));
    const summary = got.quality.quality(q.range, q.now);
    const data = fold.points((start, end) => got.quality.closed(start, end, q.now));
    return { etag: got.tag([q.route, q.query, q.range, q.services, summary]), envelope: { range: rangeOut(q.range), data, quality: summary } };
  }

  /** @param ofState rows come from the state store, whose versions are not in the windows' revisions */
  #page<T>(q: Question, rows: Ranked<T>[], got: Gatherer, ofState = false): Answer<T> {
    const summary = got.quality.quality(q.range, q.now);
    const { rows: data, last } = page(rows, q.limit, q.after);
    const next = last === null ? {} : { next_cursor: packCursor({ range: q.range, after: last }, q.route, q.query) };
    const etag = got.tag([q.route, q.query, q.range, q.services, q.limit, summary, ofState ? data : null]);
    return { etag, envelope: { range: rangeOut(q.range), data, quality: summary, ...next } };
  }
}
