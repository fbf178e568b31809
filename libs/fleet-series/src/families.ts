import { type Role } from '@headwater/sketch';
import type { Cumulative } from './cumulative.ts';
import { BUCKETS, COUNT, SUM_US } from './histogram.ts';
import { HOST_COUNTS } from './hosts-rows.ts';
import { DURATION_BOUNDS_S, type Row } from './port.ts';
import { EXCHANGES, REQUEST_BYTES, RESPONSE_BYTES, SIZED_REQUESTS, SIZED_RESPONSES, TOTAL, TTFB, patternOf } from './service-rows.ts';

/** Attributes by OpenTelemetry's names, in order. */
export type Attributes = [name: string, value: string | number][];

export type Sample =
  | { kind: 'counter' | 'gauge'; attributes: Attributes; value: number }
  /** `counts`: one for each of DURATION_BOUNDS_S and one above, not cumulative; without them only count and sum are known */
  | { kind: 'distribution'; attributes: Attributes; count: number; sum: number; counts: number[] | null };

export interface Family {
  /** as OpenTelemetry would call it, with dots; the name in the text is made of it, the unit and the type */
  name: string;
  unit: 's' | 'By' | '';
  help: string;
  kind: 'counter' | 'gauge' | 'histogram' | 'summary';
}

const US_PER_S = 1e6;

const ROLE_FAMILIES = (role: Role) =>
  ({
    duration: {
      name: `http.${role}.request.duration`,
      unit: 's',
      kind: 'histogram',
      help: `First request byte to last response byte of exchanges as ${role}, where its end is known.`,
    },
    ttfb: { name: `headwater.http.${role}.ttfb`, unit: 's', kind: 'histogram', help: `Last request byte to first response byte of exchanges as ${role}, where it is known.` },
    exchanges: { name: `headwater.http.${role}.exchanges`, unit: '', kind: 'counter', help: `Exchanges as ${role}, begun in closed minutes.` },
    failures: { name: `headwater.http.${role}.failures`, unit: '', kind: 'counter', help: `Exchanges as ${role} without a whole response, by why.` },
    requestSize: { name: `headwater.http.${role}.request.size`, unit: 'By', kind: 'summary', help: `Whole requests on the wire, head and body, as ${role}.` },
    responseSize: { name: `headwater.http.${role}.response.size`, unit: 'By', kind: 'summary', help: `Whole responses on the wire, head and body, as ${role}.` },
  }) satisfies Record<string, Family>;

export const SERVICE_FAMILIES: Record<Role, Record<keyof ReturnType<typeof ROLE_FAMILIES>, Family>> = { server: ROLE_FAMILIES('server'), client: ROLE_FAMILIES('client') };

export const LATE_FAMILY: Family = {
  name: 'headwater.series.late_exchanges',
  unit: '',
  kind: 'counter',
  help: 'Exchanges that came more than ten minutes after their minute: in the summaries, in no other series here.',
};

export const HOST_FAMILIES = {
  started: { name: 'headwater.capture.started', unit: '', kind: 'counter', help: 'Message starts seen in scope: emitted, filtered, lost or in flight.' },
  messages: { name: 'headwater.capture.messages', unit: '', kind: 'counter', help: 'Messages counted out, by what became of them.' },
  exchanges: { name: 'headwater.capture.exchanges', unit: '', kind: 'counter', help: 'Exchanges that arrived from the host, after weights.' },
  batches: {
    name: 'headwater.capture.batches',
    unit: '',
    kind: 'counter',
    help: 'Batches of the host, by what became of them; lost: sequence_gap less sequence_gap_filled, and retention (records).',
  },
  read: { name: 'headwater.capture.coverage_read', unit: '', kind: 'counter', help: 'Exchanges read; by coverage_known it is the coverage.' },
  known: { name: 'headwater.capture.coverage_known', unit: '', kind: 'counter', help: 'Exchanges read, and those known to be unread.' },
  unread: { name: 'headwater.capture.unread', unit: '', kind: 'counter', help: 'Chunks in scope that could not be read, by why.' },
} satisfies Record<string, Family>;

export const ALERTS_FAMILY: Family = { name: 'headwater.alerts.open', unit: '', kind: 'gauge', help: 'Alerts that are open, by severity.' };

export const UNREADABLE_FAMILY: Family = {
  name: 'headwater.series.unreadable',
  unit: '',
  kind: 'gauge',
  help: 'Stored series that are left out here: damaged, or of a newer version.',
};

/** Prometheus' name: dots are underscores, then the unit; counters get `_total` at their samples. */
export function textName({ name, unit }: Pick<Family, 'name' | 'unit'>): string {
  return name.replaceAll('.', '_') + (unit === 's' ? '_seconds' : unit === 'By' ? '_bytes' : '');
}

/**
 * The series' labels. `error.type` of an exchange that ended in a status is that status where it is an error to its side (semantic
 * conventions: 5xx to a server, 4xx too to a client), `_OTHER` where there was none; the time of one kind of failure is not known.
 */
function attributesOf(row: Row): Attributes {
  const { role, method, route, status, errorType } = patternOf(row);
  const attributes: Attributes = [
    ['http.request.method', method],
    ['http.route', route],
  ];
  if (status !== null && status !== 0) attributes.push(['http.response.status_code', status]);
  const failed = status !== null && status >= (role === 'server' ? 500 : 400) ? String(status) : status === 0 ? '_OTHER' : null;
  const error = errorType ?? failed;
  if (error !== null) attributes.push(['error.type', error]);
  return attributes;
}

function distribution(attributes: Attributes, values: readonly number[], at: number): Sample {
  const counts = [...DURATION_BOUNDS_S, Infinity].map((_, i) => values[at + BUCKETS + i] ?? 0);
  return { kind: 'distribution', attributes, count: values[at + COUNT] ?? 0, sum: (values[at + SUM_US] ?? 0) / US_PER_S, counts };
}

const sized = (attributes: Attributes, count = 0, sum = 0): Sample => ({ kind: 'distribution', attributes, count, sum, counts: null });

/** A service's samples of one family, without `service.name`. */
export function* serviceSamples(series: Cumulative, role: Role, family: keyof (typeof SERVICE_FAMILIES)['server']): Generator<Sample> {
  for (const row of series.total.values()) {
    const ofFailure = row.labels.length === 5;
    if (row.labels[0] !== role || ofFailure !== (family === 'failures')) continue;
    const attributes = attributesOf(row);
    const v = row.values;
    if (family === 'failures' || family === 'exchanges') yield { kind: 'counter', attributes, value: v[EXCHANGES] ?? 0 };
    else if (family === 'duration') yield distribution(attributes, v, TOTAL);
    else if (family === 'ttfb') yield distribution(attributes, v, TTFB);
    else if (family === 'requestSize') yield sized(attributes, v[SIZED_REQUESTS], v[REQUEST_BYTES]);
    else yield sized(attributes, v[SIZED_RESPONSES], v[RESPONSE_BYTES]);
  }
}

/** Late exchanges of a service, without `service.name`. */
export function* lateSamples(series: Cumulative): Generator<Sample> {
  for (const [i, role] of (['server', 'client'] as const).entries()) yield { kind: 'counter', attributes: [['headwater.role', role]], value: series.late[i] ?? 0 };
}

/** The hosts' samples of one family. */
export function* hostSamples(series: Cumulative, family: keyof typeof HOST_FAMILIES): Generator<Sample> {
  for (const { labels, values } of series.total.values()) {
    const more = attributesOfHost(labels, family);
    if (more) yield { kind: 'counter', attributes: [['host.name', labels[0]!], ...more], value: values[0] ?? 0 };
  }
}

function attributesOfHost([, what, first, second]: readonly string[], family: keyof typeof HOST_FAMILIES): Attributes | null {
  const C = HOST_COUNTS;
  const outcome = (name: string, reason?: string, message?: string): Attributes => [
    ...(message === undefined ? [] : ([['message', message]] as Attributes)),
    ['outcome', name],
    ...(reason === undefined ? [] : ([['reason', reason]] as Attributes)),
  ];
  switch (family) {
    case 'started':
      return what === C.started ? [['message', first!]] : null;
    case 'messages':
      return what === C.emitted ? outcome(what, undefined, first!) : what === C.filtered || what === C.lost ? outcome(what, second!, first!) : null;
    case 'batches':
      return what === C.batches ? outcome('folded') : what === C.repeatedBatches ? outcome('repeated') : what === C.lostBatches ? outcome('lost', first!) : null;
    case 'exchanges':
      return what === C.exchanges ? [] : null;
    case 'read':
      return what === C.coverageRead ? [] : null;
    case 'known':
      return what === C.coverageKnown ? [] : null;
    case 'unread':
      return what === C.unread ? [['reason', first!]] : null;
  }
}
