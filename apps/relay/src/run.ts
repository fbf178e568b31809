import { once } from 'node:events';
import { busSettings, storeSettings, type RelayConfig } from '@headwater/config';
import { openBus, type BusLog, type Subscription } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { openStateStore } from '@headwater/state-store';
import type { Logger } from 'pino';
import { serveAdmin } from './admin-server.ts';
import { createCounts } from './counts.ts';
import { serviceFilter } from './exchanges.ts';
import { patiently } from './patience.ts';
import { Places } from './place.ts';
import { Relay } from './relay.ts';

/** A batch under way has this long to get out when the relay ends. */
const LEAVE_MS = 5_000;

/** Opens the doors and relays until `stop`. */
export async function runRelay(config: RelayConfig, log: Logger, stop: AbortSignal): Promise<void> {
  const now = Date.now;
  const { counts, registry } = createCounts(log, now);
  let subscription: Subscription | null = null;
  const admin = await serveAdmin(config.admin, registry, () => subscription !== null);
  log.info({ host: config.admin.host, port: admin.port }, 'metrics and health');
  const closers: (() => Promise<void>)[] = [];
  const open = <T>(what: string, work: () => Promise<T>) => patiently(work, stop, (error) => counts.waiting(what, error));
  const busLog: BusLog = (level, message) => log[level]({ door: 'bus' }, message);
  try {
    const bus = await open('bus', () => openBus(busSettings(config.bus), busLog));
    closers.unshift(() => bus.close());
    const state = await open('state', () => openStateStore(storeSettings(config.state)));
    closers.unshift(() => state.end());
    const [source, target] = [topicName(config.topic_prefix, 'headerEvents'), topicName(config.topic_prefix, 'headerEventsJson')];
    // A missing topic is a wait with the command in the message, before anything is read.
    await open('target', () => bus.ranges(target));
    const relay = new Relay(
      { bus, places: new Places(state, config.group, source), counts },
      { source, target, beginWithinMs: config.begin_within_ms, wanted: serviceFilter(config.services) },
      now,
    );
    const mine = (subscription = await open('group', () => bus.consume(config.group, [source], relay)));
    log.info({ source, target, group: config.group }, 'relaying');
    if (!stop.aborted) await once(stop, 'abort');
    const timer = setTimeout(() => relay.stopWaiting(), LEAVE_MS);
    await mine.stop();
    clearTimeout(timer);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    for (const close of closers) await close().catch((error: unknown) => log.warn({ err: error }, 'closing failed'));
    admin.server.close();
    admin.server.closeAllConnections();
  }
}
