import { createHash } from 'node:crypto';
import type { InsightSubject, Trigger } from './insight.ts';

const MINUTE_MS = 60_000;

/**
 * Name of the insight on this subject and window: 32 hex digits of SHA-256 over trigger, subject and window, the same wherever and however
 * often it is asked for. A window is whole minutes, RFC 3339; how its instants are spelled (offset, fractions) does not matter.
 * @throws RangeError where the window is no whole minutes or ends before it began, or the subject is both a service and a host
 */
export function insightId(trigger: Trigger, subject: InsightSubject, window: { start: string; end: string }): string {
  const [start, end] = [minute('start', window.start), minute('end', window.end)];
  if (end <= start) throw new RangeError(`window.end is not after window.start: ${window.end}`);
  if (subject.service !== undefined && subject.host !== undefined) throw new RangeError('subject is a service or a host, not both; leave one out');
  const about = subject.service !== undefined ? ['service', subject.service] : subject.host !== undefined ? ['host', subject.host] : ['fleet'];
  return createHash('sha256')
    .update(JSON.stringify([trigger, about, start, end]))
    .digest('hex')
    .slice(0, 32);
}

function minute(field: string, text: string): number {
  const ms = Date.parse(text);
  if (!Number.isSafeInteger(ms) || ms % MINUTE_MS !== 0) throw new RangeError(`window.${field} must be an RFC 3339 time of a whole minute, such as 2026-11-23T08:15:00Z`);
  return ms;
}
