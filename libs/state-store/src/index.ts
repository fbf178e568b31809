import { EmbeddedStateStore } from './embedded/store.ts';
import { RedisStateStore } from './redis/store.ts';
import type { StateStore, StateStoreSettings } from './port.ts';

export { STATE_STORE_ERRORS, StateStoreError } from './port.ts';
export type { StateEntry, StateStore, StateStoreErrorCode, StateStoreSettings } from './port.ts';

/**
 * Opens the store and checks it: rejects with StateStoreError `unreachable` (try again), `newer_version`,
 * `misconfigured` or `corrupt`. Once open it survives any loss of connection.
 */
export async function openStateStore(settings: StateStoreSettings): Promise<StateStore> {
  if (settings.kind === 'embedded') return EmbeddedStateStore.open(settings.path);
  return RedisStateStore.open(settings);
}
