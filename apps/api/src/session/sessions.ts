import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StateStore } from '@headwater/state-store';
import { Unavailable } from '../auth/discovery.ts';
import { Refusal, type IssuerClient, type Tokens } from './issuer-client.ts';
import type { Seal } from './seal.ts';
import { randomId, Vault, type Held } from './vault.ts';

/** What is kept of a person who signed in. Times in ms since the epoch. */
export interface Session {
  name: string;
  subject: string;
  tokens: { access: string; expiresAt: number; refresh?: string };
  created: number;
  touched: number;
}

/** Why a session ended, kept for a day so that the person can be told. */
export type EndedBy = 'idle' | 'age' | 'refused' | 'signed_out';

export type Resolved = { kind: 'ok'; session: Session } | { kind: 'over'; by: EndedBy | null } | { kind: 'unavailable'; detail: string; retryAfterS: number };

export interface SessionTimes {
  idleMs: number;
  maxMs: number;
}

/** A token that ends this soon is renewed before it is used. */
const FRESH_MS = 30_000;
const EPITAPH_MS = 86_400_000;
/** How long one process may take to refresh before another tries: longer than a call to the issuer may last. */
const LOCK_MS = 25_000;

/** Sessions of the dashboard: found by an id that only the browser has, refreshed by one at a time, ended for good. */
export class Sessions {
  readonly #vault: Vault<Session>;
  readonly #epitaphs: Vault<EndedBy>;
  readonly #locks: Vault<number>;
  readonly #client: IssuerClient;
  readonly #times: SessionTimes;
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #running = new Map<string, Promise<Resolved>>();

  constructor(store: () => StateStore, seal: Seal, client: IssuerClient, times: SessionTimes, log: Logger, now: () => number = Date.now) {
    this.#vault = new Vault(store, seal, 'session');
    this.#epitaphs = new Vault(store, seal, 'session-ended');
    this.#locks = new Vault(store, seal, 'session-refresh');
    this.#client = client;
    this.#times = times;
    this.#log = log;
    this.#now = now;
  }

  /** When the session ends however much it is used. */
  endsAt(session: Session): number {
    return session.created + this.#times.maxMs;
  }

  async open(name: string, subject: string, tokens: Tokens): Promise<string> {
    const id = randomId();
    const now = this.#now();
    const { access, expiresAt, refresh } = tokens;
    const session: Session = { name, subject, tokens: { access, expiresAt, ...(refresh === undefined ? {} : { refresh }) }, created: now, touched: now };
    if (!(await this.#vault.put(id, null, session, this.#times.maxMs))) throw new Error('a random id was there already');
    return id;
  }

  /** Whether it is still there: neither uses it nor renews anything. */
  async holds(id: string): Promise<boolean> {
    const held = await this.#vault.get(id);
    return held !== null && this.#now() < this.endsAt(held.value);
  }

  /** The session with a token that is still good, renewed if need be. */
  async resolve(id: string): Promise<Resolved> {
    const held = await this.#vault.get(id);
    if (held === null) return { kind: 'over', by: (await this.#epitaphs.get(id))?.value ?? null };
    const now = this.#now();
    const { value: session } = held;
    if (now >= this.endsAt(session)) return this.#over(id, 'age', session);
    if (now - session.touched >= this.#times.idleMs) return this.#over(id, 'idle', session);
    if (session.tokens.expiresAt - now <= FRESH_MS) return this.renew(id, session.tokens.access);
    if (now - session.touched > Math.min(60_000, this.#times.idleMs / 10)) {
      // If somebody else writes at this moment, they touch it too.
      await this.#write(id, held.version, { ...session, touched: now });
    }
    return { kind: 'ok', session };
  }

  /** A new access token in place of `stale`; however many ask, the issuer is asked once. */
  async renew(id: string, stale: string): Promise<Resolved> {
    let running = this.#running.get(id);
    if (running === undefined) {
      running = this.#renew(id, stale).finally(() => this.#running.delete(id));
      this.#running.set(id, running);
    }
    return running;
  }

  /** Ends it, and tells the issuer to forget the refresh token. `none`: there was no session; `untold`: the issuer does not answer. */
  async end(id: string, by: EndedBy): Promise<'ended' | 'untold' | 'none'> {
    const held = await this.#vault.get(id);
    if (held === null) return 'none';
    await this.#bury(id, by);
    const { refresh } = held.value.tokens;
    return refresh === undefined || by === 'refused' || (await this.#client.revoke(refresh)) ? 'ended' : 'untold';
  }

  /** Without a word to the issuer: another session takes its place at the same browser. */
  async drop(id: string): Promise<void> {
    await this.#vault.delete(id);
  }

  async #over(id: string, by: EndedBy, session: Session): Promise<Resolved> {
    await this.#bury(id, by);
    // Nobody waits for an issuer that may be slow; it never rejects.
    if (session.tokens.refresh !== undefined && by !== 'refused') void this.#client.revoke(session.tokens.refresh);
    return { kind: 'over', by };
  }

  async #bury(id: string, by: EndedBy): Promise<void> {
    await this.#vault.delete(id);
    await this.#epitaphs.put(id, null, by, EPITAPH_MS);
  }

  #write(id: string, version: number, session: Session): Promise<boolean> {
    return this.#vault.put(id, version, session, this.endsAt(session) - this.#now());
  }

  /** One process at a time asks the issuer: a rotated refresh token that is used twice ends everything. */
  async #renew(id: string, stale: string): Promise<Resolved> {
    const deadline = Date.now() + LOCK_MS;
    for (;;) {
      const held = await this.#vault.get(id);
      if (held === null) return { kind: 'over', by: (await this.#epitaphs.get(id))?.value ?? null };
      if (held.value.tokens.access !== stale) return { kind: 'ok', session: held.value };
      if (await this.#locks.put(id, null, 1, LOCK_MS)) {
        try {
          // Between the look and the lock another process may have done it.
          const latest = await this.#vault.get(id);
          if (latest === null || latest.value.tokens.access !== stale) continue;
          return await this.#ask(id, latest);
        } finally {
          await this.#locks.delete(id);
        }
      }
      if (Date.now() > deadline) return { kind: 'unavailable', detail: 'the session is being renewed elsewhere, and that takes too long', retryAfterS: 2 };
      await sleep(50);
    }
  }

  async #ask(id: string, held: Held<Session>): Promise<Resolved> {
    const { value: session } = held;
    const { refresh } = session.tokens;
    if (refresh === undefined) return this.#over(id, 'refused', session);
    let tokens: Tokens;
    try {
      tokens = await this.#client.refresh(refresh);
    } catch (error) {
      if (error instanceof Refusal) {
        this.#log.info({ code: error.code }, `a session ends: the issuer refuses to renew it (${error.message})`);
        return this.#over(id, 'refused', session);
      }
      if (!(error instanceof Unavailable)) throw error;
      // The token may still be good for a moment.
      if (session.tokens.expiresAt > this.#now()) return { kind: 'ok', session };
      return { kind: 'unavailable', detail: error.message, retryAfterS: 2 };
    }
    if (tokens.claims !== undefined && tokens.claims['sub'] !== session.subject) return this.#over(id, 'refused', session);
    const next: Session = {
      ...session,
      tokens: { access: tokens.access, expiresAt: tokens.expiresAt, ...(tokens.refresh === undefined ? {} : { refresh: tokens.refresh }) },
      touched: this.#now(),
    };
    // A touch may have come between; an end may have too, and then it stays ended.
    for (let version = held.version; !(await this.#write(id, version, next));) {
      const now = await this.#vault.get(id);
      if (now === null) {
        if (tokens.refresh !== undefined) await this.#client.revoke(tokens.refresh);
        return { kind: 'over', by: 'signed_out' };
      }
      version = now.version;
    }
    return { kind: 'ok', session: next };
  }
}
