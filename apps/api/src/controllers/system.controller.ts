import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { SCOPES } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import { ApiMetrics } from '../http/metrics.ts';
import { OpenRoute, TextRoute } from '../openapi/documented.ts';
import { readQuery } from '../query/parameters.ts';

export const ABOUT = Symbol('About');

/** What the API says of itself. */
export interface About {
  /** resource identifier (RFC 9728), an URL */
  resource: string;
  issuers: readonly string[];
  /** name -> a check that rejects when the part is away */
  checks: Readonly<Record<string, () => Promise<void>>>;
  openapi: () => object;
}

async function outcome(check: () => Promise<void>): Promise<string> {
  try {
    await check();
    return 'ok';
  } catch (error) {
    // The code only: this is public, and messages may hold addresses.
    const code = (error as { code?: unknown }).code;
    return typeof code === 'string' ? code : 'failed';
  }
}

const METADATA_EXAMPLE = {
  resource: 'http://127.0.0.1:8470',
  resource_name: 'Headwater',
  authorization_servers: ['http://127.0.0.1:8471'],
  scopes_supported: Object.keys(SCOPES),
  bearer_methods_supported: ['header'],
};

@Controller()
export class SystemController {
  constructor(
    @Inject(ABOUT) private readonly about: About,
    @Inject(ApiMetrics) private readonly metricsOf: ApiMetrics,
  ) {}

  @Get('healthz')
  @OpenRoute('health', 'The process answers', 'Health', { status: 'ok' })
  health(@Req() req: Request): object {
    this.#noParameters(req);
    return { status: 'ok' };
  }

  @Get('readyz')
  @OpenRoute('ready', 'What the API needs is there', 'Ready', { status: 'ready', checks: { summary_store: 'ok', state_store: 'ok' } }, [
    [503, 'Something is away; `checks` says which.'],
  ])
  async ready(@Req() req: Request): Promise<object> {
    this.#noParameters(req);
    const names = Object.keys(this.about.checks);
    const outcomes = await Promise.all(Object.values(this.about.checks).map(outcome));
    const checks = Object.fromEntries(names.map((name, i) => [name, outcomes[i] as string]));
    const away = names.filter((name) => checks[name] !== 'ok');
    if (away.length > 0) throw new Problem('store_unavailable', `away: ${away.join(', ')}`, { retryAfterS: 2, extra: { checks } });
    return { status: 'ready', checks };
  }

  @Get('metrics')
  @TextRoute('metrics', 'Counters of the API itself, for Prometheus', 'headwater_api_requests_total{route="/v1/services",status="200"} 4', 'metrics:read')
  async metrics(@Req() req: Request, @Res() res: Response): Promise<void> {
    this.#noParameters(req);
    const text = await this.metricsOf.text();
    res.setHeader('content-type', this.metricsOf.contentType).setHeader('cache-control', 'no-store').send(Buffer.from(text));
  }

  @Get('openapi.json')
  @OpenRoute('openapi', 'This document', null, { openapi: '3.1.0' })
  openapi(@Req() req: Request): object {
    this.#noParameters(req);
    return this.about.openapi();
  }

  @Get('.well-known/oauth-protected-resource')
  @OpenRoute('resourceMetadata', 'Which authorization servers and scopes this API takes (RFC 9728)', 'ResourceMetadata', METADATA_EXAMPLE)
  resourceMetadata(@Req() req: Request): object {
    this.#noParameters(req);
    return this.#metadata();
  }

  /** RFC 9728 section 3.1: a resource identifier with a path has its metadata at the well-known path followed by that path. */
  @Get('.well-known/oauth-protected-resource/*path')
  @ApiParam({ name: 'path', schema: { type: 'string' }, description: 'Path of the resource identifier.' })
  @OpenRoute('resourceMetadataOfPath', 'The same, where the resource identifier has a path', 'ResourceMetadata', METADATA_EXAMPLE, [[404, 'Not the path of this resource.']])
  resourceMetadataOfPath(@Param('path') path: string | string[], @Req() req: Request): object {
    this.#noParameters(req);
    const asked = `/${Array.isArray(path) ? path.join('/') : path}`;
    if (asked !== new URL(this.about.resource).pathname) throw new Problem('not_found', `nothing is served at ${req.path}`);
    return this.#metadata();
  }

  #metadata(): object {
    return { ...METADATA_EXAMPLE, resource: this.about.resource, authorization_servers: this.about.issuers };
  }

  #noParameters(req: Request): void {
    readQuery(req.originalUrl.split('?', 2)[1] ?? '', {});
  }
}
