import { DdSketch, type Role } from '@headwater/sketch';
import type { Ranked } from '../query/cursor.ts';
import type { TimeRange } from '../query/time.ts';
import type { FullDigest, RoleTotals, ServiceDigest } from '../windows/digest.ts';
import { expectedRate, type ExpectedRate } from './changes.ts';
import { SlotCounts, type History } from './history.ts';
import { quantileMs, quantiles3, type Quantiles3 } from './quantiles.ts';
import { burnRate, failureRatio, trendOf } from './ratios.ts';
import { round } from './round.ts';
import { Steps, StepValues } from './series.ts';

export interface ServiceSeries {
  t: string[];
  exchanges: number[];
  client_errors: number[];
  server_errors: number[];
  transport_errors: number[];
  ttfb_p50_ms: (number | null)[];
  ttfb_p99_ms: (number | null)[];
}

export interface ServiceRow {
  service: string;
  role: Role;
  exchanges: number;
  rate_per_s: number;
  client_errors: number;
  server_errors: number;
  transport_errors: number;
  /** server and transport errors over exchanges */
  error_ratio: number;
  /** of the last 5 minutes of the range; null when nothing happened then */
  burn_rate: number | null;
  trend: number | null;
  trend_day: number | null;
  ttfb_ms: Quantiles3;
  /** what was usual; null: too little is known */
  expected?: ExpectedRate | null;
  deviation?: number | null;
  series?: ServiceSeries;
}

export type ServiceSort = 'exchanges' | 'burn_rate' | 'error_ratio' | 'ttfb_p99' | 'deviation';

const BURN_MS = 300_000;

/** Start of the part of a range whose errors make the burn rate. */
export function burnStart({ start, end }: Pick<TimeRange, 'start' | 'end'>): number {
  return Math.max(start, end - BURN_MS);
}

interface Sums {
  exchanges: number;
  client: number;
  server: number;
  transport: number;
}

interface Accumulated extends Sums {
  before: number;
  day: number;
  history: SlotCounts | null;
  burn: Sums;
  ttfb: DdSketch;
  points: Sums[];
  quantiles: StepValues<DdSketch, [number | null, number | null]> | null;
}

const zero = (): Sums => ({ exchanges: 0, client: 0, server: 0, transport: 0 });

function addTo(sums: Sums, t: RoleTotals): void {
  sums.exchanges += t.exchanges;
  sums.client += t.clientErrors;
  sums.server += t.serverErrors;
  sums.transport += t.transportErrors;
}

/** Services of one role over a range; with `series` also over its steps. */
export class ServiceFold {
  readonly #role: Role;
  readonly #range: TimeRange;
  readonly #burnFrom: number;
  readonly #steps: Steps | null;
  readonly #byService = new Map<string, Accumulated>();

  constructor(role: Role, range: TimeRange, series: boolean) {
    this.#role = role;
    this.#range = range;
    this.#burnFrom = burnStart(range);
    this.#steps = series ? new Steps(range) : null;
  }

  #of(service: string): Accumulated {
    let s = this.#byService.get(service);
    if (s !== undefined) return s;
    const steps = this.#steps;
    s = {
      ...zero(),
      before: 0,
      day: 0,
      history: null,
      burn: zero(),
      ttfb: new DdSketch(),
      points: steps === null ? [] : Array.from({ length: steps.count }, zero),
      quantiles:
        steps === null
          ? null
          : new StepValues(
              steps,
              () => new DdSketch(),
              (d) => [quantileMs(d, 0.5), quantileMs(d, 0.99)],
            ),
    };
    this.#byService.set(service, s);
    return s;
  }

  add(start: number, service: string, { totals }: FullDigest): void {
    const t = totals.get(this.#role);
    if (t === undefined) return;
    const s = this.#of(service);
    addTo(s, t);
    s.ttfb.merge(t.ttfb);
    if (start >= this.#burnFrom) addTo(s.burn, t);
    const i = this.#steps?.indexOf(start) ?? -1;
    if (i < 0) return;
    addTo(s.points[i] as Sums, t);
    s.quantiles?.at(i).merge(t.ttfb);
  }

  /** The windows of a range to compare with. */
  addEarlier(which: 'before' | 'day', service: string, { exchanges }: ServiceDigest): void {
    const n = exchanges[this.#role];
    if (n > 0) this.#of(service)[which] += n;
  }

  /** The windows of a slot of the day before. */
  addHistory(slot: number, service: string, { exchanges }: ServiceDigest): void {
    const n = exchanges[this.#role];
    if (n > 0) (this.#of(service).history ??= new SlotCounts()).add(slot, n, 0);
  }

  /** Everything that starts before this instant has been added. */
  passed(ms: number): void {
    const before = this.#steps?.endedBefore(ms) ?? 0;
    if (before > 0) for (const s of this.#byService.values()) s.quantiles?.settle(before);
  }

  /**
   * @param earlierMs lengths of the ranges to compare with
   * @param history what was usual, where that was asked for
   */
  rows(slo: number, sort: ServiceSort, earlierMs: { before: number; day: number }, history: History | null): Ranked<ServiceRow>[] {
    const lengthMs = this.#range.end - this.#range.start;
    const t = this.#steps?.times() ?? [];
    const rows: Ranked<ServiceRow>[] = [];
    for (const [service, s] of this.#byService) {
      if (s.exchanges === 0) continue;
      const row: ServiceRow = {
        service,
        role: this.#role,
        exchanges: s.exchanges,
        rate_per_s: round((s.exchanges * 1_000) / lengthMs, 6),
        client_errors: s.client,
        server_errors: s.server,
        transport_errors: s.transport,
        error_ratio: failureRatio(s.server + s.transport, s.exchanges) ?? 0,
        burn_rate: burnRate(s.burn.server + s.burn.transport, s.burn.exchanges, slo),
        trend: trendOf(s.exchanges, lengthMs, s.before, earlierMs.before),
        trend_day: trendOf(s.exchanges, lengthMs, s.day, earlierMs.day),
        ttfb_ms: quantiles3(s.ttfb),
      };
      if (history !== null) Object.assign(row, expectedRate(history, s.exchanges, s.history, history.firstOf(service)));
      if (s.quantiles !== null) row.series = seriesOf(t, s.points, s.quantiles.values);
      rows.push({ rank: rankOf(row, sort), key: service, row });
    }
    return rows;
  }
}

/** Rows without the figure come last. */
function rankOf(row: ServiceRow, sort: ServiceSort): number {
  if (sort === 'deviation') return row.deviation === null || row.deviation === undefined ? -1 : Math.abs(row.deviation);
  return (sort === 'ttfb_p99' ? row.ttfb_ms.p99 : row[sort]) ?? -1;
}

function seriesOf(t: string[], points: readonly Sums[], quantiles: readonly ([number | null, number | null] | null)[]): ServiceSeries {
  return {
    t,
    exchanges: points.map((p) => p.exchanges),
    client_errors: points.map((p) => p.client),
    server_errors: points.map((p) => p.server),
    transport_errors: points.map((p) => p.transport),
    ttfb_p50_ms: quantiles.map((q) => q?.[0] ?? null),
    ttfb_p99_ms: quantiles.map((q) => q?.[1] ?? null),
  };
}
