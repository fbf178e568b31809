const BUCKETS_AN_OCTAVE = 4;
const BUCKETS = 48 * BUCKETS_AN_OCTAVE;
/** Before so many exchanges a 99th percentile says little. */
const ENOUGH = 100;
const HALVE_AT = 8_192;
const LOOK_AGAIN_AFTER = 64;

/**
 * The 99th percentile of a group's durations so far, within 19 % (quarter octaves), in 384 bytes. Old exchanges
 * fade: all counts are halved now and then.
 */
export class SlowLine {
  private readonly counts = new Uint16Array(BUCKETS);
  private seen = 0;
  private stale = 0;
  private line = BUCKETS;

  /** Counts a duration, ns, for as many exchanges as it stands for. Answers whether it lies above the line as it was before. */
  over(ns: number, weight = 1): boolean {
    // Bounded: no counter may run over before all are halved.
    const n = Math.min(weight, HALVE_AT);
    const bucket = ns < 1 ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log2(ns) * BUCKETS_AN_OCTAVE));
    const over = bucket > this.line;
    this.counts[bucket]! += n;
    this.seen += n;
    if (this.seen >= HALVE_AT) this.halve();
    if (++this.stale >= LOOK_AGAIN_AFTER || (this.seen >= ENOUGH && this.line === BUCKETS)) this.draw();
    return over;
  }

  private draw(): void {
    this.stale = 0;
    if (this.seen < ENOUGH) return;
    const above = this.seen * 0.01;
    let bucket = BUCKETS - 1;
    for (let n = this.counts[bucket]!; n <= above && bucket > 0; n += this.counts[bucket]!) bucket--;
    this.line = bucket;
  }

  private halve(): void {
    this.seen = 0;
    for (let i = 0; i < BUCKETS; i++) this.seen += this.counts[i]! >>= 1;
  }
}
