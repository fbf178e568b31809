import type { GatewayStatus } from '@headwater/insight-rules';
import type { Principal } from '../auth/principal.ts';

interface Amount {
  used: number;
  limit: number;
  left: number;
}

interface Doing {
  gateway: { name: string; kind: string; model: string; host?: string } | null;
  breaker: GatewayStatus['breaker'];
  queued: number;
  budget: { day: string; tokens: Amount; usd: Amount | null };
  last_success_at: string | null;
  last_failure: GatewayStatus['last_failure'];
}

export interface GatewayAnswer extends Omit<Doing, 'budget'> {
  configured: boolean;
  /** what to do so that a model is asked; null: it is */
  how: string | null;
  accepts_requests: boolean;
  budget: Doing['budget'] | null;
  processes: (Doing & { instance?: string; at: string })[];
}

const SETTINGS = 'gateway.url and gateway.model of apps/insights (npm start takes --gateway-url and --gateway-model; its README has APIPark, Portkey, LiteLLM and others)';
const NOBODY = `No process that makes insights reports: start headwater-insights on the same bus and stores, and set ${SETTINGS} for findings of a model beside those by rules.`;
const NO_GATEWAY = `No AI gateway is configured, so insights are those found by rules: set ${SETTINGS}.`;

const OPENNESS = { closed: 0, half_open: 1, open: 2 } as const;

const amount = ({ used, limit }: { used: number; limit: number }): Amount => ({ used, limit, left: Math.max(0, limit - used) });
const newest = <T extends { at: string }>(all: readonly T[]): T | null => all.reduce<T | null>((a, b) => (a === null || Date.parse(b.at) > Date.parse(a.at) ? b : a), null);

/** Hosts are the fleet's: of the gateway's and of our processes' only who may see that hears. */
function doing(s: GatewayStatus, fleet: boolean): Doing {
  const { gateway: g, breaker, queued, budget, last_success_at, last_failure } = s;
  return {
    gateway: g === null ? null : { name: g.name, kind: g.kind, model: g.model, ...(fleet ? { host: g.host } : {}) },
    breaker: breaker === null ? null : { state: breaker.state, until: breaker.until },
    queued,
    budget: { day: budget.day, tokens: amount(budget.tokens), usd: budget.usd === null ? null : amount(budget.usd) },
    last_success_at,
    last_failure,
  };
}

/**
 * What all processes say, as one: gateway and budget of the newest that has a gateway (they share the budget and the queue, so neither is
 * added up), the worst breaker, the latest success and failure.
 */
export function gatewayAnswer(statuses: readonly GatewayStatus[], acceptsRequests: boolean, { scopes, services }: Pick<Principal, 'scopes' | 'services'>): GatewayAnswer {
  const fleet = services === null && scopes.has('fleet:read');
  const lead = newest(statuses.filter((s) => s.gateway !== null)) ?? newest(statuses);
  const breakers = statuses.map((s) => s.breaker).filter((b) => b !== null);
  const successes = statuses.map((s) => s.last_success_at).filter((t) => t !== null);
  const sum = lead === null ? null : doing(lead, fleet);
  return {
    configured: lead !== null && lead.gateway !== null,
    how: lead === null ? NOBODY : lead.gateway === null ? NO_GATEWAY : null,
    accepts_requests: acceptsRequests,
    gateway: sum?.gateway ?? null,
    breaker: breakers.toSorted((a, b) => OPENNESS[b.state] - OPENNESS[a.state])[0] ?? null,
    queued: Math.max(0, ...statuses.map((s) => s.queued)),
    budget: sum?.budget ?? null,
    last_success_at: successes.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0] ?? null,
    last_failure: newest(statuses.map((s) => s.last_failure).filter((f) => f !== null)),
    processes: statuses.toSorted((a, b) => (a.instance < b.instance ? -1 : 1)).map((s) => ({ ...(fleet ? { instance: s.instance } : {}), at: s.at, ...doing(s, fleet) })),
  };
}
