import { Controller, Get, HttpCode, Inject, Optional, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Unavailable } from '../auth/discovery.ts';
import { Public } from '../auth/guard.ts';
import { challenge } from '../auth/bearer.ts';
import { RESOURCE_METADATA_URL } from '../auth/guard.ts';
import { Problem } from '../http/problem.ts';
import { RateLimiter } from '../http/rate-limit.ts';
import { OpenRoute } from '../openapi/documented.ts';
import type { Dashboard } from './dashboard.ts';
import { readCookie, setCookie } from './cookies.ts';
import { LOGIN_MS } from './login-flow.ts';
import { PAGE_HEADERS, refusalWords, sessionPage } from './pages.ts';
import { safeReturnTo } from './return-to.ts';

export const DASHBOARD = Symbol('Dashboard');

const ME_EXAMPLE = {
  name: 'admin',
  client: 'headwater-dashboard',
  scopes: ['alerts:write', 'events:read', 'fleet:read', 'insights:read', 'insights:submit', 'metrics:read'],
  services: null,
  expires_at: '2026-11-22T22:00:00.000Z',
  standalone: true,
};

/** The dashboard's session (a backend for the frontend): tokens stay here, the browser has a cookie. */
@Controller('bff')
@Public()
export class SessionController {
  /** Each leaves a record for ten minutes, and anybody may begin one. */
  readonly #begun = new RateLimiter({ requests: 120, windowS: 60 });

  constructor(
    @Optional() @Inject(DASHBOARD) private readonly configured: Dashboard | null,
    @Inject(RESOURCE_METADATA_URL) private readonly metadataUrl: string,
  ) {}

  @Get('login')
  @ApiExcludeEndpoint()
  async login(@Req() req: Request, @Res() res: Response): Promise<void> {
    const dashboard = this.#dashboard();
    const returnTo = safeReturnTo(req.query['return_to']);
    // Cookies are the host's: who came by another name of this machine goes on by the one the issuer sends back to.
    if (req.headers.host !== undefined && req.headers.host !== new URL(dashboard.baseUrl).host) {
      res.setHeader('cache-control', 'no-store').redirect(302, `${dashboard.baseUrl}/bff/login?return_to=${encodeURIComponent(returnTo)}`);
      return;
    }
    if (!this.#begun.take(req.socket.remoteAddress ?? '', Date.now()).allowed) {
      res.setHeader('retry-after', '60');
      return this.#page(
        res,
        429,
        sessionPage('Too many sign-ins', ['Too many sign-ins were begun from this address. Wait a minute, then try again.'], { href: '/', text: 'Go to the dashboard' }),
      );
    }
    let begun: Awaited<ReturnType<Dashboard['flow']['begin']>>;
    try {
      begun = await dashboard.flow.begin(returnTo, dashboard.authenticator.idOf(req));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return this.#away(req, res, dashboard, error, returnTo);
    }
    const { cookies } = dashboard;
    res.append('set-cookie', setCookie(cookies.login(begun.state), begun.id, { secure: cookies.secure, sameSite: 'Lax', maxAgeS: LOGIN_MS / 1000 }));
    res.setHeader('cache-control', 'no-store').setHeader('referrer-policy', 'no-referrer').redirect(302, begun.url);
  }

  @Get('callback')
  @ApiExcludeEndpoint()
  async callback(@Req() req: Request, @Res() res: Response): Promise<void> {
    const dashboard = this.#dashboard();
    const { cookies, flow } = dashboard;
    const query = req.originalUrl.split('?', 2)[1] ?? '';
    const name = cookies.login(new URLSearchParams(query).get('state') ?? '');
    const id = readCookie(req.headers.cookie, name);
    let finished: Awaited<ReturnType<typeof flow.finish>>;
    try {
      finished = await flow.finish(query, id);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return this.#away(req, res, dashboard, error, '/');
    }
    if (id !== undefined) res.append('set-cookie', setCookie(name, '', { secure: cookies.secure, sameSite: 'Lax', maxAgeS: 0 }));
    if (finished.kind === 'lost') {
      const words = ['It took longer than ten minutes, or was finished already, or was begun in another browser.'];
      return this.#page(res, 400, sessionPage('This sign-in is over', words, { href: '/', text: 'Go to the dashboard' }));
    }
    if (finished.kind === 'refused') {
      dashboard.log.warn({ request_id: res.getHeader('x-request-id'), code: finished.code }, `a sign-in was refused: ${finished.detail}`);
      const [title, ...sentences] = refusalWords(finished.code, dashboard.issuer);
      return this.#page(res, 403, sessionPage(title, sentences, { href: `/bff/login?return_to=${encodeURIComponent(finished.returnTo)}`, text: 'Sign in again' }));
    }
    res.append('set-cookie', setCookie(cookies.session, finished.id, { secure: cookies.secure, sameSite: 'Strict', maxAgeS: Math.floor(dashboard.times.maxMs / 1000) }));
    // Not a redirect: one that began at another site would not carry the Strict cookie. This page of ours goes on by itself.
    res.setHeader('refresh', `0; url=${finished.returnTo}`);
    this.#page(res, 200, sessionPage('You are signed in', ['The dashboard opens by itself.'], { href: finished.returnTo, text: 'Go on' }));
  }

  @Get('me')
  @OpenRoute('session', 'Who is signed in at this browser, and what they may see', 'Session', ME_EXAMPLE, [
    [401, 'Nobody is signed in (`unauthorized`), or no longer (`session-expired`).'],
    [503, 'The sign-in server is away while the session must be renewed.'],
  ])
  async me(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<object> {
    const { sessions, authenticator, standalone } = this.#dashboard();
    res.setHeader('cache-control', 'no-store');
    const id = authenticator.idOf(req);
    if (id === undefined)
      throw new Problem('unauthorized', 'Nobody is signed in at this browser; sign in at /bff/login.', { headers: { 'www-authenticate': challenge(this.metadataUrl) } });
    const { session, principal } = await authenticator.authenticate(req, id);
    return {
      name: session.name,
      client: principal.clientId,
      scopes: [...principal.scopes].toSorted(),
      services: principal.services,
      expires_at: new Date(sessions.endsAt(session)).toISOString(),
      standalone,
    };
  }

  @Post('logout')
  @HttpCode(200)
  @OpenRoute('logout', 'Ends the session; with the header X-Headwater-CSRF: 1', 'LoggedOut', { logged_out: true, redirect: '/' }, [
    [403, 'The request does not come from the dashboard (`foreign-request`).'],
  ])
  async logout(@Req() req: Request, @Res({ passthrough: true }) res: Response): Promise<object> {
    const { sessions, authenticator, cookies, client, baseUrl } = this.#dashboard();
    res.setHeader('cache-control', 'no-store');
    const id = authenticator.idOf(req);
    if (id === undefined) return { logged_out: true, redirect: '/' };
    authenticator.demandOurs(req);
    const ended = await sessions.end(id, 'signed_out');
    res.append('set-cookie', setCookie(cookies.session, '', { secure: cookies.secure, sameSite: 'Strict', maxAgeS: 0 }));
    return { logged_out: true, redirect: (ended === 'ended' ? await client.endSessionUrl(`${baseUrl}/`) : null) ?? '/' };
  }

  #dashboard(): Dashboard {
    if (this.configured === null || this.configured === undefined)
      throw new Problem('not_found', 'this API has no dashboard: set dashboard.client_id, dashboard.client_secret_file and dashboard.key_file');
    return this.configured;
  }

  #page(res: Response, status: number, document: string): void {
    for (const [name, value] of Object.entries(PAGE_HEADERS)) res.setHeader(name, value);
    res.status(status).send(Buffer.from(document));
  }

  #away(req: Request, res: Response, dashboard: Dashboard, error: Unavailable, returnTo: string): void {
    dashboard.log.warn({ request_id: res.getHeader('x-request-id'), path: req.path }, `no sign-in: ${error.message}`);
    res.setHeader('retry-after', '2');
    const words = [
      `${dashboard.issuer} does not answer, so nobody can sign in at this moment.`,
      'Try again in a moment; if it stays so, whoever runs Headwater can look at the log of the API.',
    ];
    this.#page(res, 503, sessionPage('The sign-in server does not answer', words, { href: `/bff/login?return_to=${encodeURIComponent(returnTo)}`, text: 'Try again' }));
  }
}
