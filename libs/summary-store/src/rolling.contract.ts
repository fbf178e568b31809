/** What every SummaryStore keeps about roll-ups. Part of contract.ts. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { closeOf, commitOf } from './contract.ts';
import type { Claim, ClosedHead, Coarse, ReadRange, SegmentKey, SummaryStore, UnitId } from './port.ts';

const H = 1_700_002_800_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const text = (s: string) => new TextEncoder().encode(s);
const read = (b: Uint8Array) => new TextDecoder().decode(b);
const at = (seconds: number, subject = 's:a'): SegmentKey => ({ resolution: '10s', start: H + seconds * 1000, subject });
const wide = (resolution: Coarse, seconds: number, subject = 's:a') => ({ resolution, start: H + seconds * 1000, subject });

/** One unit that owns and closes everything. */
class Unit {
  readonly unit: UnitId = { topic: `r-${randomUUID().slice(0, 8)}`, partition: 0 };
  readonly store: SummaryStore;
  claim!: Claim;
  offset: number | null = null;
  private closes = 0;

  constructor(store: SummaryStore) {
    this.store = store;
  }
  static async of(store: SummaryStore): Promise<Unit> {
    const u = new Unit(store);
    u.claim = await store.claim(u.unit, 'bus');
    return u;
  }
  get topic(): string {
    return this.unit.topic;
  }
  async write(value: string, key: SegmentKey): Promise<string> {
    const from = this.offset;
    const result = await this.store.commit(commitOf(this.unit, this.claim.epoch, from, (from ?? 0) + 1, [{ ...key, bytes: text(value), fresh: true }]));
    if (result.kind === 'ok') this.offset = (from ?? 0) + 1;
    return result.kind;
  }
  async close(key: SegmentKey): Promise<string> {
    const commit = closeOf(this.unit, this.claim, key, await this.store.take(this.topic, key, this.unit));
    commit.closed.closedAt = ++this.closes;
    return (await this.store.close(this.topic, commit)).kind;
  }
  /** Commits and closes. */
  async put(value: string, key: SegmentKey): Promise<void> {
    expect([await this.write(value, key), await this.close(key)]).toEqual(['ok', 'ok']);
  }
  async sources(key: ReturnType<typeof wide>) {
    const found = await this.store.sources(this.unit, key);
    if (found === null) return null;
    const bytes = text(
      found.finer
        .map((f) => read(f.bytes))
        .sort()
        .join('+'),
    );
    const rollUp = found.finer.length === 0 ? null : { revision: found.revision + 1, bytes, missing: [4], closedAt: 1000 + ++this.closes };
    return { unit: this.unit, epoch: this.claim.epoch, key, rollUp, mark: found.mark, lease: found.lease };
  }
  async roll(key: ReturnType<typeof wide>): Promise<string> {
    const commit = await this.sources(key);
    return commit === null ? 'not due' : (await this.store.rollUp(commit)).kind;
  }
  async due(resolution: Coarse, before = H + HOUR, limit = 100): Promise<string[]> {
    return (await this.store.rollable(this.unit, resolution, before, limit)).map((k) => `${(k.start - H) / 1000} ${k.subject}${k.madeAt === null ? '' : ' again'}`);
  }
  async seen(range: Partial<ReadRange> = {}, held?: (closed: ClosedHead) => boolean): Promise<string[]> {
    const whole: ReadRange = { topic: this.topic, resolution: '10s', start: H, end: H + HOUR, coarsest: '1h', ...range };
    return (held ? await this.store.read(whole, held) : await this.store.read(whole)).map((w) => {
      const of = w.closed === null ? '' : `${w.closed.rollUp ? 'R' : 'C'}${w.closed.revision}:${w.closed.bytes === null ? 'held' : read(w.closed.bytes)}`;
      return `${w.resolution} ${(w.start - H) / 1000} ${w.subject} ${[of, ...w.partials.map((p) => read(p.bytes))].filter(Boolean).join(' | ')}`;
    });
  }
}

export function rollingContract(store: () => SummaryStore): void {
  describe('roll-ups', () => {
    test('a minute and an hour are made of what is closed below; reads use the widest that lies inside', async () => {
      const u = await Unit.of(store());
      await u.put('a', at(0));
      await u.put('b', at(10));
      await u.put('c', at(70));
      await u.put('z', at(70, 's:z'));
      expect([await u.due('1m'), await u.due('1h'), await u.due('1m', H + MINUTE), await u.due('1m', H + MINUTE - 1)]).toEqual([
        ['0 s:a', '60 s:a', '60 s:z'],
        ['0 s:a', '0 s:z'],
        ['0 s:a'],
        [],
      ]);
      expect((await u.due('1m', H + HOUR, 2)).length).toBe(2);
      expect(await u.sources(wide('1h', 0))).toBeNull(); // its minutes are due
      expect([await u.roll(wide('1m', 0)), await u.roll(wide('1m', 60))]).toEqual(['ok', 'ok']);
      expect([await u.due('1m'), await u.roll(wide('1m', 0))]).toEqual([['60 s:z'], 'not due']);
      expect(await u.seen()).toEqual(['1m 0 s:a R1:a+b', '1m 60 s:a R1:c', '10s 70 s:z C1:z']);
      expect([await u.roll(wide('1h', 0)), await u.due('1h')]).toEqual(['ok', ['0 s:z']]);
      expect(await u.seen()).toEqual(['1h 0 s:a R1:a+b+c', '10s 70 s:z C1:z']);
      expect(await u.seen({ coarsest: '1m' })).toEqual(['1m 0 s:a R1:a+b', '1m 60 s:a R1:c', '10s 70 s:z C1:z']);
      for (const coarsest of ['10s' as const, undefined]) {
        const range = { topic: u.topic, resolution: '10s', start: H, end: H + HOUR, ...(coarsest ? { coarsest } : {}) } as const;
        expect((await u.store.read(range)).map((w) => read(w.closed!.bytes))).toEqual(['a', 'b', 'c', 'z']);
      }
      // a range that cuts windows through takes the narrower ones there
      expect(await u.seen({ start: H + 10_000 })).toEqual(['10s 10 s:a C1:b', '1m 60 s:a R1:c', '10s 70 s:z C1:z']);
      expect(await u.seen({ end: H + 80_000, subjects: ['s:a', 's:none'] })).toEqual(['1m 0 s:a R1:a+b', '10s 70 s:a C1:c']);
      expect(await u.seen({ subjects: [] })).toEqual([]);
      const made = await u.store.rolledUp(u.topic, wide('1m', 0));
      expect([made!.revision, made!.rollUp, made!.missing, made!.holds]).toEqual([1, true, [4], {}]);
      expect(await u.store.rolledUp(u.topic, wide('1m', 120))).toBeNull();
    });

    test('partials that were not closed below keep a roll-up from answering, for that subject alone', async () => {
      const u = await Unit.of(store());
      for (const subject of ['s:a', 's:b']) {
        await u.put('a', at(0, subject));
        await u.roll(wide('1m', 0, subject));
        await u.roll(wide('1h', 0, subject));
      }
      await u.write('late', at(10));
      expect(await u.seen()).toEqual(['10s 0 s:a C1:a', '1h 0 s:b R1:a', '10s 10 s:a late']);
      expect(await u.seen({ subjects: ['s:b'] })).toEqual(['1h 0 s:b R1:a']);
    });

    test('late data that is closed outdates what is above; it is made again with a greater revision', async () => {
      const u = await Unit.of(store());
      await u.put('a', at(0));
      await u.roll(wide('1m', 0));
      await u.roll(wide('1h', 0));
      await u.put('b', at(0));
      expect([await u.due('1m'), await u.due('1h'), await u.seen()]).toEqual([['0 s:a again'], ['0 s:a again'], ['10s 0 s:a C2:a+b']]);
      expect((await u.store.rolledUp(u.topic, wide('1m', 0)))!.revision).toBe(1);
      await u.roll(wide('1m', 0));
      await u.roll(wide('1h', 0));
      expect(await u.seen()).toEqual(['1h 0 s:a R2:a+b']);
      expect(await u.seen({}, (head) => head.rollUp === true && head.revision === 2)).toEqual(['1h 0 s:a R2:held']);
    });

    test('a roll-up of what has changed since is refused; so is one of another epoch or another life of the store', async () => {
      const u = await Unit.of(store());
      await u.put('a', at(0));
      const early = await u.sources(wide('1m', 0));
      await u.put('b', at(10));
      expect(await u.store.rollUp(early!)).toEqual({ kind: 'stale', revision: 0 });
      const good = (await u.sources(wide('1m', 0)))!;
      expect(await u.store.rollUp({ ...good, lease: 'another life' })).toEqual({ kind: 'stale', revision: 0 });
      expect(await u.store.rollUp({ ...good, epoch: good.epoch + 1 })).toEqual({ kind: 'stale', revision: 0 });
      expect([(await u.store.rollUp(good)).kind, (await u.store.rollUp(good)).kind]).toEqual(['ok', 'ok']); // a retry
      expect(await u.store.rollUp({ ...good, rollUp: { ...good.rollUp!, bytes: text('other') } })).toEqual({ kind: 'stale', revision: 1 });
      const hour = (await u.sources(wide('1h', 0)))!;
      const next = await u.store.claim(u.unit, 'bus');
      expect(await u.store.rollUp(hour)).toEqual({ kind: 'fenced', epoch: next.epoch });
      await expect(u.store.rollUp({ ...hour, key: wide('1h', 60) })).rejects.toThrow(/not a multiple/);
    });

    test('windows of a minute of their own (late data) stand beside its roll-up and go into the hour', async () => {
      const u = await Unit.of(store());
      await u.put('a', at(0));
      await u.roll(wide('1m', 0));
      await u.roll(wide('1h', 0));
      await u.write('late', wide('1m', 0));
      expect(await u.seen()).toEqual(['1m 0 s:a late', '1m 0 s:a R1:a']);
      expect(await u.seen({ start: H + 10_000 })).toEqual([]); // it lies not wholly inside
      expect(await u.close(wide('1m', 0))).toBe('ok');
      expect([await u.due('1m'), await u.due('1h'), await u.seen()]).toEqual([[], ['0 s:a again'], ['1m 0 s:a C1:late', '1m 0 s:a R1:a']]);
      await u.roll(wide('1h', 0));
      await u.put('hour', wide('1h', 0));
      expect(await u.seen()).toEqual(['1h 0 s:a C1:hour', '1h 0 s:a R2:a+late']);
      expect(await u.seen({ coarsest: '1m' })).toEqual(['1m 0 s:a C1:late', '1m 0 s:a R1:a']);
    });

    test('retire: only what is rolled up goes; then it is final, and nothing begins in it any more', async () => {
      const u = await Unit.of(store());
      for (const [value, key] of [
        ['a', at(0)],
        ['b', at(70)],
        ['c', at(130)],
      ] as const)
        await u.put(value, key);
      await u.roll(wide('1m', 0));
      await u.roll(wide('1m', 60));
      await u.write('open', at(80));
      const stale = closeOf(u.unit, u.claim, at(80), await u.store.take(u.topic, at(80), u.unit));
      expect(await u.store.retire(u.topic, '10s', H + 3 * MINUTE + 1, 0)).toEqual({ segments: 1, forced: 0, waiting: 2 }); // one has a partial, one no roll-up
      expect(await u.seen()).toEqual(['1m 0 s:a R1:a', '10s 70 s:a C1:b', '10s 80 s:a open', '10s 130 s:a C1:c']);
      // refused, and the new owner knows why
      expect([await u.write('too late', at(0)), await u.write('too late', at(170)), await u.write('fine', at(180))]).toEqual(['taken', 'taken', 'ok']);
      u.claim = await u.store.claim(u.unit, 'bus');
      expect(u.claim.floors).toEqual({ '10s': H + 3 * MINUTE, '1m': 0, '1h': 0 });
      // what was open is closed as ever
      expect(await u.close(at(80))).toBe('ok');
      await u.roll(wide('1m', 60));
      await u.roll(wide('1m', 120));
      expect(await u.store.retire(u.topic, '10s', H + 3 * MINUTE, 0)).toEqual({ segments: 3, forced: 0, waiting: 0 });
      // a closer that took it before, too: what it holds is in the roll-up
      expect((await u.store.close(u.topic, { ...stale, epoch: u.claim.epoch })).kind).toBe('stale');
      expect(await u.seen({ end: H + 180_000 })).toEqual(['1m 0 s:a R1:a', '1m 60 s:a R2:b+open', '1m 120 s:a R1:c']);
      await u.close(at(180));
      await u.roll(wide('1m', 180));
      await u.roll(wide('1h', 0));
      await u.store.retire(u.topic, '10s', H + HOUR, 0);
      expect(await u.store.retire(u.topic, '1m', H + HOUR, 0)).toEqual({ segments: 4, forced: 0, waiting: 0 });
      expect([await u.seen(), await u.seen({ coarsest: '1m' })]).toEqual([['1h 0 s:a R1:a+b+open+c+fine'], []]);
      expect((await u.store.claim(u.unit, 'bus')).floors).toEqual({ '10s': H + HOUR, '1m': H + HOUR, '1h': 0 });
      expect(await u.store.prune(u.topic, '1h', H + HOUR)).toBe(1);
      expect([await u.seen(), (await u.store.claim(u.unit, 'bus')).floors['1h']]).toEqual([[], H + HOUR]);
    });

    test('retire 1m goes no further than 10 s windows were finished', async () => {
      const u = await Unit.of(store());
      await u.put('a', at(0));
      await u.roll(wide('1m', 0));
      await u.roll(wide('1h', 0));
      expect(await u.store.retire(u.topic, '1m', H + HOUR, 0)).toEqual({ segments: 0, forced: 0, waiting: 0 });
      expect((await u.store.claim(u.unit, 'bus')).floors['1m']).toBe(0);
    });

    test('what waits for too long goes without a roll-up and is counted; an outdated roll-up is kept with what it holds', async () => {
      const u = await Unit.of(store());
      await u.put('a', at(0));
      await u.put('b', at(60));
      await u.roll(wide('1m', 60));
      await u.put('c', at(70));
      await u.write('open', at(120));
      await u.put('kept', at(180));
      expect(await u.store.retire(u.topic, '10s', H + HOUR, H + 3 * MINUTE)).toEqual({ segments: 4, forced: 4, waiting: 1 });
      expect(await u.seen()).toEqual(['1m 60 s:a R1:b', '10s 180 s:a C1:kept']);
      expect(await u.due('1m')).toEqual(['180 s:a']);
      expect((await u.store.claim(u.unit, 'bus')).open).toEqual([]);
    });

    test('a roll-up of nothing takes its mark away', async () => {
      const u = await Unit.of(store());
      await u.put('a', at(0));
      await u.store.prune(u.topic, '10s', H + HOUR);
      expect([await u.roll(wide('1m', 0)), await u.due('1m'), await u.roll(wide('1h', 0)), await u.due('1h'), await u.seen()]).toEqual(['ok', [], 'ok', [], []]);
    });

    test('several units: partials of any of them count, whoever closes', async () => {
      const u = await Unit.of(store());
      const other: UnitId = { ...u.unit, partition: 7 };
      const claim = await u.store.claim(other, 'bus');
      await u.put('a', at(0));
      await u.roll(wide('1m', 0));
      await u.store.commit(commitOf(other, claim.epoch, null, 1, [{ ...at(10), bytes: text('far'), fresh: true }]));
      expect(await u.seen()).toEqual(['10s 0 s:a C1:a', '10s 10 s:a far']);
      expect((await u.store.retire(u.topic, '10s', H + HOUR, 0)).waiting).toBe(1);
      expect(await u.close(at(10))).toBe('ok');
      await u.roll(wide('1m', 0));
      expect([await u.seen(), await u.store.retire(u.topic, '10s', H + HOUR, 0)]).toEqual([['1m 0 s:a R2:a+far'], { segments: 2, forced: 0, waiting: 0 }]);
      const answer = await u.store.commit(commitOf(other, claim.epoch, 1, 2, [{ ...at(10), bytes: text('late'), fresh: true }]));
      expect(answer.kind).toBe('taken');
    });

    test('coarsest only with 10 s and a range of whole ones', async () => {
      const u = await Unit.of(store());
      await expect(u.seen({ resolution: '1m' })).rejects.toThrow(/coarsest: only with resolution 10s/);
      await expect(u.seen({ start: H + 1 })).rejects.toThrow(/start: .* not a multiple of 10 s/);
    });
  });
}
