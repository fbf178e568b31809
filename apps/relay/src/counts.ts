import type { Logger } from 'pino';
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';

const NAME = 'headwater_relay_';
const SAY_AGAIN_MS = 10_000;

/** Everything the relay counts and says. */
export interface Counts {
  relayed(exchanges: number): void;
  left(why: 'service' | 'too_large', exchanges: number): void;
  passed(why: string, records: number): void;
  lost(partition: number, records: number): void;
  claimed(partition: number, offset: number): void;
  released(partition: number): void;
  overtaken(partition: number): void;
  behind(partition: number, records: number): void;
  waiting(what: string, error: Error): void;
}

export function createCounts(log: Logger, now: () => number): { counts: Counts; registry: Registry } {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) => new Counter({ name: NAME + name, help, labelNames, registers });
  const relayed = counter('exchanges_total', 'Exchanges relayed, acknowledged by the bus');
  const left = counter('left_out_total', 'Exchanges not relayed: of services that are not asked for, or too large for a record', 'why');
  const passed = counter('passed_records_total', 'Records passed over: older than begin_within_ms, or not to be read (by reason)', 'why');
  const lost = counter('lost_records_total', 'Records that the bus deleted before they were relayed (retention)');
  const overtaken = counter('overtaken_total', 'Times another relay had moved a place on');
  const waits = counter('waits_total', 'Pauses because something did not answer, by what', 'what');
  const lag = new Gauge({ name: `${NAME}lag_records`, help: 'Records not relayed yet, as of the last batch', labelNames: ['partition'], registers });
  const held = new Gauge({ name: `${NAME}partitions`, help: 'Partitions held', registers });
  for (const c of [relayed, lost, overtaken]) c.inc(0);
  const said = new Map<string, number>();
  const seldom = (what: string, say: () => void) => {
    if (now() - (said.get(what) ?? -Infinity) < SAY_AGAIN_MS) return;
    said.set(what, now());
    say();
  };
  const counts: Counts = {
    relayed: (n) => relayed.inc(n),
    left: (why, n) => left.inc({ why }, n),
    passed(why, n) {
      passed.inc({ why }, n);
      if (why !== 'old') seldom(why, () => log.warn({ why }, 'a record cannot be read; it is passed over'));
    },
    lost(partition, records) {
      lost.inc(records);
      log.error({ partition, records }, 'the bus deleted records before they were relayed');
    },
    claimed(partition, offset) {
      held.inc();
      log.info({ partition, offset }, 'partition taken over');
    },
    released(partition) {
      held.dec();
      lag.remove({ partition });
      log.info({ partition }, 'partition left');
    },
    overtaken(partition) {
      overtaken.inc();
      log.warn({ partition }, 'another relay moved on here; going on from where it is');
    },
    behind: (partition, records) => lag.set({ partition }, records),
    waiting(what, error) {
      waits.inc({ what });
      seldom(`wait ${what}`, () => log.warn({ what, reason: error.message }, 'waiting'));
    },
  };
  return { counts, registry };
}
