import { HostsWindow, ServiceWindow } from '@headwater/sketch';
import { expect, it } from 'vitest';
import { advance, type Cumulative } from './cumulative.ts';
import { exposition } from './exposition.ts';
import { hostsRows } from './hosts-rows.ts';
import { serviceRows } from './service-rows.ts';
import { hostSlots, patternSlots } from './slots.ts';
import type { Format } from './text.ts';

function service(fill: (w: ServiceWindow) => void): Cumulative {
  const w = new ServiceWindow();
  fill(w);
  return advance('s:x', null, { windows: [serviceRows(0, w)], horizonMs: 0, endMs: 60_000, slots: (l) => patternSlots(100, l) })!;
}

const shop = service((w) => {
  const ok = w.pattern('server', 'GET', '/pay "now"\n\\', 200);
  ok.exchanges = 4;
  for (const ms of [4.9, 5.2, 240, 20_000]) ok.total.add(ms * 1e6);
  ok.ttfb.add(4e6, 4);
  ok.requestBytes = 300;
  ok.sizedRequests = 3;
  const bad = w.pattern('server', 'GET', '/', 503);
  bad.exchanges = 2;
  bad.addError('connection_reset', 1);
  w.pattern('client', 'GET', '/', 404).exchanges = 1;
  w.pattern('server', 'GET', '/gone', 0).exchanges = 1;
});

function text(format: Format): string {
  const hosts = new HostsWindow();
  const a = hosts.host('web-1');
  Object.assign(a.request, { started: 10, emitted: 7 });
  a.request.lost.set('ring_full', 3);
  a.lostBatches.set('sequence_gap', 1);
  const account = advance('h:', null, { windows: [hostsRows(0, hosts)], horizonMs: 0, endMs: 60_000, slots: (l) => hostSlots(10, l) });
  return [...exposition({ services: new Map([['shop', shop]]), hosts: account, alerts: new Map([['page', 2]]), unreadable: 0 }, format)].join('');
}

const GET = 'service_name="shop",http_request_method="GET",http_route=';

it('histograms are cumulative, with the conventions bounds, and all in their last bucket', () => {
  const pay = `http_server_request_duration_seconds`;
  const labels = `${GET}"/pay \\"now\\"\\n\\\\",http_response_status_code="200"`;
  const lines = text('text').split('\n');
  for (const line of [
    `_bucket{${labels},le="0.005"} 1`,
    `_bucket{${labels},le="0.01"} 2`,
    `_bucket{${labels},le="0.25"} 3`,
    `_bucket{${labels},le="10"} 3`,
    `_bucket{${labels},le="+Inf"} 4`,
    `_count{${labels}} 4`,
    `_sum{${labels}} 20.2501`,
  ])
    expect(lines).toContain(pay + line);
  expect(lines.filter((l) => l.startsWith('# TYPE'))).toEqual([...new Set(lines.filter((l) => l.startsWith('# TYPE')))]);
});

it('error.type is the status where that is an error to its side, _OTHER where there is none; failures have their own', () => {
  const lines = text('text').split('\n');
  for (const line of [
    `headwater_http_server_exchanges_total{${GET}"/",http_response_status_code="503",error_type="503"} 2`,
    `headwater_http_server_failures_total{${GET}"/",http_response_status_code="503",error_type="connection_reset"} 1`,
    `headwater_http_client_exchanges_total{${GET}"/",http_response_status_code="404",error_type="404"} 1`,
    `headwater_http_server_exchanges_total{${GET}"/gone",error_type="_OTHER"} 1`,
    `headwater_capture_started_total{host_name="web-1",message="request"} 10`,
    `headwater_capture_messages_total{host_name="web-1",message="request",outcome="lost",reason="ring_full"} 3`,
    `headwater_capture_batches_total{host_name="web-1",outcome="lost",reason="sequence_gap"} 1`,
    `headwater_alerts_open{severity="page"} 2`,
  ])
    expect(lines).toContain(line);
});

it('OpenMetrics: counters are called without _total in their type, units are said, bounds are floats, and it ends', () => {
  const open = text('openmetrics');
  expect(open).toContain('# TYPE headwater_http_server_exchanges counter\n');
  expect(open).toContain('# UNIT http_server_request_duration_seconds seconds\n');
  expect(open).toContain('le="1.0"} 3\n');
  expect(open.endsWith('# EOF\n')).toBe(true);
  expect(text('text')).not.toContain('EOF');
});

it('a reader without hosts and alerts gets none', () => {
  const lines = [...exposition({ services: new Map([['shop', shop]]), hosts: null, alerts: null, unreadable: 0 }, 'text')].join('');
  expect(lines).not.toMatch(/headwater_(capture|alerts)/);
});
