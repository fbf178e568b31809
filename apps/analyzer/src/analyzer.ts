import { setTimeout as sleep } from 'node:timers/promises';
import { busSettings, storeSettings, type AnalyzerConfig } from '@headwater/config';
import { openBus, type BusLog, type EventBus } from '@headwater/event-bus';
import { ERRORS_AS_THEY_ARE, EventBusServer } from '@headwater/event-bus/nest';
import { topicName } from '@headwater/header-event';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { openSummaryStore, type SummaryStore } from '@headwater/summary-store';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { Logger } from 'pino';
import { serviceOf } from './aggregate/windows.ts';
import { alertReport } from './alert/metrics.ts';
import { openAlerts, type Alerts } from './alert/open.ts';
import { AgentStatusModule, HeaderEventsModule } from './app.module.ts';
import { Outbox } from './close/outbox.ts';
import { patiently } from './patience.ts';
import { Pipeline } from './pipeline.ts';
import { serveAdmin } from './report/admin-server.ts';
import { createReport } from './report/metrics.ts';
import type { Report } from './report/report.ts';
import { sampleCounts } from './sample/metrics.ts';
import { Sampler } from './sample/sampler.ts';
import { seriesCounts } from './series/counts.ts';
import { SeriesKeeper } from './series/keeper.ts';
import { SeriesPush } from './series/push.ts';
import { AgentStatusWatch } from './watch/agent-status.ts';

const CLOSE_EVERY_MS = 1_000;
const ALERT_EVERY_MS = 1_000;
const DELIVER_EVERY_MS = 250;
/** Attempts under way at the end have this long; the rest is the next owner's. */
const DELIVER_LEAVE_MS = 3_000;
const PRUNE_EVERY_MS = 60_000;
const SERIES_EVERY_MS = 5_000;
const FENCED_PAUSE_MS = 3_000;

/** Opens the doors, runs the pipeline until `stop`, flushes and leaves. */
export async function runAnalyzer(config: AnalyzerConfig, log: Logger, stop: AbortSignal): Promise<void> {
  const now = Date.now;
  const { report, registry } = createReport(log, now);
  let pipeline: Pipeline | null = null;
  let alerts: Alerts | null = null;
  const admin = await serveAdmin(
    config.admin,
    registry,
    () => pipeline !== null && pipeline.subscription !== null && pipeline.ready,
    () => (alerts ? { alert_rules: { source: alerts.rules.current.source, refused: alerts.rules.refused } } : {}),
  );
  log.info({ host: config.admin.host, port: admin.port }, 'metrics and health');
  const open = <T>(what: string, work: () => Promise<T>) => patiently(work, stop, (error) => report.waiting(what, error));
  const busLog: BusLog = (level, message) => log[level]({ door: 'bus' }, message);
  const closers: (() => Promise<void>)[] = [];
  try {
    const bus: EventBus = await open('bus', () => openBus(busSettings(config.bus), busLog));
    closers.unshift(() => bus.close());
    const store: SummaryStore = await open('store', () => openSummaryStore(storeSettings(config.store)));
    closers.unshift(() => store.end());
    const state: StateStore = await open('state', () => openStateStore(storeSettings(config.state)));
    closers.unshift(() => state.end());

    const strategyOf = (group: string) => new EventBusServer({ bus, group, prefix: config.topic_prefix, log: busLog });
    const topic = topicName(config.topic_prefix, 'headerEvents');
    const outbox = new Outbox(store, state, bus, topic, topicName(config.topic_prefix, 'summaries'));
    const samples = new Sampler(sampleCounts(registry, log, now), serviceOf);
    pipeline = new Pipeline(
      { bus, store, outbox, report, samples },
      {
        topic,
        deadLetterTopic: topicName(config.topic_prefix, 'deadLetter'),
        dirtyMaxBytes: config.dirty_max_bytes,
        unfoldedBytes: config.window_memory_bytes,
        fencedPauseMs: FENCED_PAUSE_MS,
        clampAheadMs: config.clamp_ahead_ms,
        silentAfterMs: config.silent_after_ms,
        retentionMs: config.retention.windows_10s_ms,
        coarseRetentionMs: { '1m': config.retention.windows_1m_ms, '1h': config.retention.windows_1h_ms },
        closeAfterMs: config.close_after_ms,
        windowsVersion: config.windows_version === 2 ? 2 : 3,
      },
      now,
    );
    if (config.alerts.enabled) {
      const topics = { events: topic, alerts: topicName(config.topic_prefix, 'alerts'), agentStatus: topicName(config.topic_prefix, 'agentStatus'), group: config.group };
      alerts = openAlerts(config.alerts, topics, { bus, store, state, report: alertReport(registry, log, now), fold: pipeline }, now);
    }
    const status = new AgentStatusWatch(state, report, now);
    const events = await microservice(HeaderEventsModule.of(pipeline), strategyOf(config.group));
    pipeline.subscription = events.strategy;
    const heartbeats = await microservice(AgentStatusModule.of(status), strategyOf(`${config.group}-agent-status`));
    const mine = pipeline;
    const counts = seriesCounts(registry, log, now);
    const series = new SeriesKeeper({ store, state, ours: mine, counts }, { topic, maxPatterns: config.series.max_patterns }, now);
    const push = config.series.otlp ? new SeriesPush(config.series.otlp, () => series.services(), counts) : null;
    log.info({ topic, group: config.group }, 'analyzing');
    const loops = [
      every(
        config.flush_ms,
        stop,
        async () => {
          await mine.flush();
          void samples.write(state, now()); // on its own time: nothing waits for samples
        },
        (e) => report.failed('flush', e),
      ),
      every(
        CLOSE_EVERY_MS,
        stop,
        () => mine.close(),
        (e) => report.failed('close', e),
      ),
      every(
        PRUNE_EVERY_MS,
        stop,
        () => mine.prune(),
        (e) => report.failed('prune', e),
      ),
      every(
        SERIES_EVERY_MS,
        stop,
        () => series.round(),
        (e) => report.failed('series', e),
      ),
      ...(push
        ? [
            every(
              config.series.otlp?.interval_ms ?? 0,
              stop,
              () => push.push(stop),
              (e) => report.failed('series push', e),
            ),
          ]
        : []),
      ...(alerts ? alertLoops(alerts, stop, report) : []),
      once(stop, () => mine.stopWaiting()),
    ];
    await once(stop, () => Promise.all([events.close(), heartbeats.close()]));
    await pipeline.end();
    await Promise.all(loops);
    await push?.end();
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    for (const close of closers) await close().catch((e: unknown) => report.failed('close', e));
    admin.server.close();
    admin.server.closeAllConnections();
  }
}

/** Alerts have their own time: neither a slow store nor a receiver holds up the fold. */
function alertLoops({ stage, desk }: Alerts, stop: AbortSignal, report: Report): Promise<void>[] {
  return [
    every(
      ALERT_EVERY_MS,
      stop,
      () => stage.round(),
      (e) => report.failed('alerts', e),
    ),
    every(
      DELIVER_EVERY_MS,
      stop,
      () => desk.tick(),
      (e) => report.failed('deliveries', e),
    ).then(() => Promise.race([desk.idle(), sleep(DELIVER_LEAVE_MS)])),
  ];
}

async function microservice(module: DynamicModule, strategy: EventBusServer): Promise<{ strategy: EventBusServer; close: () => Promise<void> }> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, { strategy, logger: false, abortOnError: false });
  app.useGlobalFilters(ERRORS_AS_THEY_ARE);
  await app.listen();
  return { strategy, close: () => app.close() };
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
