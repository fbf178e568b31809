import { check } from './check.ts';
import type { BusFacts, Check } from './facts.ts';

const SKEW_MAX_MS = 2_000;

/** Whether the bus answers, and what its clock says. */
export function judgeBus(bus: BusFacts): Check {
  const found = `${bus.kind} at ${bus.place}`;
  if (bus.absent) return check('bus', 'warn', `${found}: no file yet`, 'npm start makes it, or: headwater-admin topics apply');
  if (bus.error !== '') {
    const fix =
      bus.kind === 'kafka'
        ? 'check bus.brokers, the firewall, and bus.tls and bus.sasl; the agent holds up to queue.max_bytes in memory until it answers'
        : 'check who may write the file and whether the disk has room; a damaged file is replaced by moving it away';
    return check('bus', 'fail', `${found}: ${bus.error}`, fix);
  }
  if (bus.skewMs !== null && Math.abs(bus.skewMs) > SKEW_MAX_MS)
    return check(
      'bus',
      'warn',
      `${found} answers; its clock differs by ${(bus.skewMs / 1000).toFixed(1)} s`,
      'synchronise both clocks: times over 60 s ahead are set back and counted',
    );
  return check('bus', 'ok', `${found} answers${bus.kind === 'kafka' ? '; Kafka tells no time, so clocks are not compared' : '; the same clock'}`);
}

/** The topics that an agent writes. */
export function judgeTopics(bus: BusFacts): Check[] {
  if (bus.absent || bus.error !== '') return [];
  const missing = bus.topics.filter((t) => t.error !== '');
  if (missing.length > 0) return [check('topics', 'fail', missing.map((t) => `${t.name}: ${t.error}`).join('; '), 'headwater-admin topics apply --config FILE')];
  return [check('topics', 'ok', bus.topics.map((t) => `${t.name} (${t.partitions} partition${t.partitions === 1 ? '' : 's'})`).join(', '))];
}
