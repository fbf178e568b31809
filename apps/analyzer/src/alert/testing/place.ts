/** Real doors for the tests of this stage: embedded bus and stores in a directory of their own, and an HTTP receiver on loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertEvent } from '@headwater/alert-rules';
import { AlertsConfig, WebhookConfig } from '@headwater/config';
import { openBus, type EventBus } from '@headwater/event-bus';
import { TOPICS, topicName } from '@headwater/header-event';
import { ServiceWindow } from '@headwater/sketch';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import { openAlerts, type Alerts } from '../open.ts';
import { alertReport } from '../metrics.ts';
import { pino } from 'pino';
import { Registry } from 'prom-client';

export const EVENTS = topicName('headwater', 'headerEvents');
export const ALERTS = topicName('headwater', 'alerts');
export const SECRET = 'a'.repeat(40);
/** A whole hour. */
export const T0 = 1_790_002_800_000;
export const MINUTE = 60_000;

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  event: AlertEvent;
}

export class Receiver {
  readonly received: Received[] = [];
  url = '';
  /** what the next requests are answered; then 204 */
  answers: ((response: ServerResponse) => void)[] = [];
  private readonly server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      this.received.push({ headers: request.headers, body, event: JSON.parse(body) as AlertEvent });
      const answer = this.answers.shift() ?? ((r) => void r.writeHead(204).end());
      answer(response);
    });
  });

  async listen(): Promise<this> {
    await new Promise<void>((ok) => this.server.listen(0, '127.0.0.1', ok));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
    return this;
  }

  get events(): string[] {
    return this.received.map((r) => `${r.event.event} ${r.event.alert.rule}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((ok) => this.server.close(ok));
  }
}

/** One directory of stores, shared by any number of analyzers. */
export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'hw-alert-'));
  bus!: EventBus;
  store!: SummaryStore;
  state!: StateStore;
  now = T0 + 10 * MINUTE;
  private offset: number | null = null;
  private epoch = 0;

  async open(): Promise<this> {
    this.bus = await openBus({ kind: 'embedded', path: join(this.dir, 'bus.db'), retentionMs: 86_400_000, retentionBytes: 1 << 30 });
    await this.bus.applyTopics(
      // Not compacted, so that every record stays to be counted.
      Object.values(TOPICS).map((t) => ({ ...t, name: `headwater.${t.name}`, partitions: 1, cleanup: 'delete' as const, retentionMs: 86_400_000 })),
      { dryRun: false },
    );
    this.store = await openSummaryStore({ kind: 'embedded', path: join(this.dir, 'store.db') });
    this.state = await openStateStore({ kind: 'embedded', path: join(this.dir, 'state.db') });
    this.epoch = (await this.store.claim({ topic: EVENTS, partition: 0 }, 'bus')).epoch;
    writeFileSync(join(this.dir, 'secret'), `${SECRET}\n`);
    return this;
  }

  async close(): Promise<void> {
    await this.bus.close();
    await this.store.end();
    await this.state.end();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Exchanges of one service in the minute that starts at `startMs`. */
  async traffic(service: string, startMs: number, good: number, failed: number): Promise<void> {
    const window = new ServiceWindow();
    window.roleExchanges.server = good + failed;
    for (const [status, n] of [
      [200, good],
      [500, failed],
    ] as const) {
      if (n === 0) continue;
      const pattern = window.pattern('server', 'GET', '/checkout', status);
      pattern.exchanges = n;
      pattern.firstSeenMs = startMs;
      pattern.lastSeenMs = startMs + 1;
      pattern.ttfb.add(2_000_000, n);
    }
    const nextOffset = (this.offset ?? 0) + 1;
    const result = await this.store.commit({
      unit: { topic: EVENTS, partition: 0 },
      epoch: this.epoch,
      expectedOffset: this.offset,
      nextOffset,
      agents: new Uint8Array(),
      watermark: 0,
      silent: [],
      at: 0,
      segments: [{ resolution: '10s', start: startMs, subject: `s:${service}`, fresh: true, bytes: window.encode() }],
    });
    if (result.kind !== 'ok') throw new Error(result.kind);
    this.offset = nextOffset;
  }

  config(more: Partial<AlertsConfig> = {}): AlertsConfig {
    return Object.assign(new AlertsConfig(), more);
  }

  webhook(url: string, more: Partial<WebhookConfig> = {}): WebhookConfig {
    return Object.assign(new WebhookConfig(), { url, secret_file: join(this.dir, 'secret'), ...more });
  }

  /** The alerts of one analyzer; `own` says which subjects are its own, and may change. */
  analyzer(
    config: AlertsConfig,
    own: { subjects: (subject: string) => boolean; closedBefore: number | null },
    doors: Partial<Pick<Place, 'bus' | 'state'>> = {},
  ): Alerts & { registry: Registry } {
    const registry = new Registry();
    const fold = {
      get closedBefore() {
        return own.closedBefore;
      },
      owns: (subject: string) => own.subjects(subject),
    };
    const topics = { events: EVENTS, alerts: ALERTS, agentStatus: topicName('headwater', 'agentStatus'), group: 'test' };
    const report = alertReport(registry, pino({ level: process.env['LOG'] ?? 'silent' }), () => this.now);
    return { ...openAlerts(config, topics, { bus: this.bus, store: this.store, state: this.state, ...doors, report, fold }, () => this.now), registry };
  }

  /** Every record of `alerts.v1`. */
  async published(): Promise<string[]> {
    const [range] = await this.bus.ranges(ALERTS);
    const found: string[] = [];
    if (range!.next === range!.earliest) return found;
    const done = Promise.withResolvers<void>();
    const subscription = await this.bus.consume(`t-${Math.random()}`, [ALERTS], {
      assigned: async () => [],
      revoked: async () => undefined,
      batch: async ({ records }) => {
        for (const r of records) found.push(Buffer.from(r.value).toString());
        if (records.at(-1)!.offset + 1 >= range!.next) done.resolve();
        return { kind: 'next' };
      },
    });
    await done.promise;
    await subscription.stop();
    return found;
  }
}

export async function until(what: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((ok) => setTimeout(ok, 5))) if (await what()) return;
  throw new Error('did not come');
}
