import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Response } from 'express';
import type { AuthorizedRequest } from '../auth/guard.ts';
import { Problem } from './problem.ts';

export interface RateLimit {
  requests: number;
  windowS: number;
}

export interface Allowance {
  allowed: boolean;
  remaining: number;
  /** seconds until the window ends */
  resetS: number;
}

const MAX_CLIENTS = 100_000;

/** Counts requests of a client in fixed windows. Bounded: a client beyond the limit of clients pushes the oldest out. */
export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clients = new Map<string, { until: number; used: number }>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  take(client: string, now: number): Allowance {
    const { requests, windowS } = this.#limit;
    let entry = this.#clients.get(client);
    if (entry === undefined || entry.until <= now) {
      this.#clients.delete(client);
      if (this.#clients.size >= MAX_CLIENTS) this.#clients.delete(this.#clients.keys().next().value as string);
      entry = { until: now + windowS * 1_000, used: 0 };
      this.#clients.set(client, entry);
    }
    entry.used += 1;
    return { allowed: entry.used <= requests, remaining: Math.max(0, requests - entry.used), resetS: Math.max(1, Math.ceil((entry.until - now) / 1_000)) };
  }
}

/**
 * Takes one of the client's requests from a limit and says in the answer what is left of it, beside other limits.
 * @param name of the policy, a token
 * @throws Problem rate_limited
 */
export function takeFrom(limiter: RateLimiter, limit: RateLimit, name: string, { issuer, clientId, subject }: AuthorizedRequest['principal'], response: Response): void {
  const { allowed, remaining, resetS } = limiter.take(`${issuer}\u0000${clientId}\u0000${subject}`, Date.now());
  response.append('ratelimit-policy', `"${name}";q=${limit.requests};w=${limit.windowS}`);
  response.append('ratelimit', `"${name}";r=${remaining};t=${resetS}`);
  if (!allowed) throw new Problem('rate_limited', `more than ${limit.requests} requests in ${limit.windowS} s`, { retryAfterS: resetS });
}

export const RATE_LIMITER = Symbol('RateLimiter');
export const RATE_LIMIT = Symbol('RateLimit');

/** Runs behind the bearer guard: per client of an issuer, and per person where it acts for people. Header fields of draft-ietf-httpapi-ratelimit-headers-11. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    @Inject(RATE_LIMITER) private readonly limiter: RateLimiter,
    @Inject(RATE_LIMIT) private readonly limit: RateLimit,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { principal } = context.switchToHttp().getRequest<Partial<AuthorizedRequest>>();
    if (principal === undefined) return true;
    takeFrom(this.limiter, this.limit, 'default', principal, context.switchToHttp().getResponse<Response>());
    return true;
  }
}
