// A few hours before the demo: what is new and what has vanished needs a before, and the demo begins with the test.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { row } from '../load/stream.mjs';

const HOUR_MS = 3_600_000;
const EXCHANGES = 60;
const none = () => ({ started: 0, emitted: 0, filtered: {}, lost: {}, in_flight: 0 });

/**
 * Publishes exchanges of one route of a service as an agent of another host would have, in each of the last `hours` before
 * this one, on the bus of a standalone installation.
 * @param {string} stateDir of the installation
 */
export async function publishPast(stateDir, { service, route, hours = 5 }) {
  const { EventColumnsBuilder, makeRecord } = await import('../../libs/header-event/dist/index.js');
  const { openBus } = await import('../../libs/event-bus/dist/index.js');
  const bus = await openBus({ kind: 'embedded', path: join(stateDir, 'bus.db'), retentionMs: 24 * HOUR_MS, retentionBytes: 1 << 30 });
  const identity = { hostId: 'before', incarnation: randomUUID() };
  const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  for (let i = 0; i < hours; i++) {
    const at = hour - (hours - i) * HOUR_MS + HOUR_MS / 2;
    const columns = new EventColumnsBuilder();
    for (let k = 0; k < EXCHANGES; k++) {
      const made = row(k, { routes: 1, ids: false, nowNs: BigInt(at + k) * 1_000_000n });
      columns.add({ ...made, 'service.name': service, 'http.route': route, 'client.address': '10.0.0.7', 'headwater.connection': 1n, 'headwater.ordinal': i * EXCHANGES + k });
    }
    const starts = { ...none(), started: EXCHANGES, emitted: EXCHANGES };
    const until = at + 10_000;
    const account = {
      watermark_unix_ms: until,
      since_unix_ms: at,
      until_unix_ms: until,
      request: starts,
      response: starts,
      exchanges: EXCHANGES,
      unread: {},
      coverage: 1,
      source: 'live',
    };
    await bus.publish('headwater.header-events.v1', [{ key: 'before', partition: 0, ...makeRecord({ identity, seq: i + 1, columns: columns.finish(), account }) }]);
  }
  await bus.close();
}
