/** Random numbers that are the same for the same seed. */
export class Random {
  private state: number;

  constructor(...seed: (number | string)[]) {
    // FNV-1a over the parts, then splitmix below.
    let h = 0x811c9dc5;
    for (const c of seed.join('\0')) h = Math.imul(h ^ c.codePointAt(0)!, 0x01000193);
    this.state = h >>> 0;
  }

  /** [0, 1) */
  unit(): number {
    let z = (this.state = (this.state + 0x9e3779b9) >>> 0);
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** Both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.unit() * from.length)]!;
  }

  poisson(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    let n = 0;
    for (let p = this.unit(), least = Math.exp(-mean); p > least; n++) p *= this.unit();
    return n;
  }

  private normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit());
  }

  /** How many of n happen at p each. */
  of(n: number, p: number): number {
    return Math.min(n, this.poisson(n * p));
  }
}
