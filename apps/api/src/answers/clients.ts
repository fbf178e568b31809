import type { ClientStats } from '@headwater/sketch';
import { OTHER } from '@headwater/sketch';
import type { Ranked } from '../query/cursor.ts';
import { failureRatio, ratio } from './ratios.ts';

export interface ClientRow {
  client: string;
  service: string;
  exchanges: number;
  client_errors: number;
  server_errors: number;
  transport_errors: number;
  /** the three kinds of error over exchanges */
  error_ratio: number;
  /** `404` -> exchanges; `4xx`: other codes of that class; `0`: no response */
  statuses: Record<string, number>;
  /** of the exchanges of the service's clients */
  share: number;
  /** exchanges that may be this client's too and stand under `{other}`: the figures are at least what they say */
  at_least: boolean;
}

export type ClientSort = 'exchanges' | 'failures';

/** 1 to 5 stand for the codes of a class that are not told apart. */
const labelOf = (status: number): string => (status >= 1 && status <= 5 ? `${status}xx` : String(status));
const classOf = (status: number): number => (status < 100 ? status : Math.min(5, Math.floor(status / 100)));

interface Sums {
  exchanges: number;
  broken: number;
  statuses: Map<number, number>;
}

/** Clients of services over a range. */
export class ClientFold {
  readonly #services = new Map<string, Map<string, Sums>>();
  readonly #client: string | null;

  /** @param client only this one; shares are of all clients all the same */
  constructor(client: string | null) {
    this.#client = client;
  }

  add(service: string, clients: readonly ClientStats[]): void {
    if (clients.length === 0) return;
    let of = this.#services.get(service);
    if (of === undefined) this.#services.set(service, (of = new Map()));
    for (const c of clients) {
      let sums = of.get(c.name);
      if (sums === undefined) of.set(c.name, (sums = { exchanges: 0, broken: 0, statuses: new Map() }));
      sums.exchanges += c.exchanges;
      sums.broken += c.errors;
      for (const [status, n] of c.statuses) sums.statuses.set(status, (sums.statuses.get(status) ?? 0) + n);
    }
  }

  rows(sort: ClientSort): Ranked<ClientRow>[] {
    const rows: Ranked<ClientRow>[] = [];
    for (const [service, clients] of this.#services) {
      let all = 0;
      for (const c of clients.values()) all += c.exchanges;
      const hidden = clients.get(OTHER)?.exchanges ?? 0;
      for (const [client, sums] of clients) {
        if (this.#client !== null && client !== this.#client) continue;
        const row = rowOf(service, client, sums, all, hidden);
        rows.push({ rank: sort === 'exchanges' ? row.exchanges : row.client_errors + row.server_errors + row.transport_errors, key: `${service}\u0000${client}`, row });
      }
    }
    return rows;
  }
}

function rowOf(service: string, client: string, { exchanges, broken, statuses }: Sums, all: number, hidden: number): ClientRow {
  let clientErrors = 0;
  let serverErrors = 0;
  for (const [status, n] of statuses)
    if (classOf(status) === 4) clientErrors += n;
    else if (classOf(status) === 5) serverErrors += n;
  // Which of the broken ones had an error status is not told apart here; those count once, as what their status says.
  const transportErrors = Math.max(0, Math.min(broken, exchanges - clientErrors - serverErrors));
  const sorted = [...statuses].map(([status, n]) => [labelOf(status), n] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    client,
    service,
    exchanges,
    client_errors: clientErrors,
    server_errors: serverErrors,
    transport_errors: transportErrors,
    error_ratio: failureRatio(clientErrors + serverErrors + transportErrors, exchanges) ?? 0,
    statuses: Object.fromEntries(sorted),
    share: ratio(exchanges, all) ?? 0,
    at_least: client !== OTHER && hidden > 0,
  };
}
