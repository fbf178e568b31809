import { iso, type TimeRange } from '../query/time.ts';

/** Where the steps of a range begin, and which of them a window belongs to. */
export class Steps {
  readonly #range: TimeRange;
  readonly count: number;

  constructor(range: TimeRange) {
    this.#range = range;
    this.count = (range.end - range.start) / range.stepMs;
  }

  /** -1: outside */
  indexOf(start: number): number {
    const { start: from, end, stepMs } = this.#range;
    return start < from || start >= end ? -1 : Math.floor((start - from) / stepMs);
  }

  startOf(i: number): number {
    return this.#range.start + i * this.#range.stepMs;
  }

  /** How many steps end before this instant. */
  endedBefore(ms: number): number {
    return Math.max(0, Math.min(this.count, Math.floor((ms - this.#range.start) / this.#range.stepMs)));
  }

  times(): string[] {
    return Array.from({ length: this.count }, (_, i) => iso(this.startOf(i)));
  }
}

/**
 * One accumulator a step, which gives way to its figures as soon as the reading is past the step: distributions of all
 * steps and rows at once would be more than the answer is worth.
 */
export class StepValues<A, V> {
  readonly #open = new Map<number, A>();
  readonly #make: () => A;
  readonly #value: (from: A) => V;
  readonly values: (V | null)[];

  constructor(steps: Steps, make: () => A, value: (from: A) => V) {
    this.#make = make;
    this.#value = value;
    this.values = Array.from({ length: steps.count }, () => null);
  }

  at(i: number): A {
    let a = this.#open.get(i);
    if (a === undefined) this.#open.set(i, (a = this.#make()));
    return a;
  }

  /** Nothing more comes for the steps before this one. */
  settle(before: number): void {
    for (const [i, a] of this.#open) {
      if (i >= before) continue;
      this.values[i] = this.#value(a);
      this.#open.delete(i);
    }
  }
}
