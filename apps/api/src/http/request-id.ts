import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const SOUND = /^[\w.-]{1,64}$/;

export interface IdentifiedRequest extends Request {
  requestId: string;
}

/** Takes the caller's `X-Request-Id` when it is harmless, else makes one; it is in the answer, in every problem and in the log. */
export function requestId(req: Request, res: Response, next: NextFunction): void {
  const given = req.headers['x-request-id'];
  const id = typeof given === 'string' && SOUND.test(given) ? given : randomUUID();
  (req as IdentifiedRequest).requestId = id;
  res.setHeader('x-request-id', id);
  res.setHeader('x-content-type-options', 'nosniff');
  next();
}
