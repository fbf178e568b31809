import type { EventColumns, EventJson } from '@headwater/header-event';
import type { SampleGroup } from './group.ts';
import type { Sample } from './kept.ts';

interface Open {
  group: SampleGroup;
  sample: Sample;
}

/** What an end knows better than its beginning. */
const OF_END = [
  'headwater.total_ns',
  'http.request.size',
  'http.request.body.size',
  'http.response.size',
  'http.response.body.size',
  'error.type',
  'rpc.grpc.status_code',
  'headwater.flags',
];

/** Samples of long exchanges whose end has not come, by host, connection and ordinal. */
export class OpenSamples {
  private readonly byId = new Map<string, Open>();

  add(columns: EventColumns, row: number, group: SampleGroup, sample: Sample): void {
    sample.open = true;
    this.byId.set(idOf(columns, row, sample.host), { group, sample });
  }

  /** The sample that this end belongs to, while its group holds it. */
  take(columns: EventColumns, row: number, host: string): Open | null {
    if (this.byId.size === 0) return null;
    const id = idOf(columns, row, host);
    const open = this.byId.get(id);
    this.byId.delete(id);
    return open?.group.samples.includes(open.sample) ? open : null;
  }

  /** Drops those that others took the place of. */
  forget(): void {
    for (const [id, { group, sample }] of this.byId) if (!group.samples.includes(sample)) this.byId.delete(id);
  }
}

function idOf({ columns }: EventColumns, row: number, host: string): string {
  const connection = columns['headwater.connection']!;
  return `${connection[2 * row]} ${connection[2 * row + 1]} ${columns['headwater.ordinal']![row]} ${host}`;
}

/** A beginning and its end as one whole exchange. */
export function joined(begin: string, end: EventJson): string {
  const whole = JSON.parse(begin) as EventJson;
  const flags = [whole['headwater.flags'], end['headwater.flags']].flatMap((f) => (Array.isArray(f) ? (f as string[]) : []));
  for (const name of OF_END) if (end[name] !== undefined) whole[name] = end[name];
  whole['headwater.phase'] = 'complete';
  whole['headwater.flags'] = [...new Set(flags)];
  return JSON.stringify(whole);
}
