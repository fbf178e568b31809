import { DdSketch, type Role } from '@headwater/sketch';
import type { Ranked } from '../query/cursor.ts';
import type { RoleTotals } from '../windows/digest.ts';
import { quantiles3, type Quantiles3 } from './quantiles.ts';

export interface ServiceRow {
  service: string;
  role: Role;
  exchanges: number;
  client_errors: number;
  server_errors: number;
  ttfb_ms: Quantiles3;
}

export class ServiceFold {
  readonly #role: Role;
  readonly #byService = new Map<string, { exchanges: number; client: number; server: number; ttfb: DdSketch }>();

  constructor(role: Role) {
    this.#role = role;
  }

  add(service: string, totals: ReadonlyMap<Role, RoleTotals>): void {
    const t = totals.get(this.#role);
    if (t === undefined) return;
    let s = this.#byService.get(service);
    if (s === undefined) this.#byService.set(service, (s = { exchanges: 0, client: 0, server: 0, ttfb: new DdSketch() }));
    s.exchanges += t.exchanges;
    s.client += t.clientErrors;
    s.server += t.serverErrors;
    s.ttfb.merge(t.ttfb);
  }

  rows(): Ranked<ServiceRow>[] {
    return Array.from(this.#byService, ([service, s]) => ({
      rank: s.exchanges,
      key: service,
      row: { service, role: this.#role, exchanges: s.exchanges, client_errors: s.client, server_errors: s.server, ttfb_ms: quantiles3(s.ttfb) },
    }));
  }
}
