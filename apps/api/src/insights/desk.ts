import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { INSIGHT_KEYS, insightId, type Insight, type InsightRequest, type InsightSubject } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { Principal } from '../auth/principal.ts';
import { invalidBody } from '../http/body.ts';
import { Problem } from '../http/problem.ts';
import { iso, KEPT_BY_DEFAULT, type Kept } from '../query/time.ts';
import { insightRow, type InsightRow } from './rows.ts';
import type { InsightRequests } from './requests.ts';
import { readInsight } from './stored.ts';
import type { Known } from './known.ts';
import { askedWindow, type AskedWindow } from './window.ts';

/** Body of POST /v1/insights. */
export interface InsightQuestion {
  service?: string;
  host?: string;
  start?: string;
  end?: string;
}

/** What an Idempotency-Key was used for, under `insight-asked/<hash of person, client and key>`. */
interface Asked {
  schema: 1;
  question: string;
  window: AskedWindow;
}

const KEY = /^[\x21-\x7e]{1,128}$/;
const ASKED = 'insight-asked/';
const DAY_MS = 86_400_000;
/** As long as apps/insights keeps them by default; it says anew how long with every change. */
const KEPT_MS = 7 * DAY_MS;
const KEY_KEPT_MS = DAY_MS;
/** Queued for so long, it is handed on again. */
const AGAIN_AFTER_MS = 60_000;
const RETRY_AFTER_S = 5;

const NOT_ASKED: Insight['model'] = {
  state: 'pending',
  reason: null,
  detail: null,
  gateway: null,
  model: null,
  input_sha256: null,
  sent_at: null,
  took_ms: null,
  attempts: 0,
  repaired: false,
  format: null,
  tokens: null,
  cost_usd: null,
  request_id: null,
  dropped: {},
};

/** Takes requests for insights: writes them down as queued, hands them on; says in the log who asked. */
export class InsightDesk {
  readonly #state: () => StateStore;
  readonly #requests: InsightRequests | null;
  readonly #known: Known;
  readonly #log: Logger;
  readonly #clock: () => number;
  readonly #kept: Kept;

  /** @param requests null: this API has no bus */
  constructor(state: () => StateStore, requests: InsightRequests | null, known: Known, log: Logger, clock: () => number = Date.now, kept: Kept = KEPT_BY_DEFAULT) {
    this.#state = state;
    this.#requests = requests;
    this.#known = known;
    this.#log = log;
    this.#clock = clock;
    this.#kept = kept;
  }

  /** @throws Problem insights_not_accepted */
  demandRequests(): InsightRequests {
    if (this.#requests === null)
      throw new Problem(
        'insights_not_accepted',
        'this API has no bus to hand requests to: set bus (bus.kind and bus.path or bus.brokers, as apps/insights has it) in its settings; insights on alerts and the hourly digest are made all the same',
      );
    return this.#requests;
  }

  /**
   * @param key Idempotency-Key: whoever sends it again within a day gets the insight that the first request asked for
   * @throws Problem
   */
  async ask(question: InsightQuestion, who: Principal, key: string | undefined, requestId: string): Promise<InsightRow> {
    if (key !== undefined && !KEY.test(key)) throw new Problem('invalid_request', 'Idempotency-Key: 1 to 128 visible ASCII characters');
    const requests = this.demandRequests();
    const subject = subjectOf(question, who);
    const now = this.#clock();
    const window = key === undefined ? askedWindow(question, now, this.#kept) : await this.#windowOfKey(question, who, key, now);
    const id = insightId('request', subject, window);
    const held = await readInsight(this.#state(), id);
    if (held !== null && held.insight.state !== 'failed') {
      // A process that died between writing it down and handing it on left it so; handed on twice it is still one insight.
      if (held.insight.state === 'queued' && now - Date.parse(held.insight.updated_at) > AGAIN_AFTER_MS) await this.#publish(requests, held.insight, who);
      return insightRow(held.insight, who);
    }
    if (held === null && !(await this.#known.has(subject, window, now)))
      throw new Problem('unknown_subject', `nothing was seen of ${nameOf(subject)} ${subject.host === undefined ? 'from 24 hours before the window on' : 'by any agent'}`, {
        errors: [{ pointer: subject.host === undefined ? '#/service' : '#/host', detail: 'is not known' }],
      });
    const insight = queued(held?.insight ?? null, { id, subject, window }, who, now);
    if (!(await this.#state().compareAndSet(INSIGHT_KEYS.insight(id), held?.version ?? null, JSON.stringify(insight), { ttlMs: KEPT_MS }))) {
      // Somebody asked for the same at the same moment, or it is being made: theirs is as good.
      const twin = await readInsight(this.#state(), id);
      if (twin !== null) return insightRow(twin.insight, who);
      throw new Problem('conflict', 'it was asked for and taken back at the same moment; ask again', { retryAfterS: 1 });
    }
    await this.#hand(requests, insight, held?.insight ?? null, who, requestId);
    return insightRow(insight, who);
  }

  async #hand(requests: InsightRequests, insight: Insight, before: Insight | null, who: Principal, requestId: string): Promise<void> {
    try {
      await this.#publish(requests, insight, who);
    } catch (error) {
      await this.#takeBack(insight, before);
      throw error;
    }
    const { id, subject, window } = insight;
    this.#log.info({ request_id: requestId, insight: id, about: subject, window, subject: who.subject, client: who.clientId, issuer: who.issuer }, 'insight asked for');
  }

  async #publish(requests: InsightRequests, { id, subject, window, updated_at }: Insight, who: Principal): Promise<void> {
    const request: InsightRequest = { schema: 1, id, subject, window, requested_at: updated_at, requested_by: who.clientId };
    try {
      await requests.publish(request);
    } catch (cause) {
      const code = (cause as { code?: unknown }).code;
      throw new Problem('bus_unavailable', `the bus does not take the request (${typeof code === 'string' ? code : 'failed'}); ask again`, { cause, retryAfterS: RETRY_AFTER_S });
    }
  }

  /** As it was before, unless somebody has gone on with it: a request that seemed lost may have arrived. */
  async #takeBack(insight: Insight, before: Insight | null): Promise<void> {
    const key = INSIGHT_KEYS.insight(insight.id);
    const held = await readInsight(this.#state(), insight.id);
    if (held === null || held.insight.revision !== insight.revision || held.insight.state !== 'queued') return;
    if (before === null) await this.#state().delete(key);
    else await this.#state().compareAndSet(key, held.version, JSON.stringify({ ...before, revision: insight.revision + 1 }), { ttlMs: KEPT_MS });
  }

  /** The window that the key's first request meant: `now` does not move with a repeat. */
  async #windowOfKey(question: InsightQuestion, who: Principal, key: string, now: number): Promise<AskedWindow> {
    const hash = createHash('sha256')
      .update(JSON.stringify([who.issuer, who.clientId, who.subject, key]))
      .digest('hex')
      .slice(0, 32);
    const { service, host, start, end } = question;
    const canonical = JSON.stringify([service, host, start, end]);
    const window = askedWindow(question, now, this.#kept);
    const asked: Asked = { schema: 1, question: canonical, window };
    if (await this.#state().compareAndSet(ASKED + hash, null, JSON.stringify(asked), { ttlMs: KEY_KEPT_MS })) return window;
    const entry = await this.#state().get(ASKED + hash);
    const before = entry === null ? asked : (JSON.parse(entry.value) as Asked);
    if (before.question !== canonical) throw new Problem('idempotency_mismatch', 'this Idempotency-Key came with another request before; take a new one');
    return before.window;
  }
}

function queued(before: Insight | null, what: Pick<Insight, 'id' | 'subject' | 'window'>, who: Principal, now: number): Insight {
  const at = iso(now);
  return {
    schema: 1,
    ...what,
    trigger: 'request',
    state: 'queued',
    failure: null,
    compared_with: null,
    created_at: before?.created_at ?? at,
    updated_at: at,
    alerts: [],
    complete: false,
    findings: [],
    model: NOT_ASKED,
    requested_by: before?.requested_by ?? who.clientId,
    revision: (before?.revision ?? 0) + 1,
  };
}

const nameOf = ({ service, host }: InsightSubject): string => (service !== undefined ? `service ${service}` : `host ${host ?? ''}`);

/** @throws Problem invalid_body, forbidden */
function subjectOf({ service, host }: InsightQuestion, who: Principal): InsightSubject {
  if (service !== undefined && host !== undefined) throw invalidBody([{ pointer: '#/host', detail: 'an insight is on a service or on a host; leave one of them out' }]);
  if (host !== undefined) {
    if (who.services !== null || !who.scopes.has('fleet:read'))
      throw new Problem('forbidden', 'an insight on a host needs a token that may see the fleet (scope fleet:read, not narrowed to services)');
    return { host };
  }
  if (service === undefined) {
    if (who.services !== null) throw new Problem('forbidden', 'the token is narrowed to some services, and this is about all of them; name one in service');
    return {};
  }
  if (who.services !== null && !who.services.includes(service)) throw new Problem('forbidden', 'the token is narrowed to other services');
  return { service };
}
