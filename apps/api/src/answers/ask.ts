import type { Direction } from '@headwater/sketch';
import type { StateStore } from '@headwater/state-store';
import type { Principal } from '../auth/principal.ts';
import { packCursor, page, unpackCursor, type Ranked } from '../query/cursor.ts';
import type { Query } from '../query/parameters.ts';
import { resolveRange, type TimeRange } from '../query/time.ts';
import type { Decoder, Lens } from '../windows/decoded.ts';
import { isHosts, Revisions, serviceOf, type WindowReader } from '../windows/reader.ts';
import { rangeOut, type Answer } from './envelope.ts';
import { failureRows, type FailureRow } from './failures.ts';
import { agentRow, parseStatus, type AgentRow } from './fleet.ts';
import { HeaderFold, type HeaderRow } from './headers.ts';
import { LatencyFold, type LatencyPoint } from './latency.ts';
import { PatternTotals } from './pattern-totals.ts';
import { QualityFold } from './quality.ts';
import { requestPatternRows, type RequestPatternRow } from './request-patterns.ts';
import { isWholeRole, selectionOf, type GroupKey, type Selection } from './selection.ts';
import { ServiceFold, type ServiceRow } from './services.ts';

/** What one question has settled before anything is read. */
interface Question {
  route: string;
  query: Query;
  range: TimeRange;
  services: readonly string[] | null;
  selection: Selection;
  after: readonly [number, string] | null;
  limit: number;
  now: number;
}

interface Folded {
  quality: QualityFold;
  revisions: Revisions;
}

export const DEFAULT_GROUP: readonly GroupKey[] = ['service', 'method', 'route', 'status'];
const DEFAULT_LIMIT = 100;
const AGENT_PREFIX = 'agent/';

/** Which services a principal's query may read: null all, else these. A service it may not see simply has no data. */
export function visibleServices(principal: Principal, service: string | undefined): readonly string[] | null {
  const allowed = principal.services;
  if (service === undefined) return allowed;
  return allowed === null || allowed.includes(service) ? [service] : [];
}

function groupKeys(query: Query): readonly GroupKey[] {
  return query.group_by === undefined ? DEFAULT_GROUP : (query.group_by.split(',') as GroupKey[]);
}

/** Every question the API answers: settles it, reads, folds, answers. Folding and judging are in the files beside this one. */
export class Asker {
  constructor(
    private readonly reader: WindowReader,
    private readonly decoder: Decoder,
    private readonly state: () => StateStore,
    private readonly clock: () => number = Date.now,
  ) {}

  async services(query: Query, who: Principal): Promise<Answer<ServiceRow>> {
    const q = this.#settle('services', query, who);
    const fold = new ServiceFold(q.selection.role);
    const folded = await this.#fold(q, this.decoder.totals(), (part, _, service) => fold.add(service, part));
    return this.#page(q, fold.rows(), folded);
  }

  async requestPatterns(query: Query, who: Principal): Promise<Answer<RequestPatternRow>> {
    const q = this.#settle('request-patterns', query, who);
    const length = q.range.end - q.range.start;
    const totals = new PatternTotals(q.selection);
    const folded = await this.#fold(q, this.decoder.counts(), (part) => totals.add(part));
    const before = { range: { start: q.range.start - length, end: q.range.start }, services: q.services };
    const counts = this.decoder.counts();
    for await (const windows of this.reader.read(before, (closed) => isHosts(closed) || counts.held(closed))) {
      // the hosts' account of then is not needed
      for (const w of windows) {
        if (serviceOf(w) === null) continue;
        folded.revisions.add(w);
        for (const part of counts.of(w)) totals.addBefore(part);
      }
    }
    return this.#page(q, requestPatternRows(totals.by(groupKeys(query)), length), folded);
  }

  async failures(query: Query, who: Principal): Promise<Answer<FailureRow>> {
    const q = this.#settle('failures', query, who);
    const totals = new PatternTotals(q.selection);
    const folded = await this.#fold(q, this.decoder.counts(), (part) => totals.add(part));
    return this.#page(q, failureRows(totals.by(groupKeys(query))), folded);
  }

  async latency(query: Query, who: Principal): Promise<Answer<LatencyPoint>> {
    const q = this.#settle('latency', query, who);
    const fold = new LatencyFold(q.selection, q.range);
    const whole = isWholeRole(q.selection);
    const { quality, revisions } = whole
      ? await this.#fold(q, this.decoder.totals(), (part, start) => fold.addTotals(start, part))
      : await this.#fold(q, this.decoder.full(), (part, start) => fold.add(start, part));
    const summary = quality.quality(q.range, q.now);
    const data = fold.points((start, end) => quality.closed(start, end, q.now));
    return { etag: revisions.tag([q.route, q.query, q.range, q.services, summary]), envelope: { range: rangeOut(q.range), data, quality: summary } };
  }

  async headers(query: Query, who: Principal): Promise<Answer<HeaderRow>> {
    const q = this.#settle('headers', query, who);
    const fold = new HeaderFold({ role: q.selection.role, direction: (query.direction ?? null) as Direction | null, name: query.name?.toLowerCase() ?? null });
    const folded = await this.#fold(q, this.decoder.headers(), (part) => fold.add(part));
    return this.#page(q, fold.rows(), folded);
  }

  async agents(query: Query, who: Principal): Promise<Answer<AgentRow>> {
    const q = { ...this.#settle('fleet/agents', query, who), services: [] };
    const entries = await this.state().list(AGENT_PREFIX);
    const folded = await this.#fold(q, this.decoder.totals(), () => undefined);
    const agents = entries
      .map((e) => parseStatus(e.value))
      .filter((s) => s !== null)
      .filter((s) => query.host === undefined || s.host === query.host);
    return this.#page(
      q,
      agents.map((s) => agentRow(s, folded.quality.hosts, q.now)),
      folded,
    );
  }

  #settle(route: string, query: Query, who: Principal): Question {
    const now = this.clock();
    const cursor = query.cursor === undefined ? null : unpackCursor(query.cursor, route, query);
    return {
      route,
      query,
      range: cursor?.range ?? resolveRange(query, now),
      services: visibleServices(who, query.service),
      selection: selectionOf(query),
      after: cursor?.after ?? null,
      limit: query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit),
      now,
    };
  }

  /** Reads the range once; gives what the lens sees of each service's windows to `take`, and the hosts' accounts to the quality. */
  async #fold<V>(q: Question, lens: Lens<V>, take: (part: V, start: number, service: string) => void): Promise<Folded> {
    const quality = new QualityFold();
    const revisions = new Revisions();
    const hosts = this.decoder.hosts();
    for await (const windows of this.reader.read(q, (closed) => (isHosts(closed) ? hosts : lens).held(closed))) {
      for (const w of windows) {
        revisions.add(w);
        quality.add(w, isHosts(w) ? hosts.of(w) : []);
        const service = serviceOf(w);
        if (service !== null) for (const part of lens.of(w)) take(part, w.start, service);
      }
    }
    return { quality, revisions };
  }

  #page<T>(q: Question, rows: Ranked<T>[], { quality, revisions }: Folded): Answer<T> {
    const summary = quality.quality(q.range, q.now);
    const { rows: data, last } = page(rows, q.limit, q.after);
    const next = last === null ? {} : { next_cursor: packCursor({ range: q.range, after: last }, q.route, q.query) };
    // The agents' rows come from the state store, whose versions are not in the windows' revisions.
    const etag = revisions.tag([q.route, q.query, q.range, q.services, q.limit, summary, q.route === 'fleet/agents' ? data : null]);
    return { etag, envelope: { range: rangeOut(q.range), data, quality: summary, ...next } };
  }
}
