import { MINUTE_MS } from '@headwater/alert-rules';
import { INSIGHT_WINDOW } from '@headwater/insight-rules';
import { invalidBody } from '../http/body.ts';
import { instantOfBody, lastClosedMinute } from '../query/body-times.ts';
import { iso, type Kept } from '../query/time.ts';

/** Whole minutes of closed windows, RFC 3339, half-open. */
export interface AskedWindow {
  start: string;
  end: string;
}

const HOUR_MS = 3_600_000;

/**
 * What is looked at: start floored, end ceiled to the minute, at most up to the last closed one.
 * @throws Problem invalid_body naming the field
 */
export function askedWindow(times: { start?: string; end?: string }, now: number, kept: Kept): AskedWindow {
  const last = lastClosedMinute(now);
  const end = times.end === undefined ? last : Math.min(last, Math.ceil(instantOfBody('end', times.end, now) / MINUTE_MS) * MINUTE_MS);
  const start = times.start === undefined ? end - INSIGHT_WINDOW.default : Math.floor(instantOfBody('start', times.start, now) / MINUTE_MS) * MINUTE_MS;
  const oldest = now - kept.minutesMs;
  if (end <= oldest) throw invalidBody([{ pointer: '#/end', detail: `is longer ago than minutes are kept; take a time after ${iso(Math.ceil(oldest))}` }]);
  const wrong =
    end - start < INSIGHT_WINDOW.least
      ? `must be a minute or more before the end; windows are closed up to ${iso(end)}`
      : end - start > INSIGHT_WINDOW.most
        ? `the window is longer than ${INSIGHT_WINDOW.most / HOUR_MS} hours, whole minutes counted`
        : start < oldest
          ? 'is longer ago than minutes are kept'
          : null;
  if (wrong !== null) throw invalidBody([{ pointer: '#/start', detail: wrong }]);
  return { start: iso(start), end: iso(end) };
}
