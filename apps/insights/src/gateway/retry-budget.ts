/** Of a hundred requests so many may be repeats, over time. */
const SHARE = 0.1;
/** Repeats that are there at the start, and at most: requests are few, and a bad hour must not eat those of the next. */
const RESERVE = 10;
const REFILL_MS = 60_000;

/** So that repeats cannot multiply the load on a gateway that is in trouble: each request earns a tenth of one, a minute earns one. */
export class RetryBudget {
  readonly #nowMs: () => number;
  #left = RESERVE;
  #atMs: number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#atMs = nowMs();
  }

  /** A request goes out that is no repeat. */
  earn(): void {
    this.#left = Math.min(RESERVE, this.#left + SHARE);
  }

  /** @returns false: no repeat now */
  spend(): boolean {
    const nowMs = this.#nowMs();
    this.#left = Math.min(RESERVE, this.#left + Math.max(0, nowMs - this.#atMs) / REFILL_MS);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
