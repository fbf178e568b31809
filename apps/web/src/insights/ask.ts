import { instantText } from '../time/range.ts';

const MINUTE_MS = 60_000;
/** What the API takes at most and at least. */
const MOST_MS = 24 * 60 * MINUTE_MS;

export interface AskedWindow {
  start: string;
  end: string;
  /** the range is longer than can be asked about: only its last day is */
  cut: boolean;
}

/** By then the windows of a minute are closed, as the API has it. ms */
const CLOSED_AFTER_MS = 40_000;

/** The window of the page's range that can be asked about: whole minutes that are closed, a day at most. All in ms. */
export function windowOf({ start, end }: { start: number; end: number }, now: number): AskedWindow {
  const last = Math.min(Math.ceil(end / MINUTE_MS), Math.floor((now - CLOSED_AFTER_MS) / MINUTE_MS)) * MINUTE_MS;
  const first = Math.min(Math.floor(start / MINUTE_MS) * MINUTE_MS, last - MINUTE_MS);
  const from = Math.max(first, last - MOST_MS);
  return { start: instantText(from), end: instantText(last), cut: from > first };
}

/** What the button says while what was asked for is on its way. */
export const ASK_STATES: Readonly<Record<'queued' | 'running', string>> = { queued: 'Waits its turn…', running: 'Being made…' };
