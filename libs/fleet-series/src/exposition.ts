import type { Cumulative } from './cumulative.ts';
import { ALERTS_FAMILY, UNREADABLE_FAMILY, HOST_FAMILIES, LATE_FAMILY, SERVICE_FAMILIES, hostSamples, lateSamples, serviceSamples, type Family, type Sample } from './families.ts';
import { END, header, sampleText, type Format } from './text.ts';
import { ROLES } from '@headwater/sketch';

export interface Exposed {
  /** service -> its series */
  services: ReadonlyMap<string, Cumulative>;
  /** null: not for this reader */
  hosts: Cumulative | null;
  /** severity -> open alerts; null: not known */
  alerts: ReadonlyMap<string, number> | null;
  /** stored series that are left out, because they are damaged or of a newer version */
  unreadable: number;
}

/** A scrape's answer in pieces, family by family as both formats want it, so that only one service's lines are in memory at a time. */
export function* exposition({ services, hosts, alerts, unreadable }: Exposed, format: Format): Generator<string> {
  const names = [...services.keys()].sort();
  for (const role of ROLES) {
    for (const key of Object.keys(SERVICE_FAMILIES[role]) as (keyof (typeof SERVICE_FAMILIES)['server'])[]) {
      yield* ofServices(SERVICE_FAMILIES[role][key], names, (name) => serviceSamples(services.get(name)!, role, key), format);
    }
  }
  yield* ofServices(LATE_FAMILY, names, (name) => lateSamples(services.get(name)!), format);
  if (hosts) for (const key of Object.keys(HOST_FAMILIES) as (keyof typeof HOST_FAMILIES)[]) yield* family(HOST_FAMILIES[key], hostSamples(hosts, key), format);
  if (alerts)
    yield* family(
      ALERTS_FAMILY,
      [...alerts].map(([severity, value]): Sample => ({ kind: 'gauge', attributes: [['severity', severity]], value })),
      format,
    );
  yield* family(UNREADABLE_FAMILY, [{ kind: 'gauge', attributes: [], value: unreadable }], format);
  yield END[format];
}

function* ofServices(of: Family, names: readonly string[], samples: (name: string) => Iterable<Sample>, format: Format): Generator<string> {
  let begun = false;
  for (const name of names) {
    let lines = '';
    for (const sample of samples(name)) {
      lines += sampleText(of, sample, format, [['service.name', name]]);
      if (lines.length < PIECE) continue;
      yield begun ? lines : header(of, format) + lines;
      begun = true;
      lines = '';
    }
    if (lines === '') continue;
    yield begun ? lines : header(of, format) + lines;
    begun = true;
  }
}

const PIECE = 64 << 10;

function* family(of: Family, samples: Iterable<Sample>, format: Format): Generator<string> {
  let lines = '';
  for (const sample of samples) lines += sampleText(of, sample, format);
  if (lines !== '') yield header(of, format) + lines;
}
