import type { Role } from '@headwater/sketch';
import type { Query } from '../query/parameters.ts';
import { parseStatus, type StatusFilter } from '../query/status.ts';

export interface PatternKeys {
  role: Role;
  method: string;
  route: string;
  status: number;
}

/** Which patterns a query means. */
export interface Selection {
  role: Role;
  method: string | null;
  route: string | null;
  status: StatusFilter | null;
}

export function selectionOf(query: Query): Selection {
  return {
    role: (query.role ?? 'server') as Role,
    method: query.method ?? null,
    route: query.route ?? null,
    status: query.status === undefined ? null : parseStatus(query.status),
  };
}

export function selects(s: Selection, p: PatternKeys): boolean {
  return p.role === s.role && (s.method === null || p.method === s.method) && (s.route === null || p.route === s.route) && (s.status === null || s.status(p.status));
}

export const GROUP_KEYS = ['service', 'role', 'method', 'route', 'status'] as const;
export type GroupKey = (typeof GROUP_KEYS)[number];
export type GroupRow = Partial<{ service: string; role: Role; method: string; route: string; status: number }>;

/** Collects values by the keys a query groups by. */
export class Groups<V> {
  readonly #keys: readonly GroupKey[];
  readonly #make: () => V;
  readonly #byKey = new Map<string, { key: string; keys: GroupRow; value: V }>();

  constructor(keys: readonly GroupKey[], make: () => V) {
    this.#keys = keys;
    this.#make = make;
  }

  of(service: string, p: PatternKeys): V {
    let key = '';
    for (const k of this.#keys) key += `${k === 'service' ? service : p[k]}\u0000`;
    let found = this.#byKey.get(key);
    if (found === undefined) {
      const keys: Record<string, unknown> = {};
      for (const k of this.#keys) keys[k] = k === 'service' ? service : p[k];
      found = { key, keys: keys as GroupRow, value: this.#make() };
      this.#byKey.set(key, found);
    }
    return found.value;
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key)?.value;
  }

  all(): Iterable<{ key: string; keys: GroupRow; value: V }> {
    return this.#byKey.values();
  }
}
