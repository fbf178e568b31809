import type { Severity } from '@headwater/alert-rules';
import { INSIGHT_KEYS, type Finding, type Insight, type InsightState, type ModelPart, type SentRecord, type Trigger } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { Logger } from 'pino';
import { rangeOf, tagOf, type Tagged } from '../alerts/ask.ts';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import { packCursor, page, unpackCursor } from '../query/cursor.ts';
import type { Query } from '../query/parameters.ts';
import { iso } from '../query/time.ts';
import { gatewayAnswer, type GatewayAnswer } from './gateway.ts';
import { insightRow, insightRows, seesInsight, seesPlace, type InsightRow, type InsightsWanted } from './rows.ts';
import { KeptInsights, parseSent, readInsight, readStatuses } from './stored.ts';

export interface InsightsAnswer {
  range: { start: string; end: string };
  data: InsightRow[];
  next_cursor?: string;
}

const DEFAULT_LIMIT = 100;
/** A cursor holds a step; insights have none. ms */
const NO_STEP = 1;

/** Questions about insights; apps/insights wrote what they are answered from. */
export class InsightAsker {
  readonly #state: () => StateStore;
  readonly #log: Logger;
  readonly #acceptsRequests: boolean;
  readonly #clock: () => number;
  readonly #kept = new KeptInsights();

  constructor(state: () => StateStore, log: Logger, acceptsRequests: boolean, clock: () => number = Date.now) {
    this.#state = state;
    this.#log = log;
    this.#acceptsRequests = acceptsRequests;
    this.#clock = clock;
  }

  async list(query: Query, who: Principal): Promise<Tagged<InsightsAnswer>> {
    const cursor = query.cursor === undefined ? null : unpackCursor(query.cursor, 'insights', query);
    const range = cursor?.range ?? rangeOf(query, this.#clock());
    const ranked = insightRows(await this.#kept.read(this.#state()), wantedOf(query, range), who);
    const { rows, last } = page(ranked, Number(query.limit ?? DEFAULT_LIMIT), cursor?.after ?? null);
    const data = rows.map((i) => insightRow(i, who));
    const next = last === null ? {} : { next_cursor: packCursor({ range: { ...range, stepMs: NO_STEP }, after: last }, 'insights', query) };
    return { etag: tagOf(data), envelope: { range: { start: iso(range.start), end: iso(range.end) }, data, ...next } };
  }

  async one(id: string, who: Principal): Promise<Tagged<InsightRow>> {
    const row = insightRow(await this.find(id, who), who);
    return { etag: tagOf(row), envelope: row };
  }

  /** @throws Problem not_found, or forbidden where it is on hosts or on the fleet: those are there for everybody to know of */
  async find(id: string, who: Principal): Promise<Insight> {
    const found = /^[0-9a-f]{32}$/.test(id) ? await readInsight(this.#state(), id) : null;
    if (found === null) throw new Problem('not_found', `there is no insight ${id}`);
    const { insight } = found;
    if (seesInsight(who, insight)) return insight;
    if (insight.subject.service !== undefined) throw new Problem('not_found', `there is no insight ${id}`);
    throw new Problem(
      'forbidden',
      who.services !== null
        ? 'the token is narrowed to some services, and this insight is on all of them'
        : 'the insight is on a host, and the token may not see the fleet (scope fleet:read)',
    );
  }

  /**
   * What was sent to the gateway for it; who read it is said in the log.
   * @throws Problem not_found where nothing was sent or it is no longer kept, forbidden where it names what the token may not see
   */
  async sent(id: string, who: Principal, requestId: string): Promise<SentRecord> {
    const { model } = await this.find(id, who);
    const entry = model.input_sha256 === null ? null : await this.#state().get(INSIGHT_KEYS.sent(model.input_sha256));
    const sent = entry === null ? null : parseSent(entry.value);
    if (sent === null) throw new Problem('not_found', nothingSent(model));
    // Services may be named in the input itself; hosts never are, so of those only the alias is left out.
    const places = Object.entries(sent.aliases);
    if (places.some(([, { service }]) => !seesPlace(who, service === undefined ? {} : { service })))
      throw new Problem('forbidden', 'what was sent is also about services that the token may not see');
    const { subject, clientId, issuer } = who;
    this.#log.info({ request_id: requestId, insight: id, input_sha256: sent.input_sha256, subject, client: clientId, issuer }, 'what was sent to the AI gateway was read');
    return { ...sent, aliases: Object.fromEntries(places.filter(([, place]) => seesPlace(who, place))) };
  }

  async gateway(who: Principal): Promise<Tagged<GatewayAnswer>> {
    const envelope = gatewayAnswer(await readStatuses(this.#state()), this.#acceptsRequests, who);
    return { etag: tagOf(envelope), envelope };
  }
}

function nothingSent({ state, sent_at, detail }: ModelPart): string {
  if (sent_at !== null) return 'what was sent for this insight is no longer kept (keep_ms of apps/insights)';
  if (state === 'pending') return 'nothing is kept yet of what is sent for this insight: the model is being asked, or will be';
  return `nothing was sent for this insight: ${detail ?? 'no model was asked'}`;
}

/** Those on an alert are found whenever they were, unless a range is asked for. */
function wantedOf(query: Query, range: { start: number; end: number }): InsightsWanted {
  const byAlert = query.alert !== undefined && query.start === undefined && query.end === undefined;
  return {
    range: byAlert ? null : range,
    service: query.service ?? null,
    host: query.host ?? null,
    triggers: (query.trigger?.split(',') as Trigger[] | undefined) ?? null,
    states: (query.state?.split(',') as InsightState[] | undefined) ?? null,
    severity: (query.severity as Severity | undefined) ?? null,
    source: (query.source as Finding['source'] | undefined) ?? null,
    alert: query.alert ?? null,
  };
}
