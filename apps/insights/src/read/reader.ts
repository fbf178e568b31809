import { DEFAULT_LIMITS, ServiceFold, buildInput, type Facts, type FactsOfHost, type HostsFold } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { SummaryStore } from '@headwater/summary-store';
import { HEARTBEATS_KEPT_MS, agents } from './agents.ts';
import { overviewOf, readable, servicesOf, type Overview } from './overview.ts';
import type { FactsReader, Question } from './port.ts';
import { HOSTS_SUBJECT, SERVICE_PREFIX, Windows, bytesOf, type Range } from './windows.ts';

export interface FactsReaderOptions {
  summaries: SummaryStore;
  state: StateStore;
  /** topic of header events, with its prefix */
  topic: string;
  sendServiceNames: boolean;
  now: () => number;
}

type Account = ReturnType<HostsFold['facts']>;

/** Services that are folded at the same time: what is in memory of the fleet are these, and of the others what may be told. */
const AT_A_TIME = 8;

/**
 * Reads the windows of a question and of the equally long time before it, service by service. A service's question says nothing of others
 * and names no host (whose tokens are narrowed to services may read it); a host's says nothing of services.
 */
export function createFactsReader({ summaries, state, topic, sendServiceNames, now }: FactsReaderOptions): FactsReader {
  return {
    async read(question, signal) {
      const nowMs = now();
      const windows = new Windows(summaries, topic, signal);
      const { host } = question.subject;
      const facts = host === undefined ? await factsOf(windows, state, question, nowMs) : await factsOfHost(windows, state, question, host, nowMs);
      return { ...buildInput(facts, { sendServiceNames }), comparedWith: facts.comparedWith, complete: facts.quality.complete };
    },
  };
}

async function factsOf(windows: Windows, state: StateStore, { subject, window, alerts }: Question, nowMs: number): Promise<Facts> {
  const before: Range = { startMs: 2 * window.startMs - window.endMs, endMs: window.startMs };
  const only = subject.service ?? null;
  const overview = await overviewOf(windows, window, only === null ? null : [HOSTS_SUBJECT, SERVICE_PREFIX + only], nowMs);
  const services = only === null ? [...new Set([...overview.services, ...(await servicesOf(windows, before))])].sort() : [only];
  const account = overview.hosts.facts();
  const facts: Facts = {
    window,
    comparedWith: null,
    quality: qualityOf(overview, account),
    services: [],
    endpoints: [],
    endpointsLeft: 0,
    headers: [],
    hosts: only === null ? await withHeartbeats(account.hosts, state, window, nowMs) : [],
    alerts: only === null ? alerts : alerts.filter((a) => a.subject.service === only),
  };
  for (let i = 0; i < services.length; i += AT_A_TIME) await fold(windows, services.slice(i, i + AT_A_TIME), window, before, facts);
  if (facts.services.some((s) => s.before.exchanges > 0)) facts.comparedWith = before;
  return facts;
}

/** Some services, wholly. */
async function fold(windows: Windows, names: readonly string[], window: Range, before: Range, facts: Facts): Promise<void> {
  const folds = new Map(names.map((name) => [SERVICE_PREFIX + name, new ServiceFold(name)]));
  for (const [side, range] of [
    ['now', window],
    ['before', before],
  ] as const)
    for await (const row of windows.read(range, [...folds.keys()], () => true)) {
      const service = folds.get(row.subject);
      if (service === undefined) continue;
      for (const bytes of bytesOf(row)) if (!readable(() => service.add(bytes, side))) facts.quality.complete = false;
    }
  for (const service of folds.values()) {
    const named = new Set(facts.alerts.filter((a) => a.subject.service === service.service).map(({ subject: s }) => `${s.method ?? ''} ${s.route ?? ''}`));
    const found = service.facts(DEFAULT_LIMITS.endpoints, named);
    if (found.service.now.exchanges + found.service.before.exchanges === 0) continue;
    facts.services.push(found.service);
    facts.endpoints.push(...found.endpoints);
    facts.endpointsLeft += found.left;
    facts.headers.push(...found.headers);
  }
}

async function factsOfHost(windows: Windows, state: StateStore, { window, alerts }: Question, host: string, nowMs: number): Promise<Facts> {
  const overview = await overviewOf(windows, window, [HOSTS_SUBJECT], nowMs);
  const account = overview.hosts.facts(host);
  const hosts = (await withHeartbeats(account.hosts, state, window, nowMs)).filter((h) => h.host === host);
  return {
    window,
    comparedWith: null,
    quality: qualityOf(overview, account),
    services: [],
    endpoints: [],
    endpointsLeft: 0,
    headers: [],
    hosts,
    alerts: alerts.filter((a) => a.subject.host === host),
  };
}

function qualityOf({ closed }: Overview, account: Account): Facts['quality'] {
  const { hosts, lostExchanges, lostBatches, coverage } = account;
  return { complete: closed && lostExchanges === 0 && lostBatches === 0, lostExchanges, coverage, hosts: hosts.length };
}

/** With those that are known by their heartbeats alone. Heartbeats are of now: of a window that is long over they tell nothing. */
async function withHeartbeats(accounts: readonly FactsOfHost[], state: StateStore, window: Range, nowMs: number): Promise<FactsOfHost[]> {
  const heard = nowMs - window.endMs < HEARTBEATS_KEPT_MS ? await agents(state, nowMs) : new Map<string, number | null>();
  const known = new Set(accounts.map((a) => a.host));
  const others = [...heard].filter(([host]) => !known.has(host)).map(([host, silentMs]): FactsOfHost => ({ host, exchanges: 0, lostExchanges: 0, coverage: 1, silentMs }));
  return [...accounts.map((a) => ({ ...a, silentMs: heard.get(a.host) ?? null })), ...others];
}
