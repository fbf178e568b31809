import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const MAX_BODY = 8 * 1024;

/** The fields of a posted form; null where it is none or too large. */
export async function readForm(req: IncomingMessage): Promise<URLSearchParams | null> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(req.headers['content-type'] ?? '')) return null;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of req) {
    size += (part as Buffer).length;
    if (size > MAX_BODY) return null;
    parts.push(part as Buffer);
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}

/** Bound to one sign-in attempt, whose id is in a cookie of this browser: another site knows neither. */
export function csrfToken(secret: string, uid: string): string {
  return createHmac('sha256', secret).update(`csrf\0${uid}`).digest('base64url');
}

export function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

/** A browser says where a form comes from; what says nothing at all is judged by its token alone. */
export function fromOurPages(req: IncomingMessage, issuer: string): boolean {
  const { origin } = req.headers;
  const site = req.headers['sec-fetch-site'];
  if (origin !== undefined && origin !== 'null' && origin !== new URL(issuer).origin) return false;
  // A page with Referrer-Policy no-referrer posts with `Origin: null`; then Sec-Fetch-Site must speak for it.
  if (origin === 'null' && site !== 'same-origin') return false;
  return site === undefined || site === 'same-origin';
}
