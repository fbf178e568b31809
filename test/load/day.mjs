// A day of exchanges, put on the embedded bus as an agent would have sent them: what the dashboard's figures are measured on.
import { randomUUID } from 'node:crypto';
import { row } from './stream.mjs';

const WINDOW_MS = 10_000;
const none = () => ({ started: 0, emitted: 0, filtered: {}, lost: {}, in_flight: 0 });

/** Services, routes and failures of one exchange, spread as a shop's are: a few routes carry most. */
function exchange(i, ms, { services, routes }) {
  const skewed = Math.floor(routes * ((i * 0.618034) % 1) ** 3);
  const slow = 1 + Math.sin(ms / 3_600_000) ** 2 * 4;
  return {
    ...row(skewed, { routes, ids: false, nowNs: BigInt(ms) * 1_000_000n }),
    'service.name': `svc-${skewed % services}`,
    'headwater.ttfb_ns': BigInt(Math.floor((400_000 + ((i * 7919) % 9_000_000)) * slow)),
    'headwater.total_ns': BigInt(Math.floor((600_000 + ((i * 7919) % 12_000_000)) * slow)),
    'headwater.connection': BigInt(i % 64),
    'headwater.ordinal': i,
  };
}

/**
 * Publishes `perWindow` exchanges in each 10 s window of the last `hours`, as host `day`.
 * @returns {Promise<{ exchanges: number, from: number, to: number }>}
 */
export async function publishDay({ bus, topic, hours = 23, perWindow = 20, services = 5, routes = 100 }) {
  const { EventColumnsBuilder, makeRecord } = await import('../../libs/header-event/dist/index.js');
  const identity = { hostId: 'day', incarnation: randomUUID() };
  const to = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS;
  const from = to - hours * 3_600_000;
  const windowsABatch = Math.max(1, Math.floor(2_000 / perWindow));
  let seq = 0;
  let n = 0;
  for (let start = from; start < to; start += windowsABatch * WINDOW_MS) {
    const until = Math.min(to, start + windowsABatch * WINDOW_MS);
    const columns = new EventColumnsBuilder();
    const before = n;
    for (let ms = start; ms < until; ms += WINDOW_MS) {
      for (let k = 0; k < perWindow; k++) columns.add(exchange(n++, ms + Math.floor((k * WINDOW_MS) / perWindow), { services, routes }));
    }
    const starts = { ...none(), started: n - before, emitted: n - before };
    const account = {
      watermark_unix_ms: until,
      since_unix_ms: start,
      until_unix_ms: until,
      request: starts,
      response: starts,
      exchanges: n - before,
      unread: {},
      coverage: 1,
      source: 'live',
    };
    await bus.publish(topic, [{ key: 'day', partition: 0, ...makeRecord({ identity, seq: ++seq, columns: columns.finish(), account }) }]);
  }
  return { exchanges: n, from, to };
}
