import { EmbeddedSummaryStore } from './embedded/store.ts';
import { RedisSummaryStore } from './redis/store.ts';
import type { SummaryStore, SummaryStoreSettings } from './port.ts';

export { RESOLUTION_MS, STORE_ERRORS, StoreError } from './port.ts';
export type {
  Claim,
  Closed,
  ClosedHead,
  ClosedHeld,
  CloseCommit,
  CloseResult,
  Coarse,
  Commit,
  CommitResult,
  Due,
  Partial,
  ReadRange,
  Resolution,
  Retired,
  RollUpCommit,
  RollUpSources,
  Segment,
  SegmentKey,
  SegmentWrite,
  StoreErrorCode,
  SummaryStore,
  SummaryStoreSettings,
  Taken,
  UnitId,
  UnitStatus,
  WindowRead,
} from './port.ts';

/**
 * Opens the store and checks it: rejects with StoreError `unreachable` (try again), `newer_version`, `misconfigured`
 * or `corrupt`. Once open it survives any loss of connection.
 */
export async function openSummaryStore(settings: SummaryStoreSettings): Promise<SummaryStore> {
  if (settings.kind === 'embedded') return EmbeddedSummaryStore.open(settings.path);
  return RedisSummaryStore.open(settings);
}
