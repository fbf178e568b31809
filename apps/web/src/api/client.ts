import { ApiProblem, problemOf } from './problem.ts';
import type { paths } from './types.generated.ts';

/** GET paths of the API that answer JSON, by their names in its OpenAPI document. */
export type ApiPath = {
  [P in keyof paths]: paths[P] extends { get: { responses: { 200: { content: { 'application/json': unknown } } } } } ? P : never;
}[keyof paths];

/** What the path answers with 200. */
export type AnswerOf<P extends ApiPath> = paths[P] extends { get: { responses: { 200: { content: { 'application/json': infer A } } } } } ? A : never;

/** A path without parameters takes `{}`. */
type NonePossible<Q> = [NonNullable<Q>] extends [never] ? Record<string, never> : NonNullable<Q>;

/** The query parameters the path takes. */
export type QueryOf<P extends ApiPath> = paths[P] extends { get: { parameters: { query?: infer Q } } } ? NonePossible<Q> : Record<string, never>;

/** One row of a listing. */
export type RowOf<P extends ApiPath> = AnswerOf<P> extends { data: (infer R)[] } ? R : never;

export function addressOf(path: string, query: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { credentials: 'same-origin', redirect: 'error', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem({ code: 'unreachable', status: 0, title: 'No answer', detail: 'The API does not answer.' }, { cause: error });
  }
}

/**
 * Asks the API; the session's cookie goes along. The browser's cache sends the ETag of what it has, so an answer that
 * has not changed crosses the wire as a 304 and arrives here as the 200 it stands for.
 * @throws {ApiProblem}
 */
export async function get<P extends ApiPath>(path: P, query: QueryOf<P>, signal?: AbortSignal): Promise<AnswerOf<P>> {
  return (await getJson(addressOf(path, query as Record<string, unknown>), signal)) as AnswerOf<P>;
}

/** @throws {ApiProblem} */
export async function getJson(address: string, signal?: AbortSignal): Promise<unknown> {
  const response = await send(address, { headers: { accept: 'application/json' }, ...(signal ? { signal } : {}) });
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

/**
 * What changes something, or asks by a body: the header says that the request is ours (a foreign page cannot set it).
 * @returns the answer's JSON; undefined where it has none
 * @throws {ApiProblem}
 */
async function write(method: 'POST' | 'DELETE', address: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const headers = { accept: 'application/json', 'x-headwater-csrf': '1', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const response = await send(address, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(signal ? { signal } : {}) });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? undefined : response.json();
}

/** @throws {ApiProblem} */
export const post = (address: string, body?: unknown, signal?: AbortSignal): Promise<unknown> => write('POST', address, body, signal);

/** @throws {ApiProblem} */
export const remove = (address: string): Promise<unknown> => write('DELETE', address);
