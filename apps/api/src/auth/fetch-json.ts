import type { Fetcher } from './reach.ts';

/** An answer of an authorization server, or why there is none. The body is null where it is not JSON. */
export type Fetched = { kind: 'answer'; status: number; body: unknown } | { kind: 'failed'; detail: string };

const MAX_BYTES = 1 << 20;

async function readBounded(response: Response): Promise<string> {
  let size = 0;
  const parts: Uint8Array[] = [];
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** One request with a deadline, no redirect followed (an open redirect must not choose our keys), a bounded body. */
export async function fetchJson(url: string, init: RequestInit = {}, via: Fetcher = fetch, timeoutMs = 5_000): Promise<Fetched> {
  try {
    const headers = new Headers(init.headers);
    headers.set('accept', 'application/json');
    const response = await via(url, { ...init, headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    const raw = await readBounded(response);
    let body: unknown = null;
    try {
      body = JSON.parse(raw);
    } catch {
      // judged by the caller: some servers answer refusals in HTML
    }
    return { kind: 'answer', status: response.status, body };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const detail = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || cause.name : String(cause);
    return { kind: 'failed', detail: `${new URL(url).origin}: ${detail}` };
  }
}
