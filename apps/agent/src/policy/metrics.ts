import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { PolicyStage } from './stage.ts';

/** Metrics of the policies, read from the stage at the scrape. */
export function policyMetrics(registry: Registry, stage: PolicyStage): void {
  const registers = [registry];
  new Gauge({
    name: 'headwater_agent_policy_info',
    help: '1 for each policy in force; layer host, or fleet for the one that narrows it',
    labelNames: ['layer', 'policy', 'source'] as const,
    registers,
    collect() {
      this.reset();
      const { host, source, narrowing } = stage.state;
      this.set({ layer: 'host', policy: host, source }, 1);
      if (narrowing) this.set({ layer: 'fleet', policy: narrowing.policy, source: 'topic' }, 1);
    },
  });
  new Gauge({
    name: 'headwater_agent_policy_loaded_timestamp_seconds',
    help: 'When the policy in force was taken',
    labelNames: ['layer'] as const,
    registers,
    collect() {
      this.reset();
      this.set({ layer: 'host' }, stage.hostSince.getTime() / 1000);
      if (stage.fleetSince !== null) this.set({ layer: 'fleet' }, Date.parse(stage.fleetSince) / 1000);
    },
  });
  new Gauge({
    name: 'headwater_agent_policy_refused',
    help: '1 while a policy that was offered is refused and the one before it stays in force',
    registers,
    collect() {
      this.set(stage.refused ? 1 : 0);
    },
  });
  new Gauge({
    name: 'headwater_agent_policy_unwritten',
    help: "1 while the fleet's policy in force could not be kept for a restart",
    registers,
    collect() {
      this.set(stage.unwritten ? 1 : 0);
    },
  });
  new Counter({
    name: 'headwater_agent_policy_changes_total',
    help: 'Policies taken since the start',
    labelNames: ['layer'] as const,
    registers,
    collect() {
      this.reset();
      for (const layer of ['host', 'fleet'] as const) this.inc({ layer }, stage.counts.changes[layer]);
    },
  });
  new Counter({
    name: 'headwater_agent_policy_refused_total',
    help: 'Policies refused since the start, by where they came from and why',
    labelNames: ['source', 'code'] as const,
    registers,
    collect() {
      this.reset();
      for (const [key, n] of Object.entries(stage.counts.refused)) {
        const [source = '', code = ''] = key.split(' ');
        this.inc({ source, code }, n);
      }
    },
  });
}
