import type { RowOf } from '../../api/client.ts';
import { formatCount } from '../../format/numbers.ts';

export type Header = RowOf<'/v1/headers'>;
export type Change = 'new' | 'gone' | null;

/** A line of the inventory: a header of one direction over all services asked for. */
export interface Item {
  key: string;
  name: string;
  direction: Header['direction'];
  exchanges: number;
  presence: number;
  /** presence minus presence in the range before; null when nothing was seen then */
  shift: number | null;
  change: Change;
  /** null where the values stay on the hosts, so none were counted */
  distinct: number | null;
  sampled: boolean;
  sensitive: boolean;
  bytes: number;
  /** bytes an exchange that carries it */
  weight: number | null;
  services: string[];
}

export const keyOf = (h: { direction: string; name: string }): string => `${h.direction} ${h.name}`;

/** `request user-agent`, as the URL has it. */
export function parseKey(text: string): { direction: 'request' | 'response'; name: string } | null {
  const match = /^(request|response) (\S.*)$/.exec(text);
  return match === null ? null : { direction: match[1] as 'request' | 'response', name: match[2]! };
}

/**
 * The inventory of a range: what is there, and what was there in the range before and is not any more. `byService` are
 * the same headers a service. Rows of the range before are only those that can be gone.
 */
export function inventory(now: readonly Header[], before: readonly Header[], byService: readonly Header[]): Item[] {
  const services = new Map<string, string[]>();
  for (const h of byService) {
    if (h.service === undefined) continue;
    const list = services.get(keyOf(h));
    if (list === undefined) services.set(keyOf(h), [h.service]);
    else list.push(h.service);
  }
  const items = now.map((h): Item => item(h, services));
  const known = new Set(items.map((i) => i.key));
  // Without anything in this range a header is not gone: nothing was asked.
  if (now.length === 0) return items;
  for (const h of before) {
    if (known.has(keyOf(h))) continue;
    items.push({ ...item(h, services), exchanges: 0, presence: 0, shift: -h.presence, change: 'gone', distinct: null, bytes: 0, weight: null });
  }
  return items;
}

function item(h: Header, services: ReadonlyMap<string, string[]>): Item {
  return {
    key: keyOf(h),
    name: h.name,
    direction: h.direction,
    exchanges: h.exchanges,
    presence: h.presence,
    shift: h.presence_before === null ? null : h.presence - h.presence_before,
    change: h.presence_before === 0 ? 'new' : null,
    distinct: h.distinct === 0 ? null : h.distinct,
    sampled: h.sampled,
    sensitive: h.sensitive,
    bytes: h.bytes,
    weight: h.exchanges === 0 ? null : h.bytes / h.exchanges,
    services: (services.get(keyOf(h)) ?? []).toSorted(),
  };
}

/** `12`, or `12+` where there are at least as many. */
export const distinctText = (i: Pick<Item, 'distinct' | 'sampled'>): string => (i.distinct === null ? '–' : `${formatCount(i.distinct)}${i.sampled ? '+' : ''}`);

/** How often a value occurs: the count is an upper bound, `error` is how much it may be too high. */
export function boundsText(exchanges: number, error: number): string {
  if (error === 0) return `${formatCount(exchanges)}`;
  return `at most ${formatCount(exchanges)}, at least ${formatCount(Math.max(0, exchanges - error))}`;
}

/** `+12 points`, `New`, `Gone`; `±0`; empty where nothing is known. */
export function changeText(i: Pick<Item, 'change' | 'shift'>): string {
  if (i.change === 'new') return 'New';
  if (i.change === 'gone') return 'Gone';
  if (i.shift === null) return '';
  const points = Math.round(i.shift * 100);
  if (points === 0) return '±0';
  return `${points > 0 ? '+' : '\u2212'}${Math.abs(points)}\u00a0${Math.abs(points) === 1 ? 'point' : 'points'}`;
}

/** The first second's answer. */
export function verdict(items: readonly Item[]): string {
  const there = items.filter((i) => i.change !== 'gone');
  const gone = items.length - there.length;
  const fresh = there.filter((i) => i.change === 'new').length;
  const sensitive = there.filter((i) => i.sensitive).length;
  const parts = [`${formatCount(there.length)} ${there.length === 1 ? 'header' : 'headers'}`];
  if (sensitive > 0) parts.push(`${formatCount(sensitive)} of them carrying credentials`);
  const changes = [fresh > 0 ? `${formatCount(fresh)} new` : '', gone > 0 ? `${formatCount(gone)} gone` : ''].filter(Boolean);
  return `${parts.join(', ')}${changes.length > 0 ? `; ${changes.join(' and ')} against the range before` : ''}.`;
}
