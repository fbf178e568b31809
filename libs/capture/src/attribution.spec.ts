import { expect, it } from 'vitest';
import { DEFAULT_CAPTURE_OPTIONS, openReplay, type CaptureOptions } from './index.ts';
import { KernelModel, RX, TX, type ModelOptions } from './testing/kernel-model.ts';
import { replayRows } from './testing/replay-rows.ts';
import { toRows, type Row } from './testing/rows.ts';

let cookie = 1n;

/** One exchange on a socket of its own. */
function exchange(at: bigint, o: ModelOptions): Uint8Array[] {
  const model = new KernelModel(cookie++, o);
  return [...model.chunk(RX, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', at), ...model.chunk(TX, 'HTTP/1.1 204 No Content\r\n\r\n', at + 1000n), model.close('fin', at + 2000n)].map(
    (r) => r.bytes,
  );
}

const peers: CaptureOptions['peers'] = [
  { cidr: '10.0.0.0/8', name: 'inside' },
  { cidr: '10.1.0.0/16', name: 'shop' },
  { cidr: '10.1.2.3/32', name: 'till' },
  { cidr: '2001:db8::/32', name: 'six' },
  { cidr: '2001:db8:1::/48', name: 'six-one' },
  { cidr: '192.0.2.128/25', name: 'upper' },
];

it.each([
  ['the longest prefix', 2, [10, 1, 2, 3], 'till'],
  ['one shorter', 2, [10, 1, 2, 4], 'shop'],
  ['the shortest', 2, [10, 9, 2, 4], 'inside'],
  ['none', 2, [11, 1, 2, 3], ''],
  ['inside a byte', 2, [192, 0, 2, 129], 'upper'],
  ['outside by one bit', 2, [192, 0, 2, 127], ''],
  ['IPv6', 10, [0x20, 1, 0xd, 0xb8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 'six'],
  ['IPv6, longer', 10, [0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 'six-one'],
  ['IPv4 on an IPv6 socket', 10, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3], 'till'],
] as const)('names the other side: %s', async (_, family, address, expected) => {
  const { rows } = await replayRows(exchange(1_000_000n, { peer: { family, address: [...address] } }), { peers });
  expect(rows.map((r) => r['service.peer.name'])).toEqual([expected]);
});

it('a number used again is another process; its socket keeps its own name', async () => {
  const records = [
    ...exchange(1_000_000_000n, { comm: 'first', startNs: 1_000_000_000n }),
    ...exchange(2_000_000_000n, { comm: 'second', startNs: 9_000_000_000n }),
    ...exchange(3_000_000_000n, { comm: 'first', startNs: 1_000_000_000n }),
  ];
  const { rows } = await replayRows(records);
  expect(rows.map((r) => [r['process.pid'], r['process.executable.name'], r['service.name']])).toEqual([
    [4242, 'first', 'first'],
    [4242, 'second', 'second'],
    [4242, 'first', 'first'],
  ]);
});

it('network namespace, round trip and retransmits come with the row; a lost or an old record leaves them unknown', async () => {
  const { rows } = await replayRows([
    ...exchange(1_000_000n, { netnsIno: 4026532001 }),
    ...exchange(2_000_000n, { startNs: 0n }),
    ...exchange(3_000_000n, {}).filter((r) => r[0] !== 3),
  ]);
  expect(rows.map((r) => [r['headwater.netns'], r['process.executable.name'], r['headwater.srtt_us']])).toEqual([
    [4026532001, 'testd', 150],
    [0, 'testd', 150],
    [0, 'testd', 150],
  ]);
  expect(rows[2]!['headwater.flags']).toContain('peer_unknown');
});

it('messages that cannot be read are counted by program and reason, once a turn', async () => {
  const model = new KernelModel(cookie++, { comm: 'ring"d' });
  const records = [];
  for (let i = 0n; i < 5n; i++) {
    records.push(
      ...model.chunk(RX, 'GET / HTTP/1.1\r\n\r\n', 1_000_000n + i * 10_000n, { unread: 6 }),
      ...model.chunk(TX, 'HTTP/1.1 204 No Content\r\n\r\n', 1_005_000n + i * 10_000n, { unread: 6 }),
    );
    records.push(...model.chunk(TX, 'and more', 1_006_000n + i * 10_000n, { unread: 6 }));
  }
  const { rows, totals } = await replayRows([...records, model.close('fin', 9_000_000n)].map((r) => r.bytes));
  expect(rows).toEqual([]);
  expect(totals.unread_by).toEqual([{ executable: 'ring"d', reason: 'uring', messages: 10 }]);
});

it('a request whose answer could not be read is lost, not failed', async () => {
  const model = new KernelModel(cookie++);
  const records = [...model.chunk(RX, 'GET / HTTP/1.1\r\n\r\n', 1_000n), ...model.chunk(TX, 'HTTP/1.1 200 OK\r\n\r\n', 2_000n, { unread: 6 }), model.close('fin', 9_000n)];
  const { rows, totals } = await replayRows(records.map((r) => r.bytes));
  expect(rows).toEqual([]);
  expect(totals.lost.request).toEqual({ peer_lost: 1 });
});

it('takes names of pods while it runs, and rows until then do without', async () => {
  const records = [...exchange(1_000_000n, {}), ...exchange(2_000_000n, {})];
  const capture = await openReplay({ records, options: DEFAULT_CAPTURE_OPTIONS, startUnixMs: 0 });
  capture.setPods([{ uid: 'u', name: 'web-0', namespace: 'shop', containers: [{ id: 'containerd://c', name: 'app' }] }]);
  const rows: Row[] = [];
  capture.start(
    (batch) => rows.push(...toRows(batch.columns)),
    () => {},
  );
  await capture.stop();
  // a replayed process has no cgroup: no name is guessed for it (by cgroup: test/native/units.cc)
  expect(rows.map((r) => [r['k8s.pod.name'], r['k8s.namespace.name'], r['container.name']])).toEqual([
    ['', '', ''],
    ['', '', ''],
  ]);
});
