import { Inject, Injectable, Optional, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { Problem } from '../http/problem.ts';
import { SESSION_AUTHENTICATOR, type SessionAuthenticator } from '../session/authenticator.ts';
import { challenge, readCredentials } from './bearer.ts';
import type { Principal, Scope } from './principal.ts';
import type { TokenVerifier } from './verifier.ts';

export const VERIFIER = Symbol('TokenVerifier');
export const RESOURCE_METADATA_URL = Symbol('resource metadata URL');

export const PUBLIC = 'headwater:public';
export const SCOPES_NEEDED = 'headwater:scopes';

/** No token needed. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);
/** All of these scopes are needed. */
export const Scopes = (...scopes: [Scope, ...Scope[]]): MethodDecorator => SetMetadata(SCOPES_NEEDED, scopes);

export interface AuthorizedRequest extends Request {
  principal: Principal;
}

/** Stands before every route. A route that says neither @Public nor @Scopes is refused: forgetting must not open anything. */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(VERIFIER) private readonly verifier: TokenVerifier,
    @Inject(RESOURCE_METADATA_URL) private readonly metadataUrl: string,
    @Optional() @Inject(SESSION_AUTHENTICATOR) private readonly sessions: SessionAuthenticator | null = null,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets) === true) return true;
    const needed = this.reflector.getAllAndOverride<Scope[] | undefined>(SCOPES_NEEDED, targets);
    if (needed === undefined || needed.length === 0) throw new Problem('forbidden', 'this route does not say which scope it needs, so nobody gets in');
    const request = context.switchToHttp().getRequest<AuthorizedRequest>();
    request.principal = await this.#authenticate(request);
    const { scopes } = request.principal;
    if (!needed.every((s) => scopes.has(s))) {
      const scope = needed.join(' ');
      const description = `needs the scope ${scope}`;
      throw this.#refusal('insufficient_scope', description, { code: 'insufficient_scope', description, scope });
    }
    return true;
  }

  async #authenticate(request: Request): Promise<Principal> {
    const query = new URLSearchParams(request.originalUrl.split('?', 2)[1] ?? '');
    const credentials = readCredentials(request.rawHeaders, query);
    const session = this.sessions?.idOf(request);
    if (this.sessions !== null && session !== undefined) {
      if (credentials.kind !== 'none') {
        const detail = 'the request has a session cookie and an access token; send one of them';
        throw this.#refusal('invalid_request', detail, { code: 'invalid_request', description: detail });
      }
      return this.#ofSession(this.sessions, request, session);
    }
    if (credentials.kind === 'none') throw this.#refusal('unauthorized', 'send an access token: "Authorization: Bearer <token>"');
    if (credentials.kind === 'malformed') throw this.#refusal('invalid_request', credentials.detail, { code: 'invalid_request', description: credentials.detail });
    const verdict = await this.verifier.verify(credentials.token);
    if (verdict.kind === 'ok') return verdict.principal;
    if (verdict.kind === 'unavailable') throw new Problem('issuer_unavailable', verdict.detail, { retryAfterS: verdict.retryAfterS });
    throw this.#refusal('invalid_token', verdict.detail, { code: 'invalid_token', description: verdict.detail });
  }

  async #ofSession(sessions: SessionAuthenticator, request: Request, id: string): Promise<Principal> {
    try {
      return (await sessions.authenticate(request, id)).principal;
    } catch (error) {
      // RFC 9110 section 15.5.2: every 401 says how to do it right.
      if (error instanceof Problem && error.status === 401) throw new Problem(error.code, error.message, { headers: { 'www-authenticate': challenge(this.metadataUrl) } });
      throw error;
    }
  }

  #refusal(
    code: 'unauthorized' | 'invalid_request' | 'invalid_token' | 'insufficient_scope',
    detail: string,
    error?: { code: string; description: string; scope?: string },
  ): Problem {
    return new Problem(code, detail, { headers: { 'www-authenticate': challenge(this.metadataUrl, error) } });
  }
}
