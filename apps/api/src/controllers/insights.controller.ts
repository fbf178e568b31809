import { Controller, Get, HttpCode, Inject, Optional, Param, Post, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import type { Tagged } from '../alerts/ask.ts';
import type { AuthorizedRequest } from '../auth/guard.ts';
import { readBody } from '../http/body.ts';
import { conditional } from '../http/conditional.ts';
import { takeFrom, type RateLimit, type RateLimiter } from '../http/rate-limit.ts';
import type { IdentifiedRequest } from '../http/request-id.ts';
import { InsightAsker } from '../insights/ask.ts';
import { InsightDesk, type InsightQuestion } from '../insights/desk.ts';
import { INSIGHT_ROUTES } from '../insights/routes.ts';
import { lastEventId } from '../insights/sse.ts';
import { InsightStreams, isOver } from '../insights/streams.ts';
import { ScopedRoute, type Documented } from '../openapi/documented.ts';
import { readQuery, type Query } from '../query/parameters.ts';
import { SESSION_AUTHENTICATOR, type SessionAuthenticator } from '../session/authenticator.ts';

export const SUBMIT_LIMITER = Symbol('SubmitLimiter');

type Req = AuthorizedRequest & IdentifiedRequest;

function queryOf(req: Req, route: Documented): Query {
  return readQuery(req.originalUrl.split('?', 2)[1] ?? '', route.parameters ?? {});
}

@Controller()
export class InsightsController implements OnModuleDestroy {
  constructor(
    @Inject(InsightAsker) private readonly asker: InsightAsker,
    @Inject(InsightDesk) private readonly desk: InsightDesk,
    @Inject(InsightStreams) private readonly streams: InsightStreams,
    @Inject(SUBMIT_LIMITER) private readonly limiter: { limiter: RateLimiter; limit: RateLimit },
    @Optional() @Inject(SESSION_AUTHENTICATOR) private readonly sessions: SessionAuthenticator | null = null,
  ) {}

  /** Before the server waits for its connections to end. */
  async onModuleDestroy(): Promise<void> {
    await this.streams.close();
  }

  @Get('v1/insights')
  @ScopedRoute(INSIGHT_ROUTES.insights, 'insights:read')
  async insights(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, await this.asker.list(queryOf(req, INSIGHT_ROUTES.insights), req.principal));
  }

  @Post('v1/insights')
  @HttpCode(202)
  @ScopedRoute(INSIGHT_ROUTES.create, 'insights:submit')
  async create(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    queryOf(req, INSIGHT_ROUTES.create);
    this.desk.demandRequests();
    takeFrom(this.limiter.limiter, this.limiter.limit, 'insights', req.principal, res);
    const question = await readBody<InsightQuestion>(req, INSIGHT_ROUTES.create.body.schema);
    const key = req.headers['idempotency-key'];
    const row = await this.desk.ask(question, req.principal, typeof key === 'string' ? key : undefined, req.requestId);
    res.setHeader('location', row.links.self).setHeader('cache-control', 'no-store');
    if (isOver(row)) res.status(200);
    else res.setHeader('retry-after', '2');
    return row;
  }

  @Get('v1/insights/:id')
  @ScopedRoute(INSIGHT_ROUTES.insight, 'insights:read')
  async insight(@Req() req: Req, @Res({ passthrough: true }) res: Response, @Param('id') id: string): Promise<unknown> {
    queryOf(req, INSIGHT_ROUTES.insight);
    return answer(req, res, await this.asker.one(id, req.principal));
  }

  @Get('v1/insights/:id/sent')
  @ScopedRoute(INSIGHT_ROUTES.sent, 'insights:read')
  async sent(@Req() req: Req, @Res({ passthrough: true }) res: Response, @Param('id') id: string): Promise<unknown> {
    queryOf(req, INSIGHT_ROUTES.sent);
    res.setHeader('cache-control', 'no-store');
    return this.asker.sent(id, req.principal, req.requestId);
  }

  @Get('v1/insights/:id/events')
  @ScopedRoute(INSIGHT_ROUTES.events, 'insights:read')
  async events(@Req() req: Req, @Res() res: Response, @Param('id') id: string): Promise<void> {
    queryOf(req, INSIGHT_ROUTES.events);
    this.streams.open(await this.asker.find(id, req.principal), req.principal, lastEventId(req.headers['last-event-id']), this.sessions?.watch(req) ?? null, res);
  }

  @Get('v1/insight-gateway')
  @ScopedRoute(INSIGHT_ROUTES.gateway, 'insights:read')
  async gateway(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    queryOf(req, INSIGHT_ROUTES.gateway);
    return answer(req, res, await this.asker.gateway(req.principal));
  }
}

function answer<T>(req: Req, res: Response, { etag, envelope }: Tagged<T>): T | undefined {
  return conditional(req, res, etag) ? undefined : envelope;
}
