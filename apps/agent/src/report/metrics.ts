import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { CaptureTotals } from '@headwater/capture';
import type { Losses } from '../account.ts';
import { hostTotals } from './totals.ts';

export interface Sources {
  totals: () => CaptureTotals | null;
  /** rows captured and not sent, by reason */
  publishLost: () => Losses;
  /** of batches that earlier agents left in the spool */
  inheritedLost: () => Losses;
  spool: () => { bytes: number; batches: number };
  oneIn: () => number;
  cpuPercent: () => number;
  queueBytes: () => number;
  queueBatches: () => number;
  lagMs: () => number;
}

export interface AgentMetrics {
  registry: Registry;
  sent(seconds: number, batches: number): void;
}

/** Metrics of the agent, read from the capture's own totals at the scrape, so they are the account and not a copy of it. */
export function agentMetrics(sources: Sources): AgentMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const set = <L extends string>(counter: Counter<L>, labels: Record<L, string>, value: number): void => {
    if (value > 0) counter.inc(labels, value);
  };

  const kind = ['kind'] as const;
  const withReason = ['kind', 'reason'] as const;
  const started = new Counter({ name: 'headwater_starts_total', help: 'Message starts that the kernel saw in scope', labelNames: kind, registers });
  const emitted = new Counter({ name: 'headwater_emitted_total', help: 'Of these, sent or waiting to be sent', labelNames: kind, registers });
  const filtered = new Counter({ name: 'headwater_filtered_total', help: 'Of these, left out on purpose, by reason', labelNames: withReason, registers });
  const lost = new Counter({ name: 'headwater_lost_total', help: 'Of these, lost, by reason', labelNames: withReason, registers });
  const inherited = new Counter({
    name: 'headwater_spool_inherited_lost_total',
    help: 'Exchanges of batches that earlier agents left in the spool and that were lost there, by reason',
    labelNames: ['reason'] as const,
    registers,
  });
  const inFlight = new Gauge({ name: 'headwater_in_flight', help: 'Of these, not ended yet', labelNames: kind, registers });
  const kernel = new Counter({ name: 'headwater_kernel_total', help: 'Counters of the kernel programs', labelNames: ['counter'] as const, registers });
  const drain = new Counter({ name: 'headwater_drain_cpu_seconds_total', help: 'Processor time of the drain thread', registers });
  new Gauge({
    name: 'headwater_connections',
    help: 'Connections being followed',
    registers,
    collect() {
      this.set(sources.totals()?.connections ?? 0);
    },
  });
  new Gauge({
    name: 'headwater_reassembly_bytes',
    help: 'Bytes held of unfinished heads',
    registers,
    collect() {
      this.set(sources.totals()?.reassembly_bytes ?? 0);
    },
  });
  new Gauge({
    name: 'headwater_queue_bytes',
    help: 'Bytes of batches that wait for the bus',
    registers,
    collect() {
      this.set(sources.queueBytes());
    },
  });
  new Gauge({
    name: 'headwater_queue_batches',
    help: 'Batches that wait for the bus',
    registers,
    collect() {
      this.set(sources.queueBatches());
    },
  });
  new Gauge({
    name: 'headwater_lag_seconds',
    help: 'Age of the oldest batch that waits',
    registers,
    collect() {
      this.set(sources.lagMs() / 1000);
    },
  });
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  gauge('headwater_spool_bytes', 'Bytes of the spool on disk', () => sources.spool().bytes);
  gauge('headwater_spool_batches', 'Batches that wait on disk', () => sources.spool().batches);
  gauge('headwater_sampling_one_in', 'One of so many exchanges that are neither errors nor slow is kept, to stay below the CPU ceiling; 1: all', sources.oneIn);
  gauge('headwater_cpu_percent', 'CPU of agent and probe over the last 10 s, percent of one core', sources.cpuPercent);
  const latency = new Histogram({
    name: 'headwater_publish_seconds',
    help: 'From handing a publish to the bus to its acknowledgement',
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers,
  });
  const batches = new Counter({ name: 'headwater_batches_total', help: 'Batches acknowledged by the bus', registers });

  new Gauge({
    name: 'headwater_capture_running',
    help: '1 while the capture delivers',
    registers,
    collect() {
      const totals = sources.totals();
      this.set(totals ? 1 : 0);
    },
  });
  const refresh = (): void => {
    const totals = sources.totals();
    for (const c of [started, emitted, filtered, lost, inherited, kernel, drain]) c.reset();
    const both = hostTotals(totals, sources.publishLost());
    for (const k of ['request', 'response'] as const) {
      set(started, { kind: k }, both[k].started);
      set(emitted, { kind: k }, both[k].emitted);
      inFlight.set({ kind: k }, both[k].in_flight);
      for (const [reason, n] of Object.entries(both[k].filtered)) set(filtered, { kind: k, reason }, n);
      for (const [reason, n] of Object.entries(both[k].lost)) set(lost, { kind: k, reason }, n);
    }
    for (const [reason, rows] of Object.entries(sources.inheritedLost())) set(inherited, { reason }, rows.request);
    for (const [counter, n] of Object.entries(totals?.kernel ?? {})) set(kernel, { counter }, n);
    drain.inc((totals?.drain_cpu_ns ?? 0) / 1e9);
  };
  // Counters that mirror a total are set anew before each scrape.
  const render = registry.metrics.bind(registry);
  registry.metrics = () => {
    refresh();
    return render();
  };
  return {
    registry,
    sent(seconds, n) {
      latency.observe(seconds);
      batches.inc(n);
    },
  };
}
