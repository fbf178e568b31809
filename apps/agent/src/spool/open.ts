import type { AgentConfig } from '@headwater/config';
import type { AgentIdentity } from '@headwater/header-event';
import type { Logger } from 'pino';
import type { Place } from '../publish/numbers.ts';
import { Spool } from './spool.ts';

/** What a disk says that is full, broken or mounted read-only; it may pass, and must not stop the capture. */
const DISK_TROUBLE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);

/**
 * The spool of the settings; null without one, or where the disk cannot be written now (said): then batches wait in memory only.
 * @throws Error that names spool.dir: another agent's, open to others, not to be made
 */
export function openSpool(config: AgentConfig, identity: AgentIdentity, nextPlace: (hostId: string, exchanges: number) => Place, log: Logger): Spool | null {
  const { dir, max_bytes: maxBytes, max_age_s: maxAge } = config.spool;
  if (!dir) return null;
  try {
    return new Spool({ dir, maxBytes, maxAgeMs: maxAge * 1_000, identity, nextPlace, say: (level, facts, message) => log[level](facts, message) }, Date.now());
  } catch (error) {
    if (!DISK_TROUBLE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    log.error({ dir, reason: (error as Error).message }, 'the spool cannot be opened; batches wait in memory only, until the next start');
    return null;
  }
}
