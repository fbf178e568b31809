import { openEmbeddedBus } from './embedded/bus.ts';
import type { BusSettings, EventBus } from './port.ts';
import { silent } from './settings.ts';
import type { BusLog } from './settings.ts';

export * from './port.ts';
export { topicsFor } from './topic-settings.ts';
export { MAX_RECORD_BYTES } from './limits.ts';
export type { BusLog } from './settings.ts';
export { zstdCodec } from './kafka/zstd.ts';

/**
 * The bus that the settings name. Kafka connects with the first call; the embedded file is opened here.
 * `log` gets what the adapter waits for or retries.
 */
export async function openBus(settings: BusSettings, log: BusLog = silent): Promise<EventBus> {
  if (settings.kind === 'embedded') return openEmbeddedBus(settings, log);
  const { openKafkaBus } = await import('./kafka/bus.ts');
  return openKafkaBus(settings, log);
}
