import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ALERT_KEYS, type Alert, type AlertEvent, type Mute } from '@headwater/alert-rules';
import { AlertmanagerConfig } from '@headwater/config';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { targetsOf, type Alerts } from '../open.ts';
import { MINUTE, Place, Receiver, T0, until } from '../testing/place.ts';
import { retryAfterMs } from './retry-after.ts';

let place: Place;
let receiver: Receiver;
const own = { subjects: () => true, closedBefore: null };

// One place for all: each test has a receiver of its own, and what is owed to another's is not its business.
beforeAll(async () => {
  place = await new Place().open();
}, 60_000);
afterAll(() => place.close());
beforeEach(async () => {
  receiver = await new Receiver().listen();
  await place.state.delete(ALERT_KEYS.mute('m1'));
});
afterEach(() => receiver.close());

function event(kind: 'opened' | 'resolved', n = 0, more: Partial<Alert> = {}): AlertEvent {
  const id = n.toString(16).padStart(32, '0');
  const at = new Date(place.now).toISOString();
  const alert: Alert = {
    schema: 1,
    id,
    rule: 'errors',
    kind: 'error_burn',
    severity: 'page',
    subject: { service: `shop-${n}` },
    state: kind === 'opened' ? 'open' : 'resolved',
    title: 't',
    description: 'd',
    opened_at: new Date(T0).toISOString(),
    opening_window: { start: new Date(T0 - MINUTE).toISOString(), end: new Date(T0).toISOString() },
    resolved_at: kind === 'opened' ? null : at,
    resolution: kind === 'opened' ? null : 'recovered',
    values: {},
    last_values: {},
    complete: true,
    muted_by: null,
    revision: 1,
    ...more,
  };
  return { schema: 1, event: kind, event_id: `${id}/${kind}`, at, alert };
}
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
  const { port } = server.address() as AddressInfo;
  await new Promise((ok) => server.close(ok));
  return port;
}
const accept = ({ desk }: Alerts, e: AlertEvent) => desk.accept(e, 's:shop');
/** Ticks until nothing is due, a second apart. */
async function work({ desk }: Alerts, seconds = 3): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    await desk.tick();
    await desk.idle();
    place.now += 1_000;
  }
}
const outcomes = async (analyzer: ReturnType<Place['analyzer']>): Promise<Record<string, number>> => {
  const metric = await analyzer.registry.getSingleMetric('headwater_analyzer_alert_deliveries_total')!.get();
  return Object.fromEntries(metric.values.map((v) => [v.labels['outcome'], v.value]));
};
async function mute(startMs: number, endMs: number): Promise<void> {
  const m: Mute = {
    schema: 1,
    id: 'm1',
    match: {},
    starts_at: new Date(startMs).toISOString(),
    ends_at: new Date(endMs).toISOString(),
    comment: '',
    created_by: '',
    created_at: '',
  };
  await place.state.set(ALERT_KEYS.mute(m.id), JSON.stringify(m));
}

it('what fails in passing is tried again with growing pauses, Retry-After is obeyed, also by the next process', async () => {
  const config = place.config({ webhooks: [place.webhook(receiver.url)] });
  receiver.answers = [(r) => r.writeHead(503, { 'retry-after': '60' }).end(), (r) => r.writeHead(500).end(), (r) => void r.socket!.destroy()];
  const a = place.analyzer(config, own);
  await accept(a, event('opened'));
  await work(a, 30);
  expect(receiver.received.length).toBe(1);
  const b = place.analyzer(config, own);
  await work(b, 25);
  expect(receiver.received.length).toBe(1);
  await work(b, 120);
  expect(receiver.received.length).toBe(4);
  expect(await outcomes(b)).toEqual({ retried: 2, delivered: 1 });
});

it('a receiver that refuses is not asked again and hears nothing of the end; a redirect is refused', async () => {
  for (const [n, status] of [410, 400, 302].entries()) {
    receiver.answers = [(r) => r.writeHead(status, { location: receiver.url }).end()];
    const a = place.analyzer(place.config({ webhooks: [place.webhook(receiver.url)] }), own);
    await accept(a, event('opened', n));
    await work(a, 20);
    await accept(a, event('resolved', n));
    await work(a, 20);
    expect(await outcomes(a)).toEqual({ refused: 1 });
    expect(receiver.received.length).toBe(n + 1);
  }
});

it('what nobody takes is given up and counted; its end is not told', async () => {
  receiver.answers = Array.from({ length: 100 }, () => (r) => r.writeHead(500).end());
  const a = place.analyzer(place.config({ webhooks: [place.webhook(receiver.url, { give_up_ms: 60_000 })] }), own);
  await accept(a, event('opened'));
  await accept(a, event('resolved'));
  await work(a, 70);
  const { given_up, retried, ...more } = await outcomes(a);
  expect([given_up, more]).toEqual([1, {}]);
  expect(retried).toBe(receiver.received.length);
  expect(receiver.events).not.toContain('resolved errors');
});

it('one slow receiver holds up no other; opened comes before resolved', async () => {
  const slow = await new Receiver().listen();
  const release: (() => void)[] = [];
  slow.answers = [(r) => void release.push(() => r.writeHead(204).end())];
  const a = place.analyzer(place.config({ webhooks: [place.webhook(slow.url), place.webhook(receiver.url)] }), own);
  await accept(a, event('opened'));
  await a.desk.tick();
  await until(() => receiver.received.length === 1 && slow.received.length === 1);
  await accept(a, event('resolved'));
  await until(async () => (await a.desk.tick(), receiver.received.length === 2));
  expect(slow.events).toEqual(['opened errors']);
  release[0]!();
  await until(async () => (await a.desk.tick(), slow.received.length === 2));
  expect(slow.events).toEqual(['opened errors', 'resolved errors']);
  await a.desk.idle();
  await slow.close();
});

it('a mute holds back; when it ends while the alert is open it is told then, an alert within it never', async () => {
  await mute(place.now - MINUTE, place.now + 10 * MINUTE);
  const a = place.analyzer(place.config({ webhooks: [place.webhook(receiver.url)] }), own);
  await a.stage.round(); // reads the mutes
  await accept(a, event('opened', 1, { muted_by: 'm1' }));
  await accept(a, event('opened', 2, { muted_by: 'm1' }));
  await work(a, 5);
  place.now += MINUTE;
  await accept(a, event('resolved', 2, { muted_by: 'm1' }));
  await work(a, 5);
  expect(receiver.received).toEqual([]);
  place.now += 10 * MINUTE;
  await work(a);
  expect(receiver.received.map((r) => [r.event.event_id, r.event.alert.muted_by])).toEqual([[`${'1'.padStart(32, '0')}/opened`, null]]);
  expect(await outcomes(a)).toEqual({ muted: 1, delivered: 1 });
});

it('an alert that was told keeps its end, also when a mute began in between', async () => {
  const a = place.analyzer(place.config({ webhooks: [place.webhook(receiver.url)] }), own);
  await accept(a, event('opened'));
  await work(a);
  await mute(place.now - 1, place.now + 60 * MINUTE);
  await a.stage.round();
  await accept(a, event('resolved'));
  await work(a);
  expect(receiver.events).toEqual(['opened errors', 'resolved errors']);
});

it("the README's receiver takes what is signed with its key, and nothing else", async () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const file = join(place.dir, 'receiver.mjs');
  writeFileSync(file, /```js\n([\s\S]*?)```/.exec(readme)![1]!);
  const port = await freePort();
  const child = spawn(process.execPath, [file, join(place.dir, 'secret'), String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (d: Buffer) => (said += d.toString()));
  const [target] = targetsOf(place.config({ webhooks: [place.webhook(`http://127.0.0.1:${port}/`)] }), Date.now);
  await until(async () => (await target!.send(event('opened'))).kind === 'delivered', 20_000);
  expect(await target!.send(event('opened'))).toEqual({ kind: 'delivered' });
  writeFileSync(join(place.dir, 'other'), 'b'.repeat(32));
  const [forged] = targetsOf(place.config({ webhooks: [place.webhook(`http://127.0.0.1:${port}/`, { secret_file: join(place.dir, 'other') })] }), Date.now);
  expect(await forged!.send(event('opened', 9))).toEqual({ kind: 'refused', why: 'status 401' });
  await until(() => said !== '');
  expect(said).toBe('opened page t\n');
  const gone = new Promise((ok) => child.once('exit', ok));
  child.kill('SIGKILL');
  await gone;
}, 40_000);

it('a receiver hears only of the severities it wants', async () => {
  const a = place.analyzer(place.config({ webhooks: [place.webhook(receiver.url, { severities: ['page'] })] }), own);
  await accept(a, event('opened', 1, { severity: 'ticket' }));
  await accept(a, event('resolved', 1, { severity: 'ticket' }));
  await work(a);
  expect(receiver.received).toEqual([]);
});

it('handed over again after it was delivered, or by two at once: told once', async () => {
  const config = place.config({ webhooks: [place.webhook(receiver.url)] });
  const [a, b] = [place.analyzer(config, own), place.analyzer(config, own)];
  await Promise.all([accept(a, event('opened')), accept(b, event('opened'))]);
  await Promise.all([a.desk.tick(), b.desk.tick()]);
  await Promise.all([a.desk.idle(), b.desk.idle()]);
  await accept(b, event('opened'));
  await work(b);
  expect(receiver.events).toEqual(['opened errors']);
});

it('Alertmanager gets labels and times, hears of what is open again and again, and of its end', async () => {
  const config = Object.assign(new AlertmanagerConfig(), { urls: [receiver.url.replace('/hook', '')], repeat_ms: 5_000, token_file: join(place.dir, 'token') });
  writeFileSync(join(place.dir, 'token'), 'abc\n');
  const a = place.analyzer(place.config({ alertmanager: config, dashboard_url: 'https://hw.test' }), own);
  await accept(a, event('opened'));
  await work(a, 20);
  const bodies = () => receiver.received.map((r) => (JSON.parse(r.body) as Record<string, unknown>[])[0]!);
  expect(bodies()[0]).toMatchObject({
    labels: { alertname: 'errors', severity: 'page', kind: 'error_burn', service: 'shop-0' },
    annotations: { summary: 't', description: 'd' },
    startsAt: new Date(T0).toISOString(),
    generatorURL: expect.stringMatching(/^https:\/\/hw\.test\/alerts\?id=[0-9a-f]{32}$/) as string,
  });
  expect(receiver.received[0]!.headers.authorization).toBe('Bearer abc');
  expect(bodies().length).toBeGreaterThanOrEqual(3);
  expect(Date.parse(bodies()[0]!['endsAt'] as string)).toBeGreaterThan(place.now);
  await accept(a, event('resolved'));
  const end = new Date(place.now).toISOString();
  const before = receiver.received.length;
  await work(a, 12);
  expect(
    bodies()
      .slice(before)
      .map((b) => b['endsAt']),
  ).toEqual([end]);
});

it('Retry-After: seconds or a date, never more than an hour', () => {
  expect([retryAfterMs('2', 0), retryAfterMs('99999', 0), retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4_000), retryAfterMs('soon', 0), retryAfterMs(undefined, 0)]).toEqual([
    2_000,
    3_600_000,
    6_000,
    null,
    null,
  ]);
});

it('a key that is missing or short is refused at the start, by its setting', () => {
  writeFileSync(join(place.dir, 'short'), 'x\n');
  const open = (secret_file: string) => () => place.analyzer(place.config({ webhooks: [place.webhook(receiver.url, { secret_file })] }), own);
  expect(open(join(place.dir, 'short'))).toThrow(/^alerts\.webhooks\[0\]\.secret_file: the key has 1 characters/);
  expect(open(join(place.dir, 'none'))).toThrow(/^alerts\.webhooks\[0\]\.secret_file: .*none cannot be read \(ENOENT\)/);
});

it('an address that is given twice is refused; what is owed to one that was taken out is forgotten after a month', async () => {
  const twice = [place.webhook(receiver.url), place.webhook(receiver.url)];
  expect(() => targetsOf(place.config({ webhooks: twice }), Date.now)).toThrow(/^alerts: the webhook at 127\.0\.0\.1:\d+ is given twice/);
  await accept(place.analyzer(place.config({ webhooks: [place.webhook('http://127.0.0.1:9/gone')] }), own), event('opened', 77));
  const left = async () => (await place.state.list('alert-delivery/')).filter((e) => e.key.endsWith(`${(77).toString(16)}`)).length;
  const other = place.analyzer(place.config({ webhooks: [place.webhook(receiver.url)] }), own);
  await other.desk.tick();
  expect(await left()).toBe(1);
  place.now += 31 * 86_400_000;
  await other.desk.tick();
  expect(await left()).toBe(0);
});
