import { OTHER } from '@headwater/sketch';

/** Labels under which a row is counted: its own while there is room, else an overflow's. */
export interface Slots {
  place(labels: readonly string[]): readonly string[];
  overflow(labels: readonly string[]): readonly string[];
}

const STATUSES_IN_OTHER = 64;
const SEPARATOR = '\0';

export const keyOf = (labels: readonly string[]): string => labels.join(SEPARATOR);

/**
 * The first `max` patterns of a service have series of their own, for ever: a pattern that moved to or from `{other}` would take its
 * count along and a counter must not fall. The rest is in `{other}` by role and status, so sums are exact.
 * @param before rows that have their place already
 */
export function patternSlots(max: number, before: Iterable<readonly string[]>): Slots {
  const own = new Set<string>();
  const statuses = new Set<string>();
  const note = ([role, method, route, status]: readonly string[]) => {
    if (method !== OTHER || route !== OTHER) own.add(keyOf([role!, method!, route!, status!]));
    else if (status !== OTHER) statuses.add(keyOf([role!, status!]));
  };
  for (const labels of before) note(labels);
  const overflow = ([role, , , status, ...error]: readonly string[]): string[] => {
    const known = keyOf([role!, status!]);
    if (statuses.size < STATUSES_IN_OTHER) statuses.add(known);
    return [role!, OTHER, OTHER, statuses.has(known) ? status! : OTHER, ...error];
  };
  return {
    overflow,
    place(labels) {
      const [role, method, route, status] = labels;
      if (method === OTHER && route === OTHER) return overflow(labels);
      const key = keyOf([role!, method!, route!, status!]);
      if (!own.has(key)) {
        if (own.size >= max) return overflow(labels);
        own.add(key);
      }
      return labels;
    },
  };
}

/** As many rows of hosts as given; then hosts are `{other}`. */
export function hostSlots(max: number, before: Iterable<readonly string[]>): Slots {
  const own = new Set<string>();
  for (const [host] of before) own.add(host!);
  const overflow = ([, ...rest]: readonly string[]) => [OTHER, ...rest];
  return {
    overflow,
    place(labels) {
      if (!own.has(labels[0]!)) {
        if (own.size >= max) return overflow(labels);
        own.add(labels[0]!);
      }
      return labels;
    },
  };
}
