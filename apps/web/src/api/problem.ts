/** What an answer that is no 200 says (RFC 9457), or that there was none. */
export class ApiProblem extends Error {
  /** the last part of `type`, with underscores: `session_expired`, `invalid_parameter`; `unreachable` when nothing answered */
  readonly code: string;
  /** HTTP status; 0 when nothing answered */
  readonly status: number;
  readonly title: string;
  /** ms the server asks to wait; null when it does not say */
  readonly retryAfterMs: number | null;
  readonly requestId: string | null;

  constructor(from: { code: string; status: number; title: string; detail: string; retryAfterMs?: number | null; requestId?: string | null }, options?: ErrorOptions) {
    super(from.detail, options);
    this.name = 'ApiProblem';
    this.code = from.code;
    this.status = from.status;
    this.title = from.title;
    this.retryAfterMs = from.retryAfterMs ?? null;
    this.requestId = from.requestId ?? null;
  }

  /** Somebody has to log in: there is no session, or it is over. */
  get needsLogin(): boolean {
    return this.status === 401;
  }

  /** Asking again can help without anybody doing anything here. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const PREFIX = 'urn:headwater:problem:';

function member(body: unknown, name: string): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const value = (body as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
}

/** Seconds or a date, as Retry-After has it, in ms. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,6}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** Reads an answer that is no 200. A proxy's HTML page is no problem document; then the status must do. */
export async function problemOf(response: Response, now = Date.now()): Promise<ApiProblem> {
  let body: unknown = null;
  if (/\bjson\b/.test(response.headers.get('content-type') ?? '')) body = await response.json().catch(() => null);
  const type = member(body, 'type');
  return new ApiProblem({
    code: type?.startsWith(PREFIX) ? type.slice(PREFIX.length).replaceAll('-', '_') : `http_${response.status}`,
    status: response.status,
    title: member(body, 'title') ?? (response.statusText || `Status ${response.status}`),
    detail: member(body, 'detail') ?? member(body, 'title') ?? `The answer was ${response.status} ${response.statusText}`.trim(),
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), now),
    requestId: member(body, 'request_id') ?? response.headers.get('x-request-id'),
  });
}

/** What happened and what to do, in a sentence each. */
export interface Told {
  title: string;
  text: string;
}

export const SESSION_ENDED: Told = { title: 'Your session has ended', text: 'Log in again; you come back to this page.' };

/** The problem in words. `what` is what was asked for: "the services". */
export function tell(problem: ApiProblem, what: string): Told {
  switch (problem.code) {
    case 'session_expired':
      return SESSION_ENDED;
    case 'unreachable':
      return {
        title: 'The API does not answer',
        text: `Reading ${what} will be tried again by itself. If this stays, check that Headwater runs and that this machine reaches it.`,
      };
    case 'issuer_unavailable':
      return { title: 'The login service does not answer', text: `Whether you may see ${what} cannot be checked just now; this is tried again by itself.` };
    case 'store_unavailable':
      return { title: 'The store does not answer', text: `${sentence(problem.message)} Reading ${what} is tried again by itself.` };
    case 'insufficient_scope':
      return { title: 'This needs a right you do not have', text: `${sentence(problem.message)} Ask whoever gave you the login for it.` };
    case 'forbidden':
      return { title: 'You may not see this', text: sentence(problem.message) };
    case 'rate_limited':
      return { title: 'Too many requests', text: `Reading ${what} goes on in a moment. A longer refresh interval helps.` };
    case 'invalid_parameter':
      return { title: 'The address of this page asks for something that does not exist', text: sentence(problem.message) };
    default:
      if (problem.needsLogin) return { title: 'You are not logged in', text: 'Log in; you come back to this page.' };
      return { title: `Reading ${what} failed`, text: `${sentence(problem.message)}${problem.requestId ? ` The request was ${problem.requestId}.` : ''}` };
  }
}

function sentence(text: string): string {
  const trimmed = text.trim().replace(/^[a-z](?=[a-z]*[ ,])/, (c) => c.toUpperCase());
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
