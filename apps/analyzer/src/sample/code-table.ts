import type { SampleGroup } from './group.ts';

const SLOTS = 4_096;
const FULL = SLOTS / 2;

/** Groups of one batch by their dictionary codes, so that a group's strings are made once a batch. */
export class CodeTable {
  private generation = 0;
  private size = 0;
  private readonly stamp = new Int32Array(SLOTS);
  private readonly codes = new Int32Array(4 * SLOTS);
  private readonly groups = new Array<SampleGroup | null>(SLOTS).fill(null);

  clear(): void {
    this.generation++;
    this.size = 0;
  }

  get full(): boolean {
    return this.size >= FULL;
  }

  /** Slot of these codes; `isNew` tells whether `put` must follow. */
  find(service: number, method: number, route: number, statusAndRole: number): number {
    let h = Math.imul(method, 0x9e3779b1) ^ Math.imul(route, 0x85ebca6b) ^ Math.imul(statusAndRole, 0xc2b2ae35) ^ Math.imul(service, 0x27d4eb2f);
    h = (h ^ (h >>> 15)) & (SLOTS - 1);
    const { codes, stamp, generation } = this;
    while (stamp[h] === generation) {
      const at = 4 * h;
      if (codes[at] === route && codes[at + 1] === method && codes[at + 2] === statusAndRole && codes[at + 3] === service) return h;
      h = (h + 1) & (SLOTS - 1);
    }
    codes[4 * h] = route;
    codes[4 * h + 1] = method;
    codes[4 * h + 2] = statusAndRole;
    codes[4 * h + 3] = service;
    return h;
  }

  isNew(slot: number): boolean {
    return this.stamp[slot] !== this.generation;
  }

  group(slot: number): SampleGroup | null {
    return this.groups[slot]!;
  }

  put(slot: number, group: SampleGroup | null): void {
    this.stamp[slot] = this.generation;
    this.groups[slot] = group;
    this.size++;
  }
}
