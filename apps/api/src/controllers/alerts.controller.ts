import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AlertAsker, tagOf, type PreviewRequest, type Tagged } from '../alerts/ask.ts';
import { MuteDesk, type MuteRequest } from '../alerts/mute-desk.ts';
import { ALERT_ROUTES } from '../alerts/routes.ts';
import type { AuthorizedRequest } from '../auth/guard.ts';
import { readBody } from '../http/body.ts';
import { conditional } from '../http/conditional.ts';
import type { IdentifiedRequest } from '../http/request-id.ts';
import { ScopedRoute, type Documented } from '../openapi/documented.ts';
import { readQuery, type Query } from '../query/parameters.ts';

type Req = AuthorizedRequest & IdentifiedRequest;

function queryOf(req: Req, route: Documented): Query {
  return readQuery(req.originalUrl.split('?', 2)[1] ?? '', route.parameters ?? {});
}

@Controller()
export class AlertsController {
  constructor(
    @Inject(AlertAsker) private readonly asker: AlertAsker,
    @Inject(MuteDesk) private readonly desk: MuteDesk,
  ) {}

  @Get('v1/alerts')
  @ScopedRoute(ALERT_ROUTES.alerts, 'metrics:read')
  async alerts(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, await this.asker.alerts(queryOf(req, ALERT_ROUTES.alerts), req.principal));
  }

  @Get('v1/alert-rules')
  @ScopedRoute(ALERT_ROUTES.rules, 'metrics:read')
  async rules(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, await this.asker.rules(queryOf(req, ALERT_ROUTES.rules), req.principal));
  }

  @Post('v1/alert-rules/preview')
  @HttpCode(200)
  @ScopedRoute(ALERT_ROUTES.preview, 'metrics:read')
  async preview(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    queryOf(req, ALERT_ROUTES.preview);
    const request = await readBody<PreviewRequest>(req, ALERT_ROUTES.preview.body.schema);
    res.setHeader('cache-control', 'no-store');
    return this.asker.preview(request, req.principal);
  }

  @Get('v1/mutes')
  @ScopedRoute(ALERT_ROUTES.mutes, 'metrics:read')
  async mutes(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    queryOf(req, ALERT_ROUTES.mutes);
    const envelope = { data: await this.desk.list(req.principal) };
    return answer(req, res, { etag: tagOf(envelope), envelope });
  }

  @Get('v1/mutes/:id')
  @ScopedRoute(ALERT_ROUTES.mute, 'metrics:read')
  async mute(@Req() req: Req, @Res({ passthrough: true }) res: Response, @Param('id') id: string): Promise<unknown> {
    queryOf(req, ALERT_ROUTES.mute);
    const envelope = await this.desk.get(id, req.principal);
    return answer(req, res, { etag: tagOf(envelope), envelope });
  }

  @Post('v1/mutes')
  @HttpCode(201)
  @ScopedRoute(ALERT_ROUTES.createMute, 'alerts:write')
  async createMute(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    queryOf(req, ALERT_ROUTES.createMute);
    const request = await readBody<MuteRequest>(req, ALERT_ROUTES.createMute.body.schema);
    const key = req.headers['idempotency-key'];
    const mute = await this.desk.create(request, req.principal, typeof key === 'string' ? key : undefined, req.requestId);
    res.setHeader('location', `/v1/mutes/${mute.id}`).setHeader('cache-control', 'no-store');
    return mute;
  }

  @Delete('v1/mutes/:id')
  @HttpCode(204)
  @ScopedRoute(ALERT_ROUTES.deleteMute, 'alerts:write')
  async deleteMute(@Req() req: Req, @Param('id') id: string): Promise<void> {
    queryOf(req, ALERT_ROUTES.deleteMute);
    await this.desk.remove(id, req.principal, req.requestId);
  }
}

function answer<T>(req: Req, res: Response, { etag, envelope }: Tagged<T>): T | undefined {
  return conditional(req, res, etag) ? undefined : envelope;
}
