import type { StateEntry, StateStore } from '@headwater/state-store';

/** How far a partition was read, under `insight-place/<group>/<topic>/<partition>`. */
export interface Place {
  schema: 1;
  /** of the bus: offsets of another one mean nothing */
  incarnation: string;
  /** the next record to read */
  next: number;
  /** records older than this are left out, ms since the Unix epoch: fixed when the group first came to this log */
  since: number;
}

export interface HeldPlace {
  place: Place;
  version: number | null;
}

export class Places {
  private readonly state: StateStore;
  private readonly prefix: string;

  constructor(state: StateStore, group: string, topic: string) {
    this.state = state;
    this.prefix = `insight-place/${group}/${topic}/`;
  }

  /** What is stored; null: nothing, or of another incarnation of the bus (`version` then says what it replaces). */
  async read(partition: number, incarnation: string): Promise<{ held: HeldPlace | null; version: number | null }> {
    const entry = await this.state.get(this.prefix + partition);
    const place = entry === null ? null : parse(entry);
    return { held: place?.incarnation === incarnation ? { place, version: entry!.version } : null, version: entry?.version ?? null };
  }

  /** Moves the place on, if it is still where this process left it. null: another one has moved it. */
  async move(partition: number, from: HeldPlace, place: Place): Promise<HeldPlace | null> {
    const key = this.prefix + partition;
    const value = JSON.stringify(place);
    if (!(await this.state.compareAndSet(key, from.version, value))) return null;
    const entry = await this.state.get(key);
    return entry?.value === value ? { place, version: entry.version } : null;
  }
}

function parse({ value }: StateEntry): Place | null {
  try {
    const place = JSON.parse(value) as Partial<Place> | null;
    const sound = place?.schema === 1 && typeof place.incarnation === 'string' && Number.isSafeInteger(place.next) && Number.isFinite(place.since);
    return sound ? (place as Place) : null;
  } catch {
    return null;
  }
}
