import { describe, expect, it } from 'vitest';
import { addressOf } from './client.ts';
import { ApiProblem, problemOf, retryAfterMs, tell } from './problem.ts';
import { again, waitMs } from './query-client.ts';

const problem = (status: number, type: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  problemOf(new Response(JSON.stringify({ type, title: 'T', status, detail: 'd', ...more }), { status, headers: { 'content-type': 'application/problem+json', ...headers } }));

describe('problems of the API', () => {
  it('have the code of their type, however it is written', async () => {
    expect((await problem(401, 'urn:headwater:problem:session_expired')).code).toBe('session_expired');
    expect((await problem(503, 'urn:headwater:problem:store-unavailable')).code).toBe('store_unavailable');
  });

  it("are made from the status when a proxy's page comes instead", async () => {
    const p = await problemOf(new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway', headers: { 'content-type': 'text/html' } }));
    expect(p).toMatchObject({ code: 'http_502', status: 502, passing: true });
  });

  it('survive a body that is cut off', async () => {
    const p = await problemOf(new Response('{"type":', { status: 500, headers: { 'content-type': 'application/problem+json' } }));
    expect(p).toMatchObject({ code: 'http_500', passing: false });
  });

  it('read Retry-After in both forms', () => {
    expect(retryAfterMs('7', 0)).toBe(7_000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:30 GMT', 10_000)).toBe(20_000);
    expect(retryAfterMs('soon', 0)).toBeNull();
    expect(retryAfterMs(null, 0)).toBeNull();
  });

  it('are told as a sentence with what to do', async () => {
    expect(tell(await problem(401, 'urn:headwater:problem:session_expired'), 'the services').title).toBe('Your session has ended');
    expect(tell(await problem(401, 'urn:headwater:problem:unauthorized'), 'the services').title).toBe('You are not logged in');
    expect(tell(await problem(403, 'urn:headwater:problem:insufficient_scope', { detail: 'needs fleet:read' }), 'the hosts').text).toContain('Needs fleet:read.');
    expect(tell(await problem(500, 'urn:headwater:problem:internal', { request_id: 'r1' }), 'the hosts').text).toContain('r1');
  });
});

describe('trying again', () => {
  const passing = new ApiProblem({ code: 'store_unavailable', status: 503, title: '', detail: '' });
  const lasting = new ApiProblem({ code: 'invalid_parameter', status: 400, title: '', detail: '' });

  it('goes on while it can help, and only then', () => {
    expect(again(100, passing)).toBe(true);
    expect(again(0, lasting)).toBe(false);
    expect(again(0, new TypeError('a fault of ours'))).toBe(false);
  });

  it('waits as long as asked, else longer each time up to 15 s', () => {
    expect(waitMs(0, new ApiProblem({ code: '', status: 503, title: '', detail: '', retryAfterMs: 4_000 }))).toBe(4_000);
    expect([0, 1, 2, 3, 4, 20].map((n) => waitMs(n, passing))).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });
});

describe('addresses', () => {
  it('leave out what is not given', () =>
    expect(addressOf('/v1/services', { service: undefined, sort: 'burn_rate', limit: 10, name: '' })).toBe('/v1/services?sort=burn_rate&limit=10'));
  it('escape', () => expect(addressOf('/v1/x', { route: '/a b&c/{int}' })).toBe('/v1/x?route=%2Fa+b%26c%2F%7Bint%7D'));
});
