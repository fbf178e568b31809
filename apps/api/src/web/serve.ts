import { extname } from 'node:path';
import type { NextFunction, Request, Response } from 'express';
import { matchesEtag } from '../http/conditional.ts';
import { WebFiles, type WebFile } from './files.ts';

export interface WebSettings {
  /** the built dashboard */
  dir: string;
  /** origin of the issuer, where a form may lead */
  issuerOrigin: string;
}

/** What the API answers itself, whatever lies in the directory. */
const OURS = /^\/(?:v1|bff|\.well-known)(?:\/|$)|^\/(?:healthz|readyz|metrics|openapi\.json)$/;

export function pagePolicy(issuerOrigin: string): string {
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self' ${issuerOrigin}; frame-ancestors 'none'; base-uri 'none'`;
}

const NOT_BUILT = `The dashboard is not built yet.

Build it in the folder of Headwater, then load this page again:

    npm run build

`;

function choose(file: WebFile, accepted: string): { encoding: string | null; bytes: Buffer } {
  const takes = (name: string): boolean => new RegExp(`(?:^|,)\\s*${name}\\s*(?:;\\s*q=(?!0(?:\\.0*)?\\s*(?:,|$))[^,]*)?(?:,|$)`, 'i').test(accepted);
  for (const encoding of ['br', 'gzip'] as const) {
    const bytes = file[encoding];
    if (bytes !== undefined && bytes.length < file.raw.length && takes(encoding)) return { encoding, bytes };
  }
  return { encoding: null, bytes: file.raw };
}

/** The dashboard's files; paths of its pages answer index.html, which routes in the browser. Runs before the API's routes. */
export function serveWeb(settings: WebSettings): (req: Request, res: Response, next: NextFunction) => Promise<void> {
  const files = new WebFiles(settings.dir);
  const policy = pagePolicy(settings.issuerOrigin);
  return async (req, res, next) => {
    if ((req.method !== 'GET' && req.method !== 'HEAD') || OURS.test(req.path)) return next();
    const asset = extname(req.path) !== '';
    // A page is asked for by a person: a program that asks for JSON at a wrong path gets the API's problem.
    if (!asset && !/\btext\/html\b/.test(req.headers.accept ?? '')) return next();
    const file = await files.get(asset ? req.path : '/index.html');
    if (file === null) {
      if (asset) return next();
      res.status(503).setHeader('content-type', 'text/plain; charset=utf-8').setHeader('cache-control', 'no-store').send(NOT_BUILT);
      return;
    }
    res.setHeader('content-security-policy', policy);
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('referrer-policy', 'same-origin');
    res.setHeader('cross-origin-opener-policy', 'same-origin');
    res.setHeader('cache-control', req.path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    res.setHeader('vary', 'accept-encoding').setHeader('etag', file.etag);
    if (matchesEtag(req.headers['if-none-match'], file.etag)) return void res.status(304).end();
    const { encoding, bytes } = choose(file, String(req.headers['accept-encoding'] ?? ''));
    if (encoding !== null) res.setHeader('content-encoding', encoding);
    res.setHeader('content-type', file.type).setHeader('content-length', bytes.length);
    res.end(req.method === 'HEAD' ? undefined : bytes);
  };
}
