import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { busSettings, storeSettings, type InsightsConfig } from '@headwater/config';
import { openBus, type BusLog, type ConsumerHooks, type EventBus } from '@headwater/event-bus';
import { ERRORS_AS_THEY_ARE, EventBusServer } from '@headwater/event-bus/nest';
import { topicName } from '@headwater/header-event';
import { ruleFindings } from '@headwater/insight-rules';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { Logger } from 'pino';
import { AlertsModule, RequestsModule } from './app.module.ts';
import { openGateway } from './gateway/open.ts';
import { mayPass, patiently } from './patience.ts';
import { createFactsReader } from './read/reader.ts';
import { serveAdmin } from './report/admin-server.ts';
import { createReports } from './report/metrics.ts';
import { STATUS_EVERY_MS, StatusTeller } from './report/status.ts';
import { SECONDS_BUCKETS, TOKEN_BUCKETS } from './submit/events.ts';
import { createSubmitter } from './submit/submitter.ts';
import { openWork, type Work } from './work/open.ts';

const WORK_EVERY_MS = 500;
const CLOCK_EVERY_MS = 10_000;
/** What is under way at the end has this long to be given back; after that its lease lapses. */
const LEAVE_MS = 5_000;

/** Opens the doors and makes insights until `stop`; what is under way then goes back to the queue. @throws Error that names the setting of the gateway that cannot be used */
export async function runInsights(config: InsightsConfig, log: Logger, stop: AbortSignal): Promise<void> {
  const now = Date.now;
  const reports = createReports(log, { seconds: SECONDS_BUCKETS, tokens: TOKEN_BUCKETS }, now);
  const { work: report, registry } = reports;
  const gateway = config.gateway ? openGateway(config.gateway, reports.guard) : null;
  let reading: (() => boolean) | null = null;
  const admin = await serveAdmin(config.admin, registry, () => reading !== null && reading());
  log.info({ host: config.admin.host, port: admin.port }, 'metrics and health');
  if (gateway) log.info({ gateway: gateway.name, at: gateway.host, model: gateway.model }, 'findings by rules, and by a model');
  else log.info('findings by rules; a model is asked when a gateway is configured (gateway.url, gateway.model, gateway.key.file)');
  const open = <T>(what: string, work: () => Promise<T>) => patiently(work, stop, (error) => report.waiting(what, error));
  const busLog: BusLog = (level, message) => log[level]({ door: 'bus' }, message);
  const closers: (() => Promise<void>)[] = gateway ? [() => gateway.close()] : [];
  try {
    const bus: EventBus = await open('bus', () => openBus(busSettings(config.bus), busLog));
    closers.unshift(() => bus.close());
    const store: SummaryStore = await open('store', () => openSummaryStore(storeSettings(config.store)));
    closers.unshift(() => store.end());
    const state: StateStore = await open('state', () => openStateStore(storeSettings(config.state)));
    closers.unshift(() => state.end());

    const topic = (id: 'headerEvents' | 'alerts' | 'insightRequests' | 'insights') => topicName(config.topic_prefix, id);
    // A missing topic is a wait with the command in the message, before anything is read.
    for (const id of ['insights', 'insightRequests', ...(config.triggers.alerts ? (['alerts'] as const) : [])] as const) await open('topics', () => bus.ranges(topic(id)));
    const submitter = createSubmitter({ gateway, state, config, events: reports.submit, now });
    const work = openWork(
      config,
      { alerts: topic('alerts'), requests: topic('insightRequests'), insights: topic('insights') },
      {
        bus,
        state,
        reader: createFactsReader({ summaries: store, state, topic: topic('headerEvents'), sendServiceNames: config.send_service_names, now }),
        rules: ruleFindings,
        model: gateway && { submitter, gateway: gateway.name, name: gateway.model },
        report,
      },
      now,
    );
    const status = new StatusTeller(
      {
        state,
        gateway,
        budget: () => submitter.budget(),
        queued: async () => Object.values(work.queue.stateOf(await work.queue.list()).waiting).reduce((a, b) => a + b, 0),
        said: ({ budget }) => reports.budget({ tokens: budget.tokens.used, usd: budget.usd?.used ?? null }),
      },
      `${hostname()}/${process.pid}`,
      now,
    );
    const listen = (module: { of(hooks: ConsumerHooks): DynamicModule }, hooks: ConsumerHooks, group: string) =>
      microservice(module.of(hooks), new EventBusServer({ bus, group, prefix: config.topic_prefix, log: busLog }));
    const readers = [
      ...(config.triggers.alerts ? [await listen(AlertsModule, work.alerts, config.group)] : []),
      await listen(RequestsModule, work.requests, `${config.group}-requests`),
    ];
    reading = () => work.requests.claiming + work.alerts.claiming === 0;
    log.info({ group: config.group, alerts: config.triggers.alerts, digest: config.triggers.digest }, 'making insights');
    const failed = (what: string) => (error: unknown) => (mayPass(error) ? report.waiting(what, error) : report.failed(what, error));
    const loops = [
      every(WORK_EVERY_MS, stop, () => work.worker.tick(), failed('queue')),
      every(CLOCK_EVERY_MS, stop, () => work.clockwork.tick(), failed('clock')),
      every(STATUS_EVERY_MS, stop, () => status.tell(), failed('status')),
    ];
    await status.tell().catch(failed('status'));
    await once(stop, () => leave(work, readers));
    await Promise.all(loops);
    await status.end().catch(failed('status'));
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    for (const close of closers) await close().catch((e: unknown) => report.failed('close', e));
    admin.server.close();
    admin.server.closeAllConnections();
  }
}

/** Nothing new is taken, what is under way is given back, and a bus or a store that is away holds up nobody. */
async function leave(work: Work, readers: readonly { close: () => Promise<void> }[]): Promise<void> {
  const timer = setTimeout(() => {
    work.alerts.stopWaiting();
    work.requests.stopWaiting();
  }, LEAVE_MS);
  await Promise.all([...readers.map((r) => r.close()), Promise.race([work.worker.end(), sleep(LEAVE_MS, undefined, { ref: false })])]);
  clearTimeout(timer);
}

async function microservice(module: DynamicModule, strategy: EventBusServer): Promise<{ close: () => Promise<void> }> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, { strategy, logger: false, abortOnError: false });
  app.useGlobalFilters(ERRORS_AS_THEY_ARE);
  await app.listen();
  return { close: () => app.close() };
}

function once(signal: AbortSignal, work: () => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const run = () => void Promise.resolve(work()).then(() => resolve(), reject);
    if (signal.aborted) run();
    else signal.addEventListener('abort', run, { once: true });
  });
}

/** Runs `work` again and again, never twice at once, until `stop`; resolves when the last run has ended. */
async function every(ms: number, stop: AbortSignal, work: () => Promise<void>, failed: (error: unknown) => void): Promise<void> {
  for (;;) {
    await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    await work().catch(failed);
  }
}
