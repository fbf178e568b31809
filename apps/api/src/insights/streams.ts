import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import type { Insight } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import { insightRow } from './rows.ts';
import { event, EVENT_STREAM, HEARTBEAT, retry } from './sse.ts';
import { readInsight } from './stored.ts';

export interface StreamLimits {
  perClient: number;
  inAll: number;
  pollMs: number;
  heartbeatMs: number;
  /** how often the session of a stream is looked for */
  sessionMs: number;
}

export const STREAM_LIMITS: StreamLimits = { perClient: 10, inAll: 500, pollMs: 1_000, heartbeatMs: 15_000, sessionMs: 3_000 };

interface Stream {
  id: string;
  who: Principal;
  response: Response;
  /** revision that was written last; 0: none */
  told: number;
  /** when something was written last, by the process's own clock, ms */
  wroteAt: number;
  /** whether its session is still there; null: it has none */
  holds: (() => Promise<boolean>) | null;
  lookedAt: number;
}

const RETRY_MS = 2_000;

/** Nothing of it is on its way; the findings by rules are shown while the model is still asked. */
export const isOver = ({ state, model }: Pick<Insight, 'state' | 'model'>): boolean => state === 'failed' || (state === 'done' && model.state !== 'pending');

/**
 * Streams of insights that are being made. One look at the state store a second and insight, however many watch it; a reader that does not
 * read gets the newest revision when it does, nothing is kept for it.
 */
export class InsightStreams {
  readonly #state: () => StateStore;
  readonly #clock: () => number;
  readonly #limits: StreamLimits;
  readonly #streams = new Set<Stream>();
  #polling: Promise<void> | null = null;
  readonly #ending = new AbortController();

  constructor(state: () => StateStore, clock: () => number = Date.now, limits: StreamLimits = STREAM_LIMITS) {
    this.#state = state;
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#streams.size;
  }

  /**
   * Answers with a stream of `insight`, which the caller may see; ends it when nothing of it is on its way any more, when the token ends, or when we do.
   * @param lastEventId revision that the reader has; of one that there is not yet it has nothing
   * @param holds whether the reader's session is still there; null: it came by a token
   * @throws Problem rate_limited
   */
  open(insight: Insight, who: Principal, lastEventId: number | null, holds: Stream['holds'], response: Response): void {
    const over = isOver(insight);
    if (over && lastEventId === insight.revision) {
      // What tells an EventSource not to come back (section 9.2.3).
      response.status(204).setHeader('cache-control', 'no-store').end();
      return;
    }
    this.#demandRoom(who);
    response.status(200);
    // No proxy is to gather what is small and comes seldom.
    response.setHeader('content-type', EVENT_STREAM).setHeader('cache-control', 'no-store').setHeader('x-accel-buffering', 'no');
    if (response.req.method === 'HEAD') return void response.end();
    response.flushHeaders();
    response.socket?.setNoDelay(true);
    response.write(retry(RETRY_MS));
    const now = performance.now();
    const told = lastEventId === null || lastEventId > insight.revision ? 0 : lastEventId;
    const stream: Stream = { id: insight.id, who, response, told, wroteAt: now, holds, lookedAt: now };
    this.#streams.add(stream);
    response.once('close', () => this.#streams.delete(stream));
    this.#tell(stream, insight);
    if (!response.writableEnded) this.#polling ??= this.#poll().finally(() => (this.#polling = null));
  }

  /** Ends them all, so that the server can close. */
  async close(): Promise<void> {
    this.#ending.abort();
    for (const stream of this.#streams) this.#end(stream);
    await this.#polling;
  }

  #demandRoom({ issuer, clientId, subject }: Principal): void {
    const { perClient, inAll } = this.#limits;
    const own = [...this.#streams].filter(({ who }) => who.issuer === issuer && who.clientId === clientId && who.subject === subject).length;
    if (own >= perClient) throw new Problem('rate_limited', `more than ${perClient} streams at once; end one, or ask for the insight itself`, { retryAfterS: 5 });
    if (this.#streams.size >= inAll || this.#ending.signal.aborted)
      throw new Problem('rate_limited', 'as many streams are open as this API serves at once; ask for the insight itself', { retryAfterS: 5 });
  }

  #tell(stream: Stream, insight: Insight): void {
    const { response } = stream;
    if (insight.revision > stream.told && !response.writableNeedDrain) {
      response.write(event('insight', insight.revision, insightRow(insight, stream.who)));
      stream.told = insight.revision;
      stream.wroteAt = performance.now();
    }
    if (isOver(insight) && stream.told >= insight.revision) this.#end(stream);
  }

  #end(stream: Stream): void {
    this.#streams.delete(stream);
    stream.response.end();
  }

  async #poll(): Promise<void> {
    for (;;) {
      await sleep(this.#limits.pollMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      if (this.#streams.size === 0) return;
      const now = this.#clock();
      for (const stream of this.#streams) if (now >= stream.who.expiresAt) this.#end(stream);
      await Promise.all([...this.#streams].map((s) => this.#demandSession(s)));
      const ids = new Set([...this.#streams].map((s) => s.id));
      await Promise.all([...ids].map((id) => this.#look(id)));
      for (const stream of this.#streams) this.#beat(stream);
    }
  }

  /** A store that is away is waited for: the streams stay, and go on when it is back. */
  async #look(id: string): Promise<void> {
    let held: Awaited<ReturnType<typeof readInsight>>;
    try {
      held = await readInsight(this.#state(), id);
    } catch {
      return;
    }
    for (const stream of this.#streams) {
      if (stream.id !== id) continue;
      if (held === null) this.#end(stream);
      else this.#tell(stream, held.insight);
    }
  }

  async #demandSession(stream: Stream): Promise<void> {
    if (stream.holds === null || performance.now() - stream.lookedAt < this.#limits.sessionMs) return;
    stream.lookedAt = performance.now();
    // A store that is away has not ended the session.
    if (!(await stream.holds().catch(() => true))) this.#end(stream);
  }

  #beat(stream: Stream): void {
    if (performance.now() - stream.wroteAt < this.#limits.heartbeatMs) return;
    // Who has not read for so long that the socket is full is gone, or as good as.
    if (stream.response.writableNeedDrain) return void stream.response.destroy();
    stream.response.write(HEARTBEAT);
    stream.wroteAt = performance.now();
  }
}
