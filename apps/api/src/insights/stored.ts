import { INSIGHT_KEYS, INSIGHT_STATES, TRIGGERS, type GatewayStatus, type Insight, type SentRecord } from '@headwater/insight-rules';
import { parsed } from '../alerts/stored.ts';
import type { StateStore } from '@headwater/state-store';

const isTime = (v: unknown): boolean => typeof v === 'string' && !Number.isNaN(Date.parse(v));
const isOne = (v: unknown, of: readonly string[]): boolean => typeof v === 'string' && of.includes(v);
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const isSpan = (v: unknown): boolean => isObject(v) && isTime(v['start']) && isTime(v['end']);

export function parseInsight(value: string): Insight | null {
  return parsed<Insight>(
    value,
    (i) =>
      i.schema === 1 &&
      typeof i.id === 'string' &&
      isOne(i.trigger, TRIGGERS) &&
      isOne(i.state, INSIGHT_STATES) &&
      isObject(i.subject) &&
      isSpan(i.window) &&
      isTime(i.created_at) &&
      Array.isArray(i.alerts) &&
      Array.isArray(i.findings) &&
      i.findings.every((f) => isObject(f) && Array.isArray(f.evidence) && f.evidence.every((e) => isObject(e) && isObject(e.figures))) &&
      isObject(i.model) &&
      Number.isSafeInteger(i.revision),
  );
}

export function parseSent(value: string): SentRecord | null {
  return parsed<SentRecord>(
    value,
    (s) =>
      s.schema === 1 &&
      typeof s.input_sha256 === 'string' &&
      typeof s.input === 'string' &&
      Array.isArray(s.requests) &&
      isObject(s.aliases) &&
      Object.values(s.aliases).every(isObject),
  );
}

const isAmount = (v: unknown): boolean => isObject(v) && typeof v['used'] === 'number' && typeof v['limit'] === 'number';

export function parseStatus(value: string): GatewayStatus | null {
  return parsed<GatewayStatus>(
    value,
    (s) =>
      s.schema === 1 &&
      typeof s.instance === 'string' &&
      isTime(s.at) &&
      (s.gateway === null || isObject(s.gateway)) &&
      (s.breaker === null || (isObject(s.breaker) && isOne(s.breaker.state, ['closed', 'open', 'half_open']))) &&
      Number.isSafeInteger(s.queued) &&
      isObject(s.budget) &&
      isAmount(s.budget.tokens) &&
      (s.budget.usd === null || isAmount(s.budget.usd)) &&
      (s.last_success_at === null || isTime(s.last_success_at)) &&
      (s.last_failure === null || (isObject(s.last_failure) && isTime(s.last_failure.at))),
  );
}

export async function readInsight(state: StateStore, id: string): Promise<{ insight: Insight; version: number } | null> {
  const entry = await state.get(INSIGHT_KEYS.insight(id));
  const insight = entry === null ? null : parseInsight(entry.value);
  return entry === null || insight === null ? null : { insight, version: entry.version };
}

export async function readStatuses(state: StateStore): Promise<GatewayStatus[]> {
  return (await state.list(INSIGHT_KEYS.statuses)).map((e) => parseStatus(e.value)).filter((s) => s !== null);
}

type Held = Map<string, { version: number; insight: Insight | null }>;

/** All insights that are kept. A week of them is some thousand of several kB, and most do not change: only what did is parsed again. */
export class KeptInsights {
  #held: Held = new Map();

  async read(state: StateStore): Promise<Insight[]> {
    const entries = await state.list(INSIGHT_KEYS.insights);
    const next: Held = new Map();
    for (const { key, version, value } of entries) {
      const before = this.#held.get(key);
      next.set(key, before?.version === version ? before : { version, insight: parseInsight(value) });
    }
    this.#held = next;
    return [...next.values()].map((h) => h.insight).filter((i) => i !== null);
  }
}
