import { HOUR_MS, MINUTE_MS, advance, emptyMemory, evaluateHosts, hostMinute, type Advance, type HostFacts, type Rule } from '@headwater/alert-rules';
import type { HostsWindow } from '@headwater/sketch';
import type { StateStore } from '@headwater/state-store';
import type { SummaryStore } from '@headwater/summary-store';
import { SubjectMemory, type KnownHost } from './memory.ts';
import { HOSTS_SUBJECT, readHosts, type Whole } from './reading.ts';

/** Heartbeats as `watch/` keeps them. */
const AGENTS = 'agent/';
interface Heartbeat {
  host: string;
  ended?: boolean;
  heard: Record<string, number>;
}

/** A host that ended in order is of no interest after this. */
const ENDED_MS = HOUR_MS;
const LONGEST_MINUTES = 1440;

type Minutes = HostFacts['minutes'];

/** The hosts of the fleet: their heartbeats, and what their agents say of their capture minute by minute. */
export class Hosts {
  readonly memory: SubjectMemory;
  private readonly minutes = new Map<string, Minutes>();
  /** minutes are held up to here, ms; null: not taken over */
  untilMs: number | null = null;
  /** heartbeats before this may have been missed: silence is counted from here at the earliest, ms */
  private deafUntilMs = 0;
  private readonly state: StateStore;

  constructor(state: StateStore) {
    this.state = state;
    this.memory = new SubjectMemory(state, HOSTS_SUBJECT);
  }

  forget(): void {
    this.untilMs = null;
    this.memory.stored = null;
    this.minutes.clear();
  }

  async take(store: SummaryStore, topic: string, rules: readonly Rule[], untilMs: number, nowMs: number): Promise<void> {
    await this.memory.load();
    this.minutes.clear();
    for await (const window of readHosts(store, topic, untilMs - within(rules) * MINUTE_MS, untilMs)) this.put(window);
    this.untilMs = untilMs;
    this.deaf(nowMs);
  }

  /** Nobody could hear heartbeats until now: the bus was away, or we were. */
  deaf(nowMs: number): void {
    this.deafUntilMs = nowMs;
  }

  add(window: Whole<HostsWindow> | null, startMs: number, rules: readonly Rule[]): void {
    if (window) this.put(window);
    const oldest = startMs - within(rules) * MINUTE_MS;
    for (const [host, minutes] of this.minutes) {
      while (minutes.length > 0 && minutes[0]!.startMs < oldest) minutes.shift();
      if (minutes.length === 0) this.minutes.delete(host);
    }
    this.untilMs = startMs + MINUTE_MS;
  }

  private put({ window, startMs }: Whole<HostsWindow>): void {
    for (const account of window.hosts()) {
      const minutes = this.minutes.get(account.host) ?? [];
      minutes.push(hostMinute(account, startMs));
      this.minutes.set(account.host, minutes);
    }
  }

  /** Judges all hosts at an instant. Answers also what is to be remembered of them. @throws whatever the store throws */
  async judge(rules: readonly Rule[], nowMs: number): Promise<{ advance: Advance; hosts: Record<string, KnownHost> }> {
    const memory = this.memory.stored?.memory ?? emptyMemory(nowMs - 1);
    const hosts = this.known(nowMs, rules);
    for (const { value } of await this.state.list(AGENTS)) {
      const { host, ended = false, heard } = JSON.parse(value) as Heartbeat;
      hosts[host] = { seen_ms: Math.max(0, ...Object.values(heard)), ended };
    }
    const silent = new Set(
      Object.values(memory.open)
        .filter(({ alert }) => alert.kind === 'agent_silent')
        .map(({ alert }) => alert.subject.host),
    );
    const facts = Object.entries(hosts).map(([host, { seen_ms, ended }]): HostFacts => {
      // Whoever was called silent is not heard because we were deaf.
      const seenMs = silent.has(host) ? seen_ms : Math.max(seen_ms, this.deafUntilMs);
      return { host, seenMs, ended, minutes: this.minutes.get(host) ?? [] };
    });
    for (const [host, minutes] of this.minutes) if (!hosts[host]) facts.push({ host, seenMs: null, ended: false, minutes });
    return { advance: advance(memory, evaluateHosts(rules, facts, nowMs), rules, nowMs, facts), hosts };
  }

  /** Without those that are of no interest any more. */
  private known(nowMs: number, rules: readonly Rule[]): Record<string, KnownHost> {
    const expire = Math.max(24, ...rules.map((r) => (r.kind === 'agent_silent' ? r.expire_hours : 0)));
    const known = Object.entries(this.memory.stored?.hosts ?? {});
    return Object.fromEntries(known.filter(([, h]) => nowMs - h.seen_ms < (h.ended ? ENDED_MS : (expire + 1) * HOUR_MS)));
  }
}

/** Minutes that some rule about capture looks back on, and a little more. */
function within(rules: readonly Rule[]): number {
  return Math.min(LONGEST_MINUTES, Math.max(0, ...rules.map((r) => (r.kind === 'capture_incomplete' ? r.within_minutes : 0)))) + 2;
}
