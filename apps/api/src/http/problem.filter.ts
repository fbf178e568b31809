import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { Logger } from 'pino';
import { StateStoreError } from '@headwater/state-store';
import { StoreError } from '@headwater/summary-store';
import type { Paths } from './paths.ts';
import { Problem } from './problem.ts';
import type { IdentifiedRequest } from './request-id.ts';

/** What any thrown thing is to the client. Only a Problem's own words and the store's table leave the process. */
export function problemOf(error: unknown, method: string, path: string, paths: Paths): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError || error instanceof StateStoreError) {
    const which = error instanceof StoreError ? 'summary store' : 'state store';
    return new Problem('store_unavailable', `the ${which} cannot be read (${error.code})`, { cause: error, retryAfterS: error.retryable ? 2 : 60 });
  }
  if (error instanceof HttpException && error.getStatus() === 404) {
    const known = paths.of(path);
    return known === null
      ? new Problem('not_found', `nothing is served at ${path}`)
      : new Problem('method_not_allowed', `${known.template} takes ${known.methods.join(' and ')}, not ${method}`, { headers: { allow: known.methods.join(', ') } });
  }
  if (error instanceof HttpException && error.getStatus() < 500) return new Problem('invalid_request', error.message, { cause: error });
  if (error instanceof URIError) return new Problem('invalid_request', 'the URL is not percent-encoded as it should be');
  return new Problem('internal', 'the API failed; its log has more under this request id', { cause: error });
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly paths: Paths,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const req = host.switchToHttp().getRequest<IdentifiedRequest>();
    const res = host.switchToHttp().getResponse<Response>();
    const problem = problemOf(error, req.method, req.path, this.paths);
    const fields = { request_id: req.requestId, path: req.path, problem: problem.code, status: problem.status };
    if (problem.status >= 500) this.log.error({ ...fields, err: problem.cause ?? problem }, problem.message);
    else this.log.debug(fields, problem.message);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    for (const [name, value] of Object.entries(problem.headers)) res.setHeader(name, value);
    res.removeHeader('etag');
    res.status(problem.status).setHeader('cache-control', 'no-store').setHeader('content-type', 'application/problem+json; charset=utf-8');
    res.send(Buffer.from(JSON.stringify(problem.toBody(req.path, req.requestId))));
  }
}
