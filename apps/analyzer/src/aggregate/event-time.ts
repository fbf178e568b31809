/**
 * Milliseconds since the Unix epoch from 64-bit nanoseconds in two words, exactly: a double cannot hold
 * today's nanoseconds, and a rounded one would put an exchange into the wrong window now and then. The high word
 * changes every 4.3 s, so its part is computed once in many rows.
 */
export class EventTime {
  private high = -1;
  private baseMs = 0;
  private restNs = 0;

  ms(low: number, high: number): number {
    if (high !== this.high) {
      const ns = high * 0x1_0000_0000;
      this.restNs = ns % 1e6;
      this.baseMs = (ns - this.restNs) / 1e6;
      this.high = high;
    }
    return this.baseMs + Math.floor((this.restNs + low) / 1e6);
  }
}

/** A signed 64-bit count in two words as a number; -1 (unknown) for every negative one. */
export function known64(low: number, high: number): number {
  return high >= 0x8000_0000 ? -1 : high * 0x1_0000_0000 + low;
}
