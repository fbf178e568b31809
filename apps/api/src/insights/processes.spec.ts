// The real authorization server, the real API with a bus: asking for insights as a person does, and ending in order.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openBus, topicsFor } from '@headwater/event-bus';
import { REQUESTS_TOPIC, Listener } from '../testing/insights.ts';
import { Installation } from '../testing/installation.ts';
import { build, freePort } from '../testing/processes.ts';
import type { Browser, Page } from '../testing/browser.ts';

const SCOPES = ['metrics:read', 'events:read', 'insights:read', 'fleet:read', 'alerts:write', 'insights:submit'];
let it: Installation;
let stopped: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | null = null;
beforeAll(async () => {
  await build('identity', 'api');
  it = await Installation.start(false, false);
  it.users([it.person('ada'), it.person('bob', { scopes: ['metrics:read', 'insights:read'] })]);
  it.clients([{ ...it.dashboardClient, scopes: SCOPES }]);
}, 180_000);
afterEach(async () => {
  const { code, signal } = await (stopped ?? it.server.stop());
  stopped = null;
  expect([code, signal]).toEqual([0, null]);
});
afterAll(() => it?.stop());

const post = (browser: Browser, headers: Record<string, string> = { 'x-headwater-csrf': '1' }, question = {}): Promise<Page> =>
  browser.once(`${it.api}/v1/insights`, { method: 'POST', body: JSON.stringify(question), headers: { 'content-type': 'application/json', origin: it.api, ...headers } });

describe('a person at the dashboard', () => {
  test('asks, follows by the cookie alone, and is let go when the session or the API ends; who may not is told', async () => {
    const path = join(it.dir, 'bus.db');
    const bus = await openBus({ kind: 'embedded', path, retentionMs: 3_600_000, retentionBytes: 1 << 24 });
    await bus.applyTopics(topicsFor('embedded', 'headwater'), { dryRun: false });
    await it.startApi({ bus: { kind: 'embedded', path } });
    const browser = it.browser();
    await it.signIn(browser);
    expect((await it.get(browser, '/bff/me')).json.scopes).toEqual(SCOPES.toSorted());
    const foreign = await post(browser, {});
    expect([foreign.status, foreign.json.type]).toEqual([403, 'urn:headwater:problem:foreign-request']);
    const asked = await post(browser);
    expect([asked.status, asked.json.state, asked.json.requested_by], asked.text).toEqual([202, 'queued', 'headwater-dashboard']);
    expect(await bus.ranges(REQUESTS_TOPIC)).toEqual([{ partition: 0, earliest: 0, next: 1 }]);
    await bus.close();

    const bob = it.browser();
    await it.signIn(bob, 'bob');
    const refused = await post(bob);
    expect([refused.status, refused.json.type, refused.json.detail]).toEqual([403, 'urn:headwater:problem:insufficient-scope', 'needs the scope insights:submit']);
    expect((await it.get(bob, '/v1/insights')).json.data.map((i: { id: string }) => i.id)).toEqual([asked.json.id]);

    const stream = await Listener.open(`${it.api}${asked.json.links.events}`, ['cookie', `${it.sessionCookie}=${browser.cookie(it.sessionCookie)?.value ?? ''}`]);
    await stream.until((s) => s.events.length === 1);
    const elsewhere = it.browser();
    await it.signIn(elsewhere);
    const left = await Listener.open(`${it.api}${asked.json.links.events}`, ['cookie', `${it.sessionCookie}=${elsewhere.cookie(it.sessionCookie)?.value ?? ''}`]);
    expect(left.status).toBe(200);
    expect((await it.logout(elsewhere)).status).toBe(200);
    await left.until((s) => s.ended);
    expect(stream.ended).toBe(false);

    const from = Date.now();
    stopped = it.server.stop();
    await stream.until((s) => s.ended);
    await stopped;
    expect(Date.now() - from).toBeLessThan(2_500);
  }, 90_000);
});

test('a bus that does not answer keeps the API from nothing but handing requests on', async () => {
  await it.startApi({ bus: { kind: 'kafka', brokers: [`127.0.0.1:${await freePort()}`] } });
  const browser = it.browser();
  await it.signIn(browser);
  const asked = await post(browser, undefined, { end: 'now-1h' });
  expect([asked.status, asked.json.type, asked.headers['retry-after']], asked.text).toEqual([503, 'urn:headwater:problem:bus-unavailable', '5']);
  const { json } = await it.get(browser, '/v1/insights');
  // the one of the test before: of what was refused nothing is left
  expect(json.data).toHaveLength(1);
  expect((await it.get(browser, '/readyz')).json.checks).toEqual({ summary_store: 'ok', state_store: 'ok' });
}, 90_000);
