import { HostsWindow, ServiceWindow, type SampledCounts } from '@headwater/sketch';

const MS = 1e6;

export interface Exchanges {
  role?: 'server' | 'client';
  method?: string;
  route: string;
  status: number;
  n: number;
  ttfbMs?: number;
  error?: string;
  seenAt: number;
}

export function service(rows: Exchanges[], headers: (s: ServiceWindow) => void = () => undefined): ServiceWindow {
  const s = new ServiceWindow();
  for (const r of rows) {
    const role = r.role ?? 'server';
    const p = s.pattern(role, r.method ?? 'GET', r.route, r.status);
    p.exchanges += r.n;
    s.roleExchanges[role] += r.n;
    if (r.error !== undefined) p.addError(r.error, r.n);
    if (r.ttfbMs !== undefined) {
      p.ttfb.add(r.ttfbMs * MS, r.n);
      p.total.add(r.ttfbMs * 2 * MS, r.n);
    }
    p.firstSeenMs = Math.min(p.firstSeenMs, r.seenAt);
    p.lastSeenMs = Math.max(p.lastSeenMs, r.seenAt);
  }
  headers(s);
  return s;
}

export function hosts(
  list: {
    host: string;
    lost?: Record<string, number>;
    read?: number;
    known?: number;
    skew?: number;
    lostBatches?: Record<string, number>;
    lostExchanges?: Record<string, number>;
    sampling?: Record<string, SampledCounts>;
  }[],
): HostsWindow {
  const h = new HostsWindow();
  for (const x of list) {
    const a = h.host(x.host);
    for (const [reason, n] of Object.entries(x.lost ?? {})) a.request.lost.set(reason, n);
    a.coverageRead = x.read ?? 0;
    a.coverageKnown = x.known ?? 0;
    a.lostBatches = new Map(Object.entries(x.lostBatches ?? {}));
    a.lostExchanges = new Map(Object.entries(x.lostExchanges ?? {}));
    for (const [reason, s] of Object.entries(x.sampling ?? {})) a.addSampling(reason, s);
    if (x.skew !== undefined) a.skewMinMs = x.skew;
  }
  return h;
}
