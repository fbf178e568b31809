import type { Request, Response } from 'express';

/** RFC 9110 section 13.1.2: weak comparison; `*` matches anything. */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const strip = (tag: string): string => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => strip(tag) === strip(etag));
}

/** Writes the headers of an answer that may be asked again; true: it is unchanged, and 304 is set. */
export function conditional(req: Request, res: Response, etag: string): boolean {
  res.setHeader('etag', etag).setHeader('cache-control', 'private, no-cache').setHeader('vary', 'authorization, cookie');
  if (!matchesEtag(req.headers['if-none-match'], etag)) return false;
  res.status(304);
  return true;
}
