/** Longer waits are not obeyed: a value may be absurd. */
export const LONGEST_WAIT_MS = 60_000;

/** The more precise first; LiteLLM moves its provider's aside. */
const FIELDS: readonly [name: string, unitMs: number][] = [
  ['retry-after-ms', 1],
  ['x-ms-retry-after-ms', 1],
  ['retry-after', 1_000],
  ['llm_provider-retry-after-ms', 1],
  ['llm_provider-retry-after', 1_000],
];

/** RFC 9110, 5.6.7: IMF-fixdate and its two older forms; Date.parse alone takes nearly anything. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d{2}:\d{2}:\d{2}( GMT| \d{4})$/;

/** How long the gateway asked to wait, ms, 0 to 60 s; null: it did not, or not in a way that means anything. */
export function retryAfterMs(headers: ReadonlyMap<string, string>, nowMs: number): number | null {
  for (const [name, unitMs] of FIELDS) {
    const waitMs = waitOf(headers.get(name)?.trim(), unitMs, nowMs);
    if (waitMs !== null) return waitMs;
  }
  return null;
}

function waitOf(text: string | undefined, unitMs: number, nowMs: number): number | null {
  if (text === undefined) return null;
  const waitMs = /^\d+(\.\d+)?$/.test(text)
    ? Number(text) * unitMs
    : HTTP_DATE.test(text) && unitMs === 1_000
      ? Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - nowMs
      : Number.NaN;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS);
}
