import { createHash } from 'node:crypto';
import type { StateStore } from '@headwater/state-store';

export interface ThrottleLimits {
  /** tries of one person from one address in a window */
  perPerson: number;
  /** failed tries from one address in a window, whoever was named */
  perAddress: number;
  windowMs: number;
}

export const LIMITS: ThrottleLimits = { perPerson: 5, perAddress: 50, windowMs: 5 * 60_000 };

/** `retryAfterS`: null when the try may be made */
export interface Allowance {
  retryAfterS: number | null;
}

interface Count {
  n: number;
  /** ms since the epoch */
  until: number;
}

/**
 * Bounds guessing: counted in the store, so a restart or a second process forgets nothing. A try counts before the
 * password is looked at, so that tries made at once are bounded too; the right password takes it back.
 */
export class LoginThrottle {
  readonly #store: StateStore;
  readonly #limits: ThrottleLimits;
  readonly #now: () => number;

  constructor(store: StateStore, limits: ThrottleLimits = LIMITS, now: () => number = Date.now) {
    this.#store = store;
    this.#limits = limits;
    this.#now = now;
  }

  async take(person: string, address: string): Promise<Allowance> {
    const all = await this.#add(key('address', address), 1, this.#limits.perAddress);
    if (all.retryAfterS !== null) return all;
    return this.#add(key('person', person, address), 1, this.#limits.perPerson);
  }

  /** The password was right. */
  async forgive(person: string, address: string): Promise<void> {
    await this.#store.delete(key('person', person, address));
    await this.#add(key('address', address), -1, Number.MAX_SAFE_INTEGER);
  }

  async #add(at: string, by: 1 | -1, limit: number): Promise<Allowance> {
    for (;;) {
      const now = this.#now();
      const entry = await this.#store.get(at);
      let count: Count = entry === null ? { n: 0, until: 0 } : (JSON.parse(entry.value) as Count);
      if (count.until <= now) count = { n: 0, until: now + this.#limits.windowMs };
      if (by > 0 && count.n >= limit) return { retryAfterS: Math.max(1, Math.ceil((count.until - now) / 1000)) };
      const next = JSON.stringify({ n: Math.max(0, count.n + by), until: count.until });
      if (await this.#store.compareAndSet(at, entry?.version ?? null, next, { ttlMs: Math.max(1, count.until - now) })) return { retryAfterS: null };
    }
  }
}

/** Names and addresses are not kept in clear: what was typed as a name is sometimes a password. */
function key(kind: string, ...parts: string[]): string {
  return `login-tries/${kind}/${createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 32)}`;
}
