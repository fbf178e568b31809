// Minutes of services that are over already, so that a question about them need not wait: sent as an agent sends what it had spooled.
import { EventColumnsBuilder, makeRecord, partitionFor } from '@headwater/header-event';

const MINUTE = 60_000;
const HOST = 'past';
/** Minutes ago; windows are closed up to a minute or so. */
export const FROM = 12;
export const TO = 3;
const EACH_MINUTE = 30;

export const window = (nowMs) => {
  const minute = nowMs - (nowMs % MINUTE);
  return { start: new Date(minute - FROM * MINUTE).toISOString(), end: new Date(minute - TO * MINUTE).toISOString() };
};

/** One service a route, each a batch: a third of the exchanges of the route fail. */
export async function sendPast(bus, topic, services, nowMs) {
  const { start, end } = window(nowMs);
  const partition = partitionFor(HOST, 12);
  const records = services.map(({ service, route }, i) => {
    const columns = new EventColumnsBuilder();
    let rows = 0;
    for (let at = Date.parse(start); at < Date.parse(end); at += MINUTE) {
      for (let n = 0; n < EACH_MINUTE; n++) {
        columns.add({
          start_time: BigInt(at + n * 1_900) * 1_000_000n,
          'headwater.phase': 'complete',
          'headwater.role': 'server',
          'service.name': service,
          'http.request.method': 'GET',
          'http.route': route,
          'http.response.status_code': n % 3 === 0 ? 503 : 200,
          'headwater.ttfb_ns': 2_000_000,
          'headwater.total_ns': 3_000_000,
          'http.request.size': 200,
          'http.response.size': 400,
          'http.request.headers': [{ name: 'Host', value: 'past.test', action: 'keep' }],
          'headwater.ordinal': rows,
          'headwater.weight': 1,
        });
        rows++;
      }
    }
    const starts = { started: rows, emitted: rows, filtered: {}, lost: {}, in_flight: 0 };
    const until = Date.parse(end) - services.length + i;
    const account = {
      ...{ watermark_unix_ms: nowMs, since_unix_ms: until - 1, until_unix_ms: until, request: starts, response: starts },
      ...{ exchanges: rows, unread: {}, coverage: 1, source: 'live' },
    };
    return { ...makeRecord({ identity: { hostId: HOST, incarnation: 'i' }, seq: i + 1, columns: columns.finish(), account }), partition };
  });
  for (const record of records) await bus.publish(topic, [record]);
}
