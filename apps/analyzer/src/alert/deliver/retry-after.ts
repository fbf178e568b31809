const LONGEST_MS = 3_600_000;

/** RFC 9110, 10.2.3: seconds or a date, as ms from now, at most an hour; null: absent or unreadable. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | null {
  const text = value?.trim() ?? '';
  if (text === '') return null;
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), LONGEST_MS);
}
