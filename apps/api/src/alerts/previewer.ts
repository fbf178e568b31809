import { setImmediate as turn } from 'node:timers/promises';
import { HOUR_MS, hostMinute, lookBackMs, MINUTE_MS, preview, previewHosts, type HostFacts, type Rule, type ServiceFacts, type WouldHaveFired } from '@headwater/alert-rules';
import { Gatherer } from '../answers/gather.ts';
import type { Quality } from '../answers/quality.ts';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import type { Decoder } from '../windows/decoded.ts';
import { mergeFacts, thresholdKey, type Threshold, type WindowFacts } from '../windows/facts.ts';
import type { Window, WindowReader } from '../windows/reader.ts';

/** Half-open, whole minutes, ms. */
export interface Span {
  start: number;
  end: number;
}

export interface Previewed {
  /** by rule; null: its kind is about hosts, and the asker may not see them */
  fired: Map<Rule, WouldHaveFired[] | null>;
  quality: Quality;
}

/** Windows that rules look back on by minutes, before that by whole hours: as the analyzer does. */
const BY_MINUTES_MS = 6 * HOUR_MS;
/** What one preview may go through: service-minutes (a hundred services a day), and bytes that nobody looked at before. */
const MAX_FACTS = 150_000;
const MAX_FRESH_BYTES = 512 << 20;

const aboutHosts = (rule: Rule): boolean => rule.kind === 'agent_silent' || rule.kind === 'capture_incomplete';

/** `code` conflict: it would be too much work. */
function tooMuch(): Problem {
  return new Problem(
    'conflict',
    'this would look at more than 150,000 minutes of services, or at more than 512 MiB that nobody looked at before; take a shorter range, or name fewer services in subjects',
  );
}

export function thresholdsOf(rules: readonly Rule[]): Threshold[] {
  const all = new Map<string, Threshold>();
  for (const r of rules) if (r.kind === 'latency_burn') all.set(thresholdKey({ metric: r.metric, ms: r.threshold_ms }), { metric: r.metric, ms: r.threshold_ms });
  return [...all.values()];
}

/** What rules would have said of windows that are closed. One preview at a time; others wait their turn. */
export class Previewer {
  readonly #reader: WindowReader;
  readonly #decoder: Decoder;
  #last: Promise<unknown> = Promise.resolve();

  constructor(reader: WindowReader, decoder: Decoder) {
    this.#reader = reader;
    this.#decoder = decoder;
  }

  run(rules: readonly Rule[], span: Span, who: Pick<Principal, 'services' | 'scopes'>, now: number): Promise<Previewed> {
    const mine = this.#last.then(() => this.#run(rules, span, who, now));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #run(rules: readonly Rule[], span: Span, who: Pick<Principal, 'services' | 'scopes'>, now: number): Promise<Previewed> {
    const ofServices = rules.filter((r) => !aboutHosts(r));
    const seesHosts = who.services === null && who.scopes.has('fleet:read');
    const got = new Gatherer(this.#reader, this.#decoder, ofServices.length === 0 ? [] : servicesOf(ofServices, who.services));
    const facts = new Facts();
    let fresh = 0;
    const lens = this.#decoder.facts(thresholdsOf(ofServices), (bytes) => {
      fresh += bytes;
      if (fresh > MAX_FRESH_BYTES) throw tooMuch();
    });
    const add = (v: WindowFacts, w: Window, service: string): void => facts.add(v, w, service, minutesFrom);
    const hour = Math.floor(span.start / HOUR_MS) * HOUR_MS;
    const minutesFrom = hour - BY_MINUTES_MS;
    const since = Math.floor((span.start - Math.max(0, ...ofServices.map(lookBackMs))) / HOUR_MS) * HOUR_MS;
    if (since < minutesFrom) await got.compare({ start: since, end: minutesFrom }, lens, add);
    await got.compare({ start: minutesFrom, end: span.start }, lens, add, { coarsest: '1m' });
    const hosts = new Map<string, HostFacts['minutes']>();
    await got.range({ start: span.start, end: span.end }, '1m', lens, add);
    if (seesHosts && rules.some(aboutHosts)) await this.#hosts(span, hosts, Math.max(0, ...rules.filter(aboutHosts).map(lookBackMs)));
    const fired = new Map<Rule, WouldHaveFired[] | null>();
    for (const rule of rules) {
      if (aboutHosts(rule))
        fired.set(
          rule,
          seesHosts
            ? await each(
                [...hosts].map(([host, minutes]) => ({ host, minutes })),
                (h) => previewHosts(rule, [h], range(span)),
              )
            : null,
        );
      else fired.set(rule, await each(facts.services(), (s) => preview(rule, [{ service: s, facts: facts.of(s, rule) }], range(span))));
    }
    return { fired, quality: got.quality.quality({ ...span, stepMs: MINUTE_MS }, now) };
  }

  async #hosts(span: Span, into: Map<string, HostFacts['minutes']>, lookBack: number): Promise<void> {
    const lens = this.#decoder.hosts();
    const start = Math.floor((span.start - lookBack) / MINUTE_MS) * MINUTE_MS;
    for await (const { windows } of this.#reader.read({ range: { start, end: span.end }, services: [], coarsest: '1m' }, (closed) => lens.held(closed)))
      for (const w of windows)
        for (const part of lens.of(w))
          for (const account of part.hosts()) {
            const minutes = into.get(account.host) ?? [];
            into.set(account.host, minutes);
            addMinute(minutes, hostMinute(account, w.start - (w.start % MINUTE_MS)));
          }
  }
}

function range(span: Span): { startMs: number; endMs: number } {
  return { startMs: span.start, endMs: span.end };
}

/** Windows of one minute come one after the other. */
function addMinute(minutes: HostFacts['minutes'], m: HostFacts['minutes'][number]): void {
  const last = minutes.at(-1);
  if (last === undefined || last.startMs !== m.startMs) minutes.push(m);
  else for (const key of ['started', 'lost', 'read', 'known'] as const) last[key] += m[key];
}

/** Others are let in between two subjects. */
async function each<T>(all: readonly T[], judge: (one: T) => WouldHaveFired[]): Promise<WouldHaveFired[]> {
  const fired: WouldHaveFired[] = [];
  for (const one of all) {
    fired.push(...judge(one));
    await turn();
  }
  return fired.toSorted((a, b) => (a.opened_at < b.opened_at ? 1 : a.opened_at > b.opened_at ? -1 : 0));
}

/** Only services that are named need be read, where all rules name theirs. */
function servicesOf(rules: readonly Rule[], visible: readonly string[] | null): readonly string[] | null {
  const named = rules.every((r) => r.subjects.length > 0 && r.subjects.every((s) => !/[*?]/.test(s))) ? new Set(rules.flatMap((r) => r.subjects)) : null;
  if (named === null) return visible;
  return visible === null ? [...named] : visible.filter((s) => named.has(s));
}

/** What rules look at, by service: hours, then minutes. */
class Facts {
  readonly #byService = new Map<string, Map<number, { lengthMs: number; parts: WindowFacts[]; complete: boolean }>>();
  #size = 0;

  add(value: WindowFacts, w: Window, service: string, minutesFrom: number): void {
    let slots = this.#byService.get(service);
    if (slots === undefined) this.#byService.set(service, (slots = new Map()));
    const lengthMs = w.start < minutesFrom ? HOUR_MS : MINUTE_MS;
    const start = w.start - (w.start % lengthMs);
    const whole = w.closed !== null && w.partials.length === 0 && w.closed.missing.length === 0;
    const slot = slots.get(start);
    if (slot !== undefined) {
      slot.parts.push(value);
      slot.complete &&= whole;
      return;
    }
    if (++this.#size > MAX_FACTS) throw tooMuch();
    slots.set(start, { lengthMs, parts: [value], complete: whole });
  }

  services(): string[] {
    return [...this.#byService.keys()].toSorted();
  }

  *of(service: string, rule: Rule): Generator<ServiceFacts> {
    const withClientErrors = rule.kind === 'new_failing_route' && rule.client_errors;
    for (const [startMs, slot] of [...(this.#byService.get(service) ?? [])].sort((a, b) => a[0] - b[0])) {
      const { exchanges, failed, clientErrors, slow, failing } = mergeFacts(slot.parts);
      const times = rule.kind === 'latency_burn' ? { [rule.id]: slow.get(thresholdKey({ metric: rule.metric, ms: rule.threshold_ms })) ?? { known: 0, above: 0 } } : {};
      const routes = Object.fromEntries([...failing].filter(([, r]) => withClientErrors || r.failed > 0));
      yield { startMs, lengthMs: slot.lengthMs, exchanges, failed, clientErrors, slow: times, failing: routes, complete: slot.complete };
    }
  }
}
