import 'reflect-metadata';
import type { Server } from 'node:http';
import type { INestApplication, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import type { StateStore } from '@headwater/state-store';
import type { SummaryStore } from '@headwater/summary-store';
import { Asker } from './answers/ask.ts';
import { BearerGuard, RESOURCE_METADATA_URL, VERIFIER } from './auth/guard.ts';
import { TokenVerifier } from './auth/verifier.ts';
import type { TrustedIssuer } from './auth/principal.ts';
import { AlertAsker } from './alerts/ask.ts';
import { Previewer } from './alerts/previewer.ts';
import { MuteDesk } from './alerts/mute-desk.ts';
import { AlertsController } from './controllers/alerts.controller.ts';
import { InsightsController, SUBMIT_LIMITER } from './controllers/insights.controller.ts';
import { ListingsController } from './controllers/listings.controller.ts';
import { ABOUT, SystemController, type About } from './controllers/system.controller.ts';
import { ApiMetrics } from './http/metrics.ts';
import { Paths } from './http/paths.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { RATE_LIMIT, RATE_LIMITER, RateLimiter, RateLimitGuard, type RateLimit } from './http/rate-limit.ts';
import { requestId } from './http/request-id.ts';
import { InsightAsker } from './insights/ask.ts';
import { InsightDesk } from './insights/desk.ts';
import { Known } from './insights/known.ts';
import type { InsightRequests } from './insights/requests.ts';
import { InsightStreams, type StreamLimits } from './insights/streams.ts';
import { buildDocument } from './openapi/document.ts';
import { SERIES_STATE, SeriesController } from './series/series.controller.ts';
import { SESSION_AUTHENTICATOR } from './session/authenticator.ts';
import { makeDashboard, type Dashboard, type DashboardSettings } from './session/dashboard.ts';
import { DASHBOARD, SessionController } from './session/session.controller.ts';
import { serveWeb } from './web/serve.ts';
import { LISTINGS } from './routes.ts';
import type { Kept } from './query/time.ts';
import { Decoder } from './windows/decoded.ts';
import { WindowReader } from './windows/reader.ts';

export interface ApiSettings {
  /** under which clients reach the API, without a slash at the end */
  baseUrl: string;
  /** resource identifier of RFC 9728 */
  resource: string;
  issuers: readonly TrustedIssuer[];
  rateLimit: RateLimit;
  /** requests for insights a client may make; ten a minute by default */
  submitLimit?: RateLimit;
  /** streams of insights that are served at once */
  streams?: StreamLimits;
  /** topic whose windows are read */
  topic: string;
  /** how long the analyzer keeps them */
  kept?: Kept;
  /** with it people sign in, and the dashboard is served from `webDir` */
  dashboard?: DashboardSettings;
  webDir?: string;
  /** certificate and key as PEM: https instead of http */
  tls?: { cert: string; key: string };
}

export interface ApiParts {
  summaries: () => SummaryStore;
  state: () => StateStore;
  /** where requests for insights go; without it they are refused */
  requests?: InsightRequests;
  log: Logger;
  clock?: () => number;
  verifier?: TokenVerifier;
}

const READ = ['GET', 'HEAD'];
const PATHS = new Paths({
  ...Object.fromEntries(Object.values(LISTINGS).map((l) => [`/${l.path}`, READ])),
  '/v1/alerts': READ,
  '/v1/alert-rules': READ,
  '/v1/alert-rules/preview': ['POST'],
  '/v1/insights': [...READ, 'POST'],
  '/v1/insights/{id}': READ,
  '/v1/insights/{id}/sent': READ,
  '/v1/insights/{id}/events': READ,
  '/v1/insight-gateway': READ,
  '/v1/metrics': READ,
  '/v1/mutes': [...READ, 'POST'],
  '/v1/mutes/{id}': [...READ, 'DELETE'],
  '/healthz': READ,
  '/readyz': READ,
  '/metrics': READ,
  '/openapi.json': READ,
  '/.well-known/oauth-protected-resource': READ,
  '/bff/login': READ,
  '/bff/callback': READ,
  '/bff/me': READ,
  '/bff/logout': ['POST'],
});

/** RFC 9728 section 3.1: the well-known path is put between host and path of the resource identifier. */
export function metadataUrl(resource: string): string {
  const url = new URL(resource);
  return `${url.origin}/.well-known/oauth-protected-resource${url.pathname === '/' ? '' : url.pathname}`;
}

/** A model's answer costs money and time; who asks for more of them in a minute has a loop that runs away. */
const SUBMIT_LIMIT: RateLimit = { requests: 10, windowS: 60 };

function moduleOf(settings: ApiSettings, parts: ApiParts, metrics: ApiMetrics, about: About, verifier: TokenVerifier, dashboard: Dashboard | null): Type {
  const reader = new WindowReader(parts.summaries, settings.topic);
  const decoder = new Decoder();
  const limiter = new RateLimiter(settings.rateLimit);
  const submitLimit = settings.submitLimit ?? SUBMIT_LIMIT;
  const streams = new InsightStreams(parts.state, parts.clock, settings.streams);
  metrics.watch('headwater_api_insight_streams', 'Streams of insights that are open.', () => streams.size);
  @Module({
    controllers: [ListingsController, AlertsController, InsightsController, SeriesController, SystemController, SessionController],
    providers: [
      { provide: VERIFIER, useValue: verifier },
      { provide: RESOURCE_METADATA_URL, useValue: metadataUrl(settings.resource) },
      { provide: DASHBOARD, useValue: dashboard },
      { provide: SESSION_AUTHENTICATOR, useValue: dashboard?.authenticator ?? null },
      { provide: RATE_LIMITER, useValue: limiter },
      { provide: RATE_LIMIT, useValue: settings.rateLimit },
      { provide: Asker, useValue: new Asker(reader, decoder, parts.state, parts.clock, settings.kept) },
      { provide: AlertAsker, useValue: new AlertAsker(parts.state, new Previewer(reader, decoder), parts.clock, settings.kept) },
      { provide: MuteDesk, useValue: new MuteDesk(parts.state, parts.log, parts.clock) },
      { provide: InsightAsker, useValue: new InsightAsker(parts.state, parts.log, parts.requests !== undefined, parts.clock) },
      {
        provide: InsightDesk,
        useValue: new InsightDesk(parts.state, parts.requests ?? null, new Known(reader, parts.state), parts.log, parts.clock, settings.kept),
      },
      { provide: InsightStreams, useValue: streams },
      { provide: SUBMIT_LIMITER, useValue: { limiter: new RateLimiter(submitLimit), limit: submitLimit } },
      { provide: ApiMetrics, useValue: metrics },
      { provide: SERIES_STATE, useValue: parts.state },
      { provide: ABOUT, useValue: about },
      { provide: APP_GUARD, useClass: BearerGuard },
      { provide: APP_GUARD, useClass: RateLimitGuard },
    ],
  })
  class ApiModule {}
  return ApiModule;
}

/** The whole API, not yet listening. */
export async function createApi(settings: ApiSettings, parts: ApiParts): Promise<INestApplication<Server>> {
  const metrics = new ApiMetrics(PATHS);
  let document: object | null = null;
  const about: About = {
    resource: settings.resource,
    issuers: settings.issuers.map((i) => i.issuer),
    checks: { summary_store: async () => parts.summaries().ping(), state_store: async () => parts.state().ping() },
    openapi: () => (document ??= buildDocument(app)),
  };
  const verifier = parts.verifier ?? new TokenVerifier(settings.issuers, parts.clock);
  const dashboard = settings.dashboard === undefined ? null : makeDashboard(settings.dashboard, settings.baseUrl, verifier, parts.state, parts.log, parts.clock);
  const app = await NestFactory.create<NestExpressApplication>(moduleOf(settings, parts, metrics, about, verifier, dashboard), {
    logger: false,
    abortOnError: false,
    bodyParser: false,
    ...(settings.tls === undefined ? {} : { httpsOptions: settings.tls }),
  });
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(requestId);
  app.use(metrics.middleware);
  if (dashboard !== null && settings.webDir !== undefined) app.use(serveWeb({ dir: settings.webDir, issuerOrigin: new URL(dashboard.issuer).origin }));
  app.useGlobalFilters(new ProblemFilter(parts.log, PATHS));
  await app.init();
  return app;
}
