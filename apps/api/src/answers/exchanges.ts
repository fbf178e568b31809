import type { EventJson } from '@headwater/header-event';
import type { StateEntry } from '@headwater/state-store';
import type { Ranked } from '../query/cursor.ts';
import type { TimeRange } from '../query/time.ts';
import { selects, type Selection } from './selection.ts';

export type Kept = 'failed' | 'slow' | 'good';

export interface ExchangeRow {
  /** why it was kept */
  kept: Kept;
  seen_at: string;
  /** of the agent that saw it; null: not known */
  host: string | null;
  exchange: EventJson;
}

/** The samples of one request pattern as the analyzer keeps them under `sample/<service>/<hash>`. */
export interface SampleGroup {
  schema: 1;
  service: string;
  role: 'server' | 'client';
  method: string;
  route: string;
  status: number;
  /** of the strongest sample */
  kept: Kept;
  /** newest first; `kept` and `host` of their own */
  samples: { seen_at: string; exchange: EventJson; kept?: Kept; host?: string }[];
}

export const SAMPLE_PREFIX = 'sample/';
const KEPT: readonly unknown[] = ['failed', 'slow', 'good'];

/** null: not samples of a version known here */
export function parseSamples({ value }: Pick<StateEntry, 'value'>): SampleGroup | null {
  try {
    const g = JSON.parse(value) as Partial<SampleGroup> | null;
    const sound = g !== null && g.schema === 1 && typeof g.service === 'string' && typeof g.status === 'number' && KEPT.includes(g.kept) && Array.isArray(g.samples);
    return sound ? (g as SampleGroup) : null;
  } catch {
    return null;
  }
}

export interface ExchangesWanted {
  range: Pick<TimeRange, 'start' | 'end'>;
  selection: Selection;
  /** null: all services */
  services: readonly string[] | null;
  host: string | null;
}

/** The samples of one group that were asked for. `rank` is when they were seen: newest first. */
export function exchangeRows(group: SampleGroup, key: string, wanted: ExchangesWanted): Ranked<ExchangeRow>[] {
  if (wanted.services !== null && !wanted.services.includes(group.service)) return [];
  if (!selects(wanted.selection, group)) return [];
  const rows: Ranked<ExchangeRow>[] = [];
  for (const [i, sample] of group.samples.entries()) {
    const seen = Date.parse(sample.seen_at);
    if (!(seen >= wanted.range.start && seen < wanted.range.end)) continue;
    if (wanted.host !== null && sample.host !== wanted.host) continue;
    rows.push({ rank: seen, key: `${key}/${i}`, row: { kept: sample.kept ?? group.kept, seen_at: sample.seen_at, host: sample.host ?? null, exchange: sample.exchange } });
  }
  return rows;
}
