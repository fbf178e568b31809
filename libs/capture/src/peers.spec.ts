import { expect, it } from 'vitest';
import { KernelModel, RX, TX } from './testing/kernel-model.ts';
import { replayRows } from './testing/replay-rows.ts';
import type { CaptureOptions } from './index.ts';
import { DEFAULT_CAPTURE_OPTIONS } from './index.ts';

const POLICY = DEFAULT_CAPTURE_OPTIONS.policy;

/** One exchange on a socket of that family and peer; the row. */
async function rowOf(family: number, peer: number[], clientAddress: CaptureOptions['policy']['clientAddress'] = 'truncate') {
  const model = new KernelModel(1n);
  const records = [...model.chunk(RX, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 1_000n), ...model.chunk(TX, 'HTTP/1.1 204 No Content\r\n\r\n', 2_000n)].map((r) => r.bytes);
  const conn = records.find((r) => r[0] === 3)!;
  conn[1] = family;
  conn.fill(0, 48, 80);
  conn.set(peer, 64);
  const { rows } = await replayRows(records, { policy: { ...POLICY, clientAddress } });
  expect(rows).toHaveLength(1);
  return { transport: rows[0]!['network.transport'], client: rows[0]!['client.address'], port: rows[0]!['server.port'] };
}

const v6 = (text: string) => text.split(':').flatMap((w) => [Number.parseInt(w, 16) >> 8, Number.parseInt(w, 16) & 255]);
const mapped = (...v4: number[]) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...v4];

it.each([
  ['a public IPv4 peer', 2, [203, 0, 113, 77], '203.0.113.0'],
  ['a private IPv4 peer', 2, [10, 1, 2, 3], '10.1.2.3'],
  ['carrier-grade NAT', 2, [100, 64, 1, 2], '100.64.1.2'],
  ['a public IPv6 peer', 10, v6('2001:db8:85a3:1:2:3:4:5'), '2001:db8:85a3::'],
  ['a unique local IPv6 peer', 10, v6('fd00:0:0:0:0:0:0:7'), 'fd00::7'],
  ['a link-local IPv6 peer', 10, v6('fe80:0:0:0:0:0:0:9'), 'fe80::9'],
  ['the IPv6 loopback', 10, v6('0:0:0:0:0:0:0:1'), '::1'],
  ['an IPv4 peer on an IPv6 socket', 10, mapped(198, 51, 100, 9), '198.51.100.0'],
  ['a private IPv4 peer on an IPv6 socket', 10, mapped(192, 168, 7, 9), '192.168.7.9'],
])('%s', async (_, family, peer, expected) => {
  expect(await rowOf(family, peer)).toEqual({ transport: 'tcp', client: expected, port: 8080 });
});

it('an AF_UNIX socket has no addresses and no port', async () => {
  expect(await rowOf(1, [])).toEqual({ transport: 'unix', client: '', port: 0 });
});

it('keeps or fingerprints addresses when the policy says so', async () => {
  expect((await rowOf(2, [203, 0, 113, 77], 'keep')).client).toBe('203.0.113.77');
  expect((await rowOf(2, [203, 0, 113, 77], 'hash')).client).toMatch(/^k1:[0-9a-f]{16}$/);
});
