import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Asker } from '../answers/ask.ts';
import type { Answer, Envelope } from '../answers/envelope.ts';
import type { AuthorizedRequest } from '../auth/guard.ts';
import type { Principal } from '../auth/principal.ts';
import { conditional } from '../http/conditional.ts';
import { Problem } from '../http/problem.ts';
import { ListingRoute } from '../openapi/documented.ts';
import { readQuery, type Query } from '../query/parameters.ts';
import { LISTINGS, type Listing } from '../routes.ts';

type Req = AuthorizedRequest;

async function answer(req: Req, res: Response, listing: Listing, ask: (query: Query, who: Principal) => Promise<Answer<unknown>>): Promise<Envelope<unknown> | undefined> {
  const query = readQuery(req.originalUrl.split('?', 2)[1] ?? '', listing.parameters);
  const { etag, envelope } = await ask(query, req.principal);
  return conditional(req, res, etag) ? undefined : envelope;
}

@Controller()
export class ListingsController {
  constructor(@Inject(Asker) private readonly asker: Asker) {}

  @Get(LISTINGS.services.path)
  @ListingRoute(LISTINGS.services, 'listServices', 'metrics:read')
  services(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, LISTINGS.services, (q, who) => this.asker.services(q, who));
  }

  @Get(LISTINGS.requestPatterns.path)
  @ListingRoute(LISTINGS.requestPatterns, 'listRequestPatterns', 'metrics:read')
  requestPatterns(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, LISTINGS.requestPatterns, (q, who) => this.asker.requestPatterns(q, who));
  }

  @Get(LISTINGS.failures.path)
  @ListingRoute(LISTINGS.failures, 'listFailures', 'metrics:read')
  failures(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, LISTINGS.failures, (q, who) => this.asker.failures(q, who));
  }

  @Get(LISTINGS.clients.path)
  @ListingRoute(LISTINGS.clients, 'listClients', 'metrics:read')
  clients(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, LISTINGS.clients, (q, who) => this.asker.clients(q, who));
  }

  @Get(LISTINGS.latency.path)
  @ListingRoute(LISTINGS.latency, 'listLatency', 'metrics:read')
  latency(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, LISTINGS.latency, (q, who) => this.asker.latency(q, who));
  }

  @Get(LISTINGS.headers.path)
  @ListingRoute(LISTINGS.headers, 'listHeaders', 'metrics:read')
  headers(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, LISTINGS.headers, (q, who) => this.asker.headers(q, who));
  }

  @Get(LISTINGS.exchanges.path)
  @ListingRoute(LISTINGS.exchanges, 'listExchanges', 'events:read')
  exchanges(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    return answer(req, res, LISTINGS.exchanges, (q, who) => this.asker.exchanges(q, who));
  }

  @Get(LISTINGS.agents.path)
  @ListingRoute(LISTINGS.agents, 'listAgents', 'fleet:read')
  agents(@Req() req: Req, @Res({ passthrough: true }) res: Response): Promise<unknown> {
    // An agent watches all services of its host; its row cannot be narrowed to some of them.
    if (req.principal.services !== null) throw new Problem('forbidden', 'the token is narrowed to some services, and agents belong to all of them');
    return answer(req, res, LISTINGS.agents, (q, who) => this.asker.agents(q, who));
  }
}
