import { Readable, pipeline } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import { applyDecorators, Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiProduces, ApiQuery } from '@nestjs/swagger';
import type { Response } from 'express';
import { CONTENT_TYPES, exposition } from '@headwater/fleet-series';
import type { StateStore } from '@headwater/state-store';
import type { AuthorizedRequest } from '../auth/guard.ts';
import { TextRoute } from '../openapi/documented.ts';
import { PARAMETERS, readQuery } from '../query/parameters.ts';
import { formatOf, readSeries } from './scrape.ts';

/** A function that answers the state store. */
export const SERIES_STATE = Symbol('state store of the series');

const TAKEN = { service: PARAMETERS.service };
const EXAMPLE = 'headwater_http_server_exchanges_total{service_name="shop",http_request_method="GET",http_route="/orders/{int}",http_response_status_code="200"} 4711';

const SeriesRoute = (): MethodDecorator =>
  applyDecorators(
    TextRoute(
      'scrapeSeries',
      "The fleet's series for Prometheus: text format 0.0.4, or OpenMetrics where Accept asks for it. Hosts' series need fleet:read too.",
      EXAMPLE,
      'metrics:read',
    ),
    ApiQuery({ name: 'service', required: false, description: PARAMETERS.service.description, schema: PARAMETERS.service.schema as never }),
    ApiProduces('text/plain'),
  );

@Controller()
export class SeriesController {
  constructor(@Inject(SERIES_STATE) private readonly state: () => StateStore) {}

  @Get('v1/metrics')
  @SeriesRoute()
  async metrics(@Req() req: AuthorizedRequest, @Res() res: Response): Promise<void> {
    const { service } = readQuery(req.originalUrl.split('?', 2)[1] ?? '', TAKEN);
    const format = formatOf(req.headers.accept);
    const series = await readSeries(this.state(), req.principal, service);
    res.setHeader('content-type', CONTENT_TYPES[format]).setHeader('cache-control', 'no-store').setHeader('vary', 'accept, accept-encoding, authorization, cookie');
    const text = Readable.from(exposition(series, format), { objectMode: false });
    // A scraper that leaves in the middle ends the stream, and nobody else hears of it.
    const done = (): void => undefined;
    if (req.acceptsEncodings('gzip', 'identity') !== 'gzip') return void pipeline(text, res, done);
    res.setHeader('content-encoding', 'gzip');
    pipeline(text, createGzip({ level: constants.Z_BEST_SPEED }), res, done);
  }
}
