/** Where keys are built: the base of each unit (what lies below it is in lua-1.ts) and the two keys beside the units. */
import type { UnitId } from '../port.ts';

/** Raised with every change of keys or frames; data of a newer version is refused. */
export const SCHEMA_VERSION = 2;

export class Keys {
  readonly #prefix: string;

  constructor(prefix: string) {
    if (/[{}\s]/.test(prefix)) throw new RangeError(`prefix: "${prefix}" must not contain braces or blanks; they decide where Redis Cluster keeps a key`);
    this.#prefix = `${prefix}:sum`;
  }
  /** The hash tag keeps everything of a unit on one node. */
  unit({ topic, partition }: UnitId): string {
    return `${this.#prefix}:{${topic}:${partition}}`;
  }
  /** Set of the topic's partitions that were ever claimed. */
  units(topic: string): string {
    return `${this.#prefix}:units:{${topic}}`;
  }
  get schema(): string {
    return `${this.#prefix}:schema`;
  }
}
