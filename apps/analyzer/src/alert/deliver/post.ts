import http from 'node:http';
import https from 'node:https';
import { retryAfterMs } from './retry-after.ts';

/** What a receiver made of it. `refused` is final; `later` is worth another try. */
export type Answer = { kind: 'delivered' } | { kind: 'refused'; why: string } | { kind: 'later'; why: string; notBeforeMs?: number };

export interface Letter {
  url: URL;
  body: string;
  headers: Record<string, string>;
  /** PEM; absent: the well-known authorities */
  ca?: string;
  timeoutMs: number;
}

/** Client errors that pass: time-out, too early, too many. */
const PASSING = new Set([408, 425, 429]);

/** Sends JSON once. Follows no redirect and reads nothing of the answer but its head; never throws. */
export async function post({ url, body, headers, ca, timeoutMs }: Letter, nowMs: () => number): Promise<Answer> {
  const late = AbortSignal.timeout(timeoutMs);
  const options = {
    method: 'POST',
    agent: false as const,
    signal: late,
    headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'headwater-analyzer', ...headers },
  };
  try {
    return await new Promise<Answer>((ok, bad) => {
      const read = (answer: http.IncomingMessage): void => {
        ok(judge(answer.statusCode ?? 0, answer.headers['retry-after'], nowMs()));
        answer.destroy();
      };
      const request = url.protocol === 'https:' ? https.request(url, { ...options, ...(ca === undefined ? {} : { ca }) }, read) : http.request(url, options, read);
      request.on('error', bad);
      request.end(body);
    });
  } catch (error) {
    return { kind: 'later', why: late.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error) };
  }
}

/** Errors of sockets and TLS name addresses, never the path or credentials of a URL. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? (message || 'the connection failed');
}

export function judge(status: number, retryAfter: string | undefined, nowMs: number): Answer {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const why = `status ${status}`;
  if (status >= 300 && status < 400) return { kind: 'refused', why: `${why}: redirects are not followed; give the address it leads to` };
  if (status >= 400 && status < 500 && !PASSING.has(status)) return { kind: 'refused', why };
  const waitMs = retryAfterMs(retryAfter, nowMs);
  return { kind: 'later', why, ...(waitMs === null ? {} : { notBeforeMs: nowMs + waitMs }) };
}
