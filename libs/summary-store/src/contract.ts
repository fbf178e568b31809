/** What every SummaryStore keeps. Run by each adapter on the real thing. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rollingContract } from './rolling.contract.ts';
import type { Claim, Closed, ClosedHead, Commit, SegmentKey, SegmentWrite, SummaryStore, Taken, UnitId } from './port.ts';

const text = (s: string) => new TextEncoder().encode(s);
const read = (b: Uint8Array) => new TextDecoder().decode(b);
const W = 1_700_000_000_000;
const key = (subject = 's:shop', start = W): SegmentKey => ({ resolution: '10s', start, subject });
const write = (s: string, fresh: boolean, k: SegmentKey = key()): SegmentWrite => ({ ...k, bytes: text(s), fresh });
export const commitOf = (unit: UnitId, epoch: number, from: number | null, to: number, segments: SegmentWrite[], rest: { [K in keyof Commit]?: Commit[K] } = {}): Commit => ({
  unit,
  epoch,
  expectedOffset: from,
  nextOffset: to,
  agents: text(`agents ${to}`),
  watermark: W + to,
  silent: [],
  at: W + to,
  segments,
  ...rest,
});
/** The closer's merge of the contract: texts joined by '+'. */
export function closeOf(unit: UnitId, claim: Pick<Claim, 'epoch'>, k: SegmentKey, t: Taken, missing: number[] = []) {
  const holds: Closed['holds'] = { ...t.closed?.holds };
  for (const p of t.partials) holds[p.partition] = Math.max(holds[p.partition] ?? 0, p.revision);
  const bytes = text([...(t.closed ? [t.closed.bytes] : []), ...t.partials.map((p) => p.bytes)].map(read).join('+'));
  const revision = t.closed?.revision ?? 0;
  return { unit, epoch: claim.epoch, lease: t.lease, expectedRevision: revision, closed: { ...k, revision: revision + 1, bytes, holds, missing, closedAt: W } };
}

const headOf = (closed: Closed): ClosedHead => Object.fromEntries(Object.entries(closed).filter(([k]) => k !== 'bytes')) as ClosedHead;

export function summaryStoreContract(store: () => SummaryStore): void {
  const fresh = () => ({ topic: `t-${randomUUID().slice(0, 8)}`, partition: 0 });

  async function two() {
    const a = fresh();
    const b = { ...a, partition: 3 };
    const [ca, cb] = [await store().claim(a, 'bus'), await store().claim(b, 'bus')];
    await store().commit(commitOf(a, ca.epoch, null, 1, [write('a', true)]));
    await store().commit(commitOf(b, cb.epoch, null, 1, [write('b', true)]));
    return { a, b, ca, cb, topic: a.topic };
  }

  describe('claim', () => {
    test('a new unit starts at nothing', async () => {
      const unit = fresh();
      const c = await store().claim(unit, 'bus-1');
      expect(c).toEqual({ epoch: c.epoch, busIncarnation: 'bus-1', nextOffset: null, agents: null, watermark: 0, open: [], floors: { '10s': 0, '1m': 0, '1h': 0 } });
      expect(c.epoch).toBeGreaterThan(0);
    });

    test('raises the epoch and returns what was committed', async () => {
      const unit = fresh();
      const a = await store().claim(unit, 'bus-1');
      expect(await store().commit(commitOf(unit, a.epoch, null, 10, [write('x', true)]))).toEqual({ kind: 'ok', taken: [] });
      const b = await store().claim(unit, 'bus-1');
      expect(b.epoch).toBeGreaterThan(a.epoch);
      expect(b.nextOffset).toBe(10);
      expect(read(b.agents!)).toBe('agents 10');
      expect(b.watermark).toBe(W + 10);
      expect(b.open.map((s) => ({ ...s, bytes: read(s.bytes) }))).toEqual([{ ...key(), bytes: 'x' }]);
    });

    test('another bus incarnation clears offset and watermark and keeps the windows, and the agents, whose numbers go on', async () => {
      const unit = fresh();
      const a = await store().claim(unit, 'bus-1');
      await store().commit(commitOf(unit, a.epoch, null, 10, [write('x', true)]));
      const b = await store().claim(unit, 'bus-2');
      expect([b.nextOffset, read(b.agents!), b.watermark, b.open.length, b.busIncarnation]).toEqual([null, 'agents 10', 0, 1, 'bus-2']);
      expect((await store().commit(commitOf(unit, b.epoch, null, 3, [write('xy', false)]))).kind).toBe('ok');
    });

    test('bytes of any value and of no length survive', async () => {
      const unit = fresh();
      const a = await store().claim(unit, 'bus-1');
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      const odd = key('s:\u00e9\u0000\n {x}:\u{1f600}');
      await store().commit({
        ...commitOf(unit, a.epoch, null, 1, [
          { ...key(), bytes: all, fresh: true },
          { ...odd, bytes: new Uint8Array(0), fresh: true },
        ]),
        agents: all,
      });
      const b = await store().claim(unit, 'bus-1');
      const bySubject = new Map(b.open.map((s) => [s.subject, Buffer.from(s.bytes).toString('hex')]));
      expect(bySubject).toEqual(
        new Map([
          ['s:shop', Buffer.from(all).toString('hex')],
          [odd.subject, ''],
        ]),
      );
      expect(Buffer.from(b.agents!).equals(all)).toBe(true);
    });
  });

  describe('commit', () => {
    test('an older epoch is fenced, a newer one than the stored is stale', async () => {
      const unit = fresh();
      const a = await store().claim(unit, 'bus-1');
      const b = await store().claim(unit, 'bus-1');
      expect(await store().commit(commitOf(unit, a.epoch, null, 1, [write('x', true)]))).toEqual({ kind: 'fenced', epoch: b.epoch });
      expect(await store().commit(commitOf(unit, b.epoch + 1, null, 1, [write('x', true)]))).toEqual({ kind: 'stale', nextOffset: null });
      expect(await store().commit(commitOf(fresh(), 1, null, 1, []))).toEqual({ kind: 'stale', nextOffset: null });
      expect(await store().partials(unit.topic, key())).toEqual([]);
    });

    test('another offset is stale and writes nothing', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus-1');
      await store().commit(commitOf(unit, epoch, null, 5, [write('x', true)]));
      expect(await store().commit(commitOf(unit, epoch, 4, 9, [write('bad', false)]))).toEqual({ kind: 'stale', nextOffset: 5 });
      expect(await store().commit(commitOf(unit, epoch, null, 9, [write('bad', false)]))).toEqual({ kind: 'stale', nextOffset: 5 });
      expect((await store().partials(unit.topic, key())).map((p) => read(p.bytes))).toEqual(['x']);
    });

    test('a retry of the very same commit is ok and changes nothing', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus-1');
      const c = commitOf(unit, epoch, null, 5, [write('x', true)]);
      await store().commit(c);
      const before = await store().partials(unit.topic, key());
      expect((await store().commit(c)).kind).toBe('ok');
      expect(await store().partials(unit.topic, key())).toEqual(before);
    });

    test('the same offset again moves the watermark', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus-1');
      await store().commit(commitOf(unit, epoch, null, 5, []));
      expect((await store().commit(commitOf(unit, epoch, 5, 5, [], { watermark: W + 99, silent: ['h1', 'h2'], at: 7 }))).kind).toBe('ok');
      expect(await store().units(unit.topic)).toEqual([{ ...unit, epoch, nextOffset: 5, watermark: W + 99, silent: ['h1', 'h2'], at: 7 }]);
    });

    test('revisions grow with every commit of the unit', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus-1');
      const seen: number[] = [];
      for (let i = 0; i < 4; i++) {
        await store().commit(commitOf(unit, epoch, i || null, i + 1, [write(`x${i}`, i === 0)]));
        seen.push((await store().partials(unit.topic, key()))[0]!.revision);
      }
      expect(seen).toEqual([...new Set(seen)].sort((x, y) => x - y));
      expect(seen[0]).toBeGreaterThan(0);
    });

    test('fresh where a partial is open, or not fresh where none is: taken, and nothing of the commit is written', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus-1');
      await store().commit(commitOf(unit, epoch, null, 1, [write('x', true)]));
      const other = key('s:other');
      expect(await store().commit(commitOf(unit, epoch, 1, 2, [write('o', true, other), write('y', true)]))).toEqual({ kind: 'taken', keys: [key()] });
      expect(await store().commit(commitOf(unit, epoch, 1, 2, [write('x2', false), write('o', false, other)]))).toEqual({ kind: 'taken', keys: [other] });
      const c = await store().claim(unit, 'bus-1');
      expect([c.nextOffset, c.open.map((s) => read(s.bytes))]).toEqual([1, ['x']]);
    });

    test('a malformed key is refused before anything is sent', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus-1');
      await expect(store().commit(commitOf(unit, epoch, null, 1, [write('x', true, key('s:a', W + 1))]))).rejects.toThrow(/start: .* not a multiple of 10000/);
      await expect(store().commit(commitOf(unit, epoch, null, 1, [write('x', true, key('s:' + '\u00e9'.repeat(128)))]))).rejects.toThrow(/subject: 258 bytes/);
    });

    test('many segments in one step', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus-1');
      const many = Array.from({ length: 5000 }, (_, i) => write(`v${i}`, true, key(`s:${i % 500}`, W + 10_000 * Math.floor(i / 500))));
      expect(await store().commit(commitOf(unit, epoch, null, 1, many))).toEqual({ kind: 'ok', taken: [] });
      const rows = await store().read({ topic: unit.topic, resolution: '10s', start: W, end: W + 100_000 });
      expect(rows.length).toBe(5000);
      expect(new Set(rows.map((r) => read(r.partials[0]!.bytes))).size).toBe(5000);
    });
  });

  describe('take and close', () => {
    const merged = async (topic: string) =>
      (await store().read({ topic, resolution: '10s', start: W, end: W + 10_000 })).map((r) => ({
        subject: r.subject,
        revision: r.closed?.revision ?? 0,
        closed: r.closed && read(r.closed.bytes),
        partials: r.partials.map((p) => `${p.partition}:${read(p.bytes)}`),
      }));

    test('the closed segment takes the place of what it holds', async () => {
      const { a, ca, topic } = await two();
      expect(await merged(topic)).toEqual([{ subject: 's:shop', revision: 0, closed: null, partials: ['0:a', '3:b'] }]);
      const t = await store().take(topic, key(), a);
      expect([t.closed, t.partials.map((p) => p.partition)]).toEqual([null, [0, 3]]);
      expect(await merged(topic)).toEqual([{ subject: 's:shop', revision: 0, closed: null, partials: ['0:a', '3:b'] }]);
      expect(await store().closable(topic, '10s', W + 10_000)).toEqual([key()]);
      const c = closeOf(a, ca, key(), t, [7]);
      expect(await store().close(topic, c)).toEqual({ kind: 'ok' });
      expect(await merged(topic)).toEqual([{ subject: 's:shop', revision: 1, closed: 'a+b', partials: [] }]);
      expect(await store().closable(topic, '10s', W + 10_000)).toEqual([]);
      const stored = await store().closed(topic, key());
      expect({ ...stored, bytes: read(stored!.bytes) }).toEqual({ ...c.closed, bytes: 'a+b' });
      expect((await store().take(topic, key(), a)).partials).toEqual([]);
      expect(await store().close(topic, c)).toEqual({ kind: 'ok' }); // a retry
      expect(await store().closed(topic, key())).toEqual(stored);
    });

    test('the owner is told what was taken; what it folds later is a partial of its own', async () => {
      const { a, b, ca, cb, topic } = await two();
      const t = await store().take(topic, key(), a);
      // untouched by this commit: the hint arrives once
      expect(await store().commit(commitOf(b, cb.epoch, 1, 2, []))).toEqual({ kind: 'ok', taken: [key()] });
      expect(await store().commit(commitOf(b, cb.epoch, 2, 3, [write('late', true)]))).toEqual({ kind: 'ok', taken: [] });
      expect(await merged(topic)).toEqual([{ subject: 's:shop', revision: 0, closed: null, partials: ['0:a', '3:b', '3:late'] }]);
      expect(await store().close(topic, closeOf(a, ca, key(), t))).toEqual({ kind: 'ok' });
      expect(await merged(topic)).toEqual([{ subject: 's:shop', revision: 1, closed: 'a+b', partials: ['3:late'] }]);
      expect(await store().closable(topic, '10s', W + 10_000)).toEqual([key()]);
      const second = await store().take(topic, key(), a);
      expect(second.partials.map((p) => read(p.bytes))).toEqual(['late']);
      expect(await store().close(topic, closeOf(a, ca, key(), second))).toEqual({ kind: 'ok' });
      expect(await merged(topic)).toEqual([{ subject: 's:shop', revision: 2, closed: 'a+b+late', partials: [] }]);
    });

    test('a commit that continues a taken partial is refused whole; claim leads out of it', async () => {
      const { b, cb, a, topic } = await two();
      await store().take(topic, key(), a);
      expect(await store().commit(commitOf(b, cb.epoch, 1, 2, [write('bb', false), write('n', true, key('s:new'))]))).toEqual({ kind: 'taken', keys: [key()] });
      const again = await store().claim(b, 'bus');
      expect([again.nextOffset, again.open]).toEqual([1, []]);
      expect(await store().commit(commitOf(b, again.epoch, 1, 2, [write('b2', true)]))).toEqual({ kind: 'ok', taken: [] });
    });

    test('taking twice gives the same, also after new partials', async () => {
      const { a, b, cb, topic } = await two();
      await store().take(topic, key(), a);
      await store().commit(commitOf(b, cb.epoch, 1, 2, []));
      await store().commit(commitOf(b, cb.epoch, 2, 3, [write('l', true)]));
      expect((await store().take(topic, key(), a)).partials.map((p) => read(p.bytes))).toEqual(['a', 'b', 'l']);
      expect((await store().take(topic, key(), a)).partials.map((p) => read(p.bytes))).toEqual(['a', 'b', 'l']);
    });

    test('a close is fenced, stale by revision, and stale by lease', async () => {
      const { a, ca, topic } = await two();
      const t = await store().take(topic, key(), a);
      const good = closeOf(a, ca, key(), t);
      expect(await store().close(topic, { ...good, lease: 'another life' })).toEqual({ kind: 'stale', revision: 0 });
      expect(await store().close(topic, { ...good, expectedRevision: 1 })).toEqual({ kind: 'stale', revision: 0 });
      expect(await store().close(topic, { ...good, epoch: ca.epoch + 1 })).toEqual({ kind: 'stale', revision: 0 });
      const next = await store().claim(a, 'bus');
      expect(await store().close(topic, good)).toEqual({ kind: 'fenced', epoch: next.epoch });
      expect(await store().closed(topic, key())).toBeNull();
      expect(await store().close(topic, { ...good, epoch: next.epoch })).toEqual({ kind: 'ok' });
      expect(await store().close(topic, { ...good, epoch: next.epoch, closed: { ...good.closed, bytes: text('other') } })).toEqual({ kind: 'stale', revision: 1 });
    });

    test('closable: ended windows of that resolution, by start and subject', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus');
      const keys = [
        key('s:b', W + 10_000),
        key('s:a', W + 10_000),
        key('s:z', W),
        key('s:late', W + 20_000),
        { resolution: '1m' as const, start: W - (W % 60_000), subject: 's:m' },
      ];
      await store().commit(
        commitOf(
          unit,
          epoch,
          null,
          1,
          keys.map((k) => write('x', true, k)),
        ),
      );
      expect(await store().closable(unit.topic, '10s', W + 20_000)).toEqual([keys[2], keys[1], keys[0]]);
      expect(await store().closable(unit.topic, '10s', W + 19_999)).toEqual([keys[2]]);
      expect(await store().closable(unit.topic, '1m', W + 60_000)).toEqual([keys[4]]);
      expect(await store().closable('another', '10s', W + 90_000)).toEqual([]);
    });
  });

  describe('prune and read', () => {
    test('prune deletes whole windows before, and says how many; the owner learns of open ones', async () => {
      const unit = fresh();
      const c = await store().claim(unit, 'bus');
      const [k0, k1, k2] = [key('s:a', W), key('s:a', W + 10_000), key('s:a', W + 20_000)];
      await store().commit(commitOf(unit, c.epoch, null, 1, [write('0', true, k0), write('1', true, k1), write('2', true, k2)]));
      await store().close(unit.topic, closeOf(unit, c, k0, await store().take(unit.topic, k0, unit)));
      expect(await store().prune(unit.topic, '1m', W + 20_000)).toBe(0);
      expect(await store().prune(unit.topic, '10s', W + 20_000)).toBe(2);
      expect((await store().read({ topic: unit.topic, resolution: '10s', start: 0, end: W * 2 })).map((r) => r.start)).toEqual([W + 20_000]);
      const answer = await store().commit(commitOf(unit, c.epoch, 1, 2, []));
      expect(answer.kind === 'ok' && answer.taken.map((k) => k.start)).toEqual([W, W + 10_000]);
      expect(await store().prune(unit.topic, '10s', W + 20_000)).toBe(0);
    });

    test('read: half-open, by subject, ordered', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus');
      const keys = [key('s:b'), key('s:a'), key('s:a', W + 10_000), key('s:c', W + 20_000)];
      await store().commit(
        commitOf(
          unit,
          epoch,
          null,
          1,
          keys.map((k) => write('x', true, k)),
        ),
      );
      const names = async (start: number, end: number, subjects?: string[]) =>
        (await store().read({ topic: unit.topic, resolution: '10s', start, end, ...(subjects ? { subjects } : {}) })).map((r) => `${(r.start - W) / 10_000}${r.subject}`);
      expect(await names(W, W + 20_000)).toEqual(['0s:a', '0s:b', '1s:a']);
      expect(await names(W + 1, W + 30_000)).toEqual(['1s:a', '2s:c']);
      expect(await names(W, W + 30_000, ['s:a', 's:c', 's:none'])).toEqual(['0s:a', '1s:a', '2s:c']);
      expect(await names(W, W + 30_000, [])).toEqual([]);
      expect(await names(W, W)).toEqual([]);
    });

    test('read with held: bytes that the reader has stay in the store; all else is as ever', async () => {
      const { a, b, ca, cb, topic } = await two();
      const range = { topic, resolution: '10s', start: W, end: W + 20_000 } as const;
      const later = key('s:shop', W + 10_000);
      await store().commit(commitOf(a, ca.epoch, 1, 2, [write('c', true, later)]));
      for (const k of [key(), later]) await store().close(topic, closeOf(a, ca, k, await store().take(topic, k, a), [7]));
      await store().commit(commitOf(b, cb.epoch, 1, 2, [write('late', true)]));
      const withHeld = async (held: (closed: ClosedHead) => boolean, subjects?: string[]) =>
        (await store().read({ ...range, ...(subjects ? { subjects } : {}) }, held)).map((w) => [
          (w.start - W) / 10_000,
          w.closed!.revision,
          w.closed!.bytes && read(w.closed!.bytes),
          w.partials.map((p) => read(p.bytes)),
        ]);
      const asked: ClosedHead[] = [];
      expect(await withHeld((head) => asked.push(head) > 0 && head.start === W)).toEqual([
        [0, 1, null, ['late']],
        [1, 1, 'c', []],
      ]);
      const whole = await store().read(range);
      expect(asked.sort((x, y) => x.start - y.start)).toEqual(whole.map(({ closed }) => headOf(closed!)));
      expect(await withHeld(() => false)).toEqual([
        [0, 1, 'a+b', ['late']],
        [1, 1, 'c', []],
      ]);
      expect(await withHeld(() => true, ['s:shop'])).toEqual([
        [0, 1, null, ['late']],
        [1, 1, null, []],
      ]);
      expect(await withHeld(() => true, ['s:none'])).toEqual([]);

      // closed again with what was late: another revision, so its bytes come
      await store().close(topic, closeOf(a, ca, key(), await store().take(topic, key(), a)));
      expect(await withHeld((head) => head.revision === 1)).toEqual([
        [0, 2, 'a+b+late', []],
        [1, 1, null, []],
      ]);
    });

    test('units of one topic, by partition', async () => {
      const unit = fresh();
      for (const partition of [11, 2, 0]) await store().claim({ ...unit, partition }, 'bus');
      expect((await store().units(unit.topic)).map((u) => [u.partition, u.nextOffset, u.silent])).toEqual([
        [0, null, []],
        [2, null, []],
        [11, null, []],
      ]);
      expect(await store().units('no such topic')).toEqual([]);
    });

    test('two owners at once: one commit of each offset wins', async () => {
      const unit = fresh();
      const { epoch } = await store().claim(unit, 'bus');
      const kinds = await Promise.all([1, 2, 3, 4].map((n) => store().commit(commitOf(unit, epoch, null, n, [write(`${n}`, true)]))));
      expect(kinds.map((r) => r.kind).sort()).toEqual(['ok', 'stale', 'stale', 'stale']);
    });
  });

  rollingContract(store);

  test('ping', () => store().ping());
}
