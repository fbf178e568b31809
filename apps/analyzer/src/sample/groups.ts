import type { GroupName } from './kept.ts';
import { SampleGroup } from './group.ts';

/** Groups of one service; of these, so many may be of good status, so that a crawl through routes leaves room for failures. */
const A_SERVICE = 500;
const GOOD_A_SERVICE = 300;
const IN_ALL = 20_000;
/** As long as the store holds them: what counts against the limits is what is held there. */
const HELD_MS = 24 * 3_600_000;
/** Samples of a group that is quiet for so long are in the store only. */
const QUIET_MS = 10 * 60_000;

/** All groups of one process, bounded in number. */
export class SampleGroups {
  private readonly groups = new Map<string, SampleGroup>();
  private readonly perService = new Map<string, { all: number; good: number }>();
  /** as characters of JSON */
  bytes = 0;

  get size(): number {
    return this.groups.size;
  }

  /** null: there is no room for another group. */
  of(name: GroupName): SampleGroup | null {
    const id = `${name.service}\0${name.role}\0${name.method}\0${name.route}\0${name.status}`;
    const known = this.groups.get(id);
    if (known) return known;
    const count = this.perService.get(name.service) ?? { all: 0, good: 0 };
    const good = isGood(name);
    if (this.groups.size >= IN_ALL || count.all >= A_SERVICE || (good && count.good >= GOOD_A_SERVICE)) return null;
    count.all++;
    if (good) count.good++;
    this.perService.set(name.service, count);
    const group = new SampleGroup(name);
    this.groups.set(id, group);
    return group;
  }

  values(): IterableIterator<SampleGroup> {
    return this.groups.values();
  }

  /** Drops what the store holds alone from now on. */
  forget(nowMs: number): void {
    for (const [id, group] of this.groups) {
      const quiet = nowMs - group.lastTakenMs;
      // Of a stream that is still open the end is to come.
      if (group.dirty || quiet < (group.hasOpen ? HELD_MS : QUIET_MS)) continue;
      this.bytes -= group.bytes;
      group.forgetSamples();
      if (quiet < HELD_MS) continue;
      this.groups.delete(id);
      const count = this.perService.get(group.name.service)!;
      count.all--;
      if (isGood(group.name)) count.good--;
      if (count.all === 0) this.perService.delete(group.name.service);
    }
  }
}

/** A group of status 0 holds exchanges that had no response. */
function isGood({ status }: GroupName): boolean {
  return status > 0 && status < 400;
}
