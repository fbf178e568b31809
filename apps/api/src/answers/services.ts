import { DdSketch, type Role, type ServiceWindow } from '@headwater/sketch';
import type { Ranked } from '../query/cursor.ts';
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

  add(service: string, window: ServiceWindow): void {
    for (const p of window.patterns()) {
      if (p.role !== this.#role) continue;
      let s = this.#byService.get(service);
      if (s === undefined) this.#byService.set(service, (s = { exchanges: 0, client: 0, server: 0, ttfb: new DdSketch() }));
      s.exchanges += p.exchanges;
      if (p.status >= 500) s.server += p.exchanges;
      else if (p.status >= 400) s.client += p.exchanges;
      s.ttfb.merge(p.ttfb);
    }
  }

  rows(): Ranked<ServiceRow>[] {
    return Array.from(this.#byService, ([service, s]) => ({
      rank: s.exchanges,
      key: service,
      row: { service, role: this.#role, exchanges: s.exchanges, client_errors: s.client, server_errors: s.server, ttfb_ms: quantiles3(s.ttfb) },
    }));
  }
}
