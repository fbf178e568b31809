import { BusError } from '../port.ts';
import type { BusSettings, EventBus } from '../port.ts';
import type { BusLog } from '../settings.ts';

export function openKafkaBus(_settings: Extract<BusSettings, { kind: 'kafka' }>, _log: BusLog): EventBus {
  throw new BusError('unreachable', { detail: 'the Kafka adapter is not built yet' });
}
