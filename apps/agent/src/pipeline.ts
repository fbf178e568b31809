import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureError, checkRules } from '@headwater/capture';
import type { Capture, CaptureTotals } from '@headwater/capture';
import { busSettings } from '@headwater/config';
import type { AgentConfig } from '@headwater/config';
import { openBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import type { AgentIdentity } from '@headwater/header-event';
import type { Logger } from 'pino';
import type { FingerprintKeys } from './capture/fingerprint-key.ts';
import { openKubelet } from './attribution/open.ts';
import { openCapture, playsOn } from './capture/open.ts';
import { captureOptions } from './capture/options.ts';
import { addTotals } from './capture/sum.ts';
import { policyMetrics } from './policy/metrics.ts';
import { PolicyStage } from './policy/stage.ts';
import { Overhead } from './overhead/watch.ts';
import { Numbers } from './publish/numbers.ts';
import { Publisher } from './publish/publisher.ts';
import { serveAdmin } from './report/admin-server.ts';
import { Heartbeat } from './report/heartbeat.ts';
import { agentMetrics } from './report/metrics.ts';
import { agentStatus } from './report/status.ts';
import { openSpool } from './spool/open.ts';

/** How long the queue may take to empty at the end. */
const FINISH_MS = 10_000;
const PROBE_PAUSE_MS = 1_000;
/** Recordings are short; a pause between them keeps the pace of a quiet host. */
const RECORDING_PAUSE_MS = 1_000;

/** Capture, publish, report; until `stop` is aborted. Answers the exchanges that could not be sent, and the batches that wait in the spool for the next agent. */
export async function runAgent(
  config: AgentConfig,
  hostId: string,
  keys: FingerprintKeys,
  version: string,
  log: Logger,
  stop: AbortSignal,
): Promise<{ unsent: number; spooled: number }> {
  const identity: AgentIdentity = { hostId, incarnation: randomUUID() };
  const startedAt = new Date();
  let capture: Capture | null = null;
  let captureTrouble: string | null = 'the capture has not started';
  let ended: CaptureTotals | null = null;
  const totals = (): CaptureTotals | null => (capture ? addTotals(ended, capture.totals()) : ended);
  const policies = new PolicyStage({
    config,
    hostId,
    hasKey: keys.key !== undefined,
    log,
    apply: (layers) => {
      const rules = captureOptions(config, keys, layers);
      checkRules(rules);
      capture?.reconfigure(rules);
    },
  });

  const numbers = new Numbers();
  const spool = openSpool(config, identity, (host, exchanges) => numbers.next(host, exchanges), log);
  const bus = await openBus(busSettings(config.bus), (level, message) => log[level](message));
  const publisher = new Publisher({
    bus,
    topic: topicName(config.topic_prefix, 'headerEvents'),
    identity,
    numbers,
    ...(spool ? { spool: { spool, backlogBytesPerS: config.spool.backlog_bytes_per_s } } : {}),
    queueMaxBytes: config.queue.max_bytes,
    log,
    onSent: (seconds, batches) => metrics.sent(seconds, batches),
  });
  const overhead = new Overhead(config.overhead.cpu_ceiling_percent, () => capture, log);
  const kubelet = openKubelet(config.kubelet, (pods) => capture?.setPods(pods), log);
  const metrics = agentMetrics({
    totals,
    publishLost: () => publisher.lost,
    inheritedLost: () => spool?.lostInherited ?? {},
    spool: () => ({ bytes: spool?.bytes ?? 0, batches: spool?.batches ?? 0 }),
    oneIn: () => overhead.oneIn,
    cpuPercent: () => overhead.percent,
    queueBytes: () => publisher.queue.bytes,
    queueBatches: () => publisher.queue.length,
    lagMs: () => publisher.lagMs(Date.now()),
  });
  const admin = await serveAdmin(config.admin.host, config.admin.port, metrics.registry, () => {
    const waiting = [policies.trouble, captureTrouble, publisher.trouble].filter((w) => w !== null);
    return { status: waiting.length > 0 ? 'waiting' : 'ok', waiting_for: waiting, policy: { in_force: policies.name, refused: policies.refused } };
  });
  policyMetrics(metrics.registry, policies);
  policies.follow(bus, topicName(config.topic_prefix, 'capturePolicy'));
  log.info({ host_id: hostId, incarnation: identity.incarnation, admin: `http://${config.admin.host}:${admin.port}` }, 'agent started');
  let coverage = 1;
  const heartbeat = new Heartbeat(
    bus,
    topicName(config.topic_prefix, 'agentStatus'),
    (ended) =>
      agentStatus(
        {
          identity,
          version,
          startedAt,
          capture,
          replay: config.replay.file !== undefined,
          totals: totals(),
          publisher,
          spool,
          overhead,
          coverage,
          policy: policies.name,
          policyState: policies.state,
        },
        ended,
      ),
    log,
  );

  const aborted = new Promise<'stop'>((ok) => stop.addEventListener('abort', () => ok('stop'), { once: true }));
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stop }).catch(() => undefined);
  await Promise.race([policies.ready, aborted]);
  // A probe that is away, at the start or later, is waited for; the queue and the numbering live on.
  for (let turn = 0; !stop.aborted; turn++) {
    try {
      capture = await openCapture(config, captureOptions(config, keys, policies.layers()), turn);
    } catch (error) {
      if (!(error instanceof CaptureError && error.retryable)) throw error;
      const why = error.message;
      if (why !== captureTrouble) log.warn({ reason: why }, 'the capture cannot start yet; trying again every second');
      captureTrouble = why;
      await pause(PROBE_PAUSE_MS);
      continue;
    }
    captureTrouble = null;
    if (kubelet?.pods) capture.setPods(kubelet.pods);
    if (turn === 0 || capture.source === 'live')
      log.info({ source: capture.source, scope: capture.probe?.scope, hooks: capture.probe?.hooks, kernel: capture.probe?.kernel }, 'capturing');
    const running = capture;
    const over = new Promise<Error | null>((ok) => {
      running.start((batch) => {
        coverage = batch.account.coverage;
        publisher.push(batch);
      }, ok);
    });
    const why = await Promise.race([over, aborted]);
    if (why === null && !playsOn(config, turn)) {
      log.info('the recordings have been played to their end');
      await aborted;
    }
    await running.stop();
    ended = addTotals(ended, running.totals());
    capture = null;
    if (why instanceof Error) {
      captureTrouble = why.message;
      log.error({ reason: why.message }, 'the capture ended; trying to start it again');
      await pause(PROBE_PAUSE_MS);
    } else if (!stop.aborted) await pause(RECORDING_PAUSE_MS);
  }

  const unsent = await publisher.finish(FINISH_MS);
  overhead.stop();
  kubelet?.stop();
  await heartbeat.finish(1_000);
  await spool?.close();
  admin.server.close();
  admin.server.closeAllConnections();
  await Promise.race([Promise.all([policies.close(), bus.close()]), sleep(2_000, undefined, { ref: false })]);
  return { unsent, spooled: spool?.batches ?? 0 };
}
