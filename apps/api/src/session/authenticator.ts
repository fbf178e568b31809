import type { Request } from 'express';
import type { Principal } from '../auth/principal.ts';
import type { TokenVerifier } from '../auth/verifier.ts';
import { Problem } from '../http/problem.ts';
import { readCookie, type CookieForm } from './cookies.ts';
import { foreign } from './same-origin.ts';
import type { EndedBy, Resolved, Session, Sessions } from './sessions.ts';

export const SESSION_AUTHENTICATOR = Symbol('SessionAuthenticator');

const OVER: Readonly<Record<EndedBy | 'unknown', string>> = {
  idle: 'The session ended because it was not used for a while; sign in again.',
  age: 'The session reached its longest time; sign in again.',
  refused:
    'The sign-in server no longer renews this session: the account or the dashboard was changed or removed there, or it was used elsewhere. Sign in again, or ask whoever runs Headwater.',
  signed_out: 'You signed out; sign in again to go on.',
  unknown: 'The session is over; sign in again.',
};

export function sessionOver(by: EndedBy | null): Problem {
  return new Problem('session_expired', OVER[by ?? 'unknown']);
}

/** Turns the session's cookie into the same principal that its access token would give as a bearer token. */
export class SessionAuthenticator {
  readonly #sessions: Sessions;
  readonly #verifier: TokenVerifier;
  readonly cookies: CookieForm;
  readonly #origin: string;

  constructor(sessions: Sessions, verifier: TokenVerifier, cookies: CookieForm, origin: string) {
    this.#sessions = sessions;
    this.#verifier = verifier;
    this.cookies = cookies;
    this.#origin = origin;
  }

  /** The id in the cookie; undefined where there is none. */
  idOf(request: Request): string | undefined {
    return readCookie(request.headers.cookie, this.cookies.session);
  }

  /** For what goes on after it was let in: whether the session it came by is still there. null: it came by a token of its own. */
  watch(request: Request): (() => Promise<boolean>) | null {
    const id = this.idOf(request);
    return id === undefined ? null : () => this.#sessions.holds(id);
  }

  /** Throws foreign_request where the request does not come from our own pages. */
  demandOurs(request: Request): void {
    const why = foreign(request.method, request.headers, this.#origin);
    if (why !== null) throw new Problem('foreign_request', why);
  }

  /** Throws session_expired or issuer_unavailable. */
  async authenticate(request: Request, id: string): Promise<{ session: Session; principal: Principal }> {
    this.demandOurs(request);
    let session = sessionOf(await this.#sessions.resolve(id));
    let verdict = await this.#verifier.verify(session.tokens.access);
    if (verdict.kind === 'invalid') {
      // Revoked at the issuer, or signed by a key that is gone: a new one tells whether the session still holds.
      session = sessionOf(await this.#sessions.renew(id, session.tokens.access));
      verdict = await this.#verifier.verify(session.tokens.access);
    }
    if (verdict.kind === 'ok') return { session, principal: verdict.principal };
    if (verdict.kind === 'unavailable') throw away(verdict.detail, verdict.retryAfterS);
    await this.#sessions.end(id, 'refused');
    throw sessionOver('refused');
  }
}

export function away(detail: string, retryAfterS: number): Problem {
  return new Problem('issuer_unavailable', `The sign-in server does not answer, so your session cannot be checked; this page tries again (${detail}).`, { retryAfterS });
}

function sessionOf(resolved: Resolved): Session {
  if (resolved.kind === 'ok') return resolved.session;
  if (resolved.kind === 'unavailable') throw away(resolved.detail, resolved.retryAfterS);
  throw sessionOver(resolved.by);
}
