import { createHash } from 'node:crypto';
import type { Alert, AlertEvent } from '@headwater/alert-rules';
import type { Answer } from './post.ts';

/** A receiver of alerts. `send` and `repeat` never reject. */
export interface Target {
  kind: 'webhook' | 'alertmanager';
  /** the same over restarts, and says nothing of the address */
  id: string;
  /** for the log: host and port alone, since paths and user names of such addresses are secrets */
  name: string;
  timeoutMs: number;
  giveUpMs: number;
  wants(alert: Alert): boolean;
  send(event: AlertEvent): Promise<Answer>;
  /** receivers that take silence for an end hear of what is open this often */
  repeat?: { everyMs: number; send(open: readonly AlertEvent[]): Promise<Answer> };
}

export function targetId(kind: Target['kind'], url: string): string {
  return `${kind}-${createHash('sha256').update(url).digest('hex').slice(0, 12)}`;
}
