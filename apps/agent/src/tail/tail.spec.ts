import { EventColumnsBuilder, toJson } from '@headwater/header-event';
import type { BatchAccount, EventRow } from '@headwater/header-event';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { captureSource } from './capture-source.ts';
import { Columns } from './columns.ts';
import type { Sink } from './sink.ts';
import type { TailBatch, TailSource } from './source.ts';
import { StreamSink } from './stream-sink.ts';
import { tail } from './tail.ts';
import type { TailOptions } from './tail.ts';
import { parseWhere } from './where.ts';

const account = (lost: Record<string, number> = {}): BatchAccount => {
  const side = { started: 0, emitted: 0, filtered: {}, lost, in_flight: 0 };
  return { watermark_unix_ms: 0, since_unix_ms: 0, until_unix_ms: 0, request: side, response: side, exchanges: 0, unread: {}, coverage: 1, source: 'live' };
};

function batchOf(rows: EventRow[], seq: number | null = null, lost: Record<string, number> = {}): TailBatch {
  const b = new EventColumnsBuilder();
  for (const r of rows) b.add({ 'http.request.method': 'GET', 'url.path': '/a', 'http.response.status_code': 200, ...r });
  return { host: 'h', sequence: seq === null ? null : { agent: 'h/1', seq }, columns: b.finish(), account: account(lost) };
}

function sourceOf(batches: TailBatch[], patient = true): TailSource {
  return {
    title: 'test',
    patient,
    async run(onBatch, stop) {
      for (const batch of batches) if (!stop.aborted) await onBatch(batch);
    },
  };
}

class Kept implements Sink {
  text = '';
  takes = true;
  readonly chunkBytes = 1_000;
  readonly gone: AbortSignal = new AbortController().signal;
  write(text: string): boolean {
    if (this.takes) this.text += text;
    return this.takes;
  }
  room(): Promise<void> {
    return Promise.resolve();
  }
  end(): Promise<void> {
    return Promise.resolve();
  }
}

const options = (more: Partial<TailOptions> = {}): TailOptions & { said: string[] } => {
  const said: string[] = [];
  return { format: 'json', columns: new Columns({ colour: false, headers: false }), where: parseWhere([]), limit: Infinity, say: (line) => said.push(line), said, ...more };
};
const never = new AbortController().signal;

it('writes one header event a line, as toJson has it', async () => {
  const sink = new Kept();
  const batch = batchOf([{ 'http.request.headers': [{ name: 'Cookie', value: '', action: 'presence' }] }, { 'http.response.status_code': 500 }]);
  expect((await tail(sourceOf([batch]), sink, options(), never)).rows).toBe(2);
  const lines = sink.text.trimEnd().split('\n');
  expect(lines.map((l) => JSON.parse(l) as unknown)).toEqual([toJson(batch.columns, 0), toJson(batch.columns, 1)]);
});

it('ends at the limit, of what matches', async () => {
  const sink = new Kept();
  const rows = Array.from({ length: 9 }, (_, i) => ({ 'http.response.status_code': i % 2 ? 500 : 200, 'headwater.ordinal': i }));
  const result = await tail(sourceOf([batchOf(rows), batchOf(rows)]), sink, options({ where: parseWhere(['status=5xx']), limit: 5 }), never);
  expect(result.rows).toBe(5);
  expect(sink.text.trimEnd().split('\n')).toHaveLength(5);
});

it('shows a repeated batch once, and says what was lost', async () => {
  const sink = new Kept();
  const o = options();
  await tail(sourceOf([batchOf([{}], 3), batchOf([{}], 3), batchOf([{}], 6, { ring_full: 12 })]), sink, o, never);
  expect(sink.text.trimEnd().split('\n')).toHaveLength(2);
  expect(o.said.sort()).toEqual(['-- 2 batches of an agent did not come over the bus', '-- lost 12 requests: ring_full 12']);
});

it('names what a capture of its own had not seen the end of', async () => {
  const ends = async (seq: number | null): Promise<string[]> => {
    const o = options();
    const batch = batchOf([{}], seq);
    await tail(sourceOf([{ ...batch, account: { ...batch.account, request: { ...batch.account.request, in_flight: 2 } } }]), new Kept(), o, never);
    return o.said;
  };
  expect(await ends(null)).toEqual(['-- 2 requests were under way at the end']);
  // On a bus the agent goes on and will say how they ended.
  expect(await ends(1)).toEqual([]);
});

it('a long exchange is shown when it begins and when it ends; with a filter, the ends of what was shown', async () => {
  const phase = (name: 'begin' | 'end', n: number, more: EventRow = {}): EventRow => ({ 'headwater.phase': name, 'headwater.connection': 7n, 'headwater.ordinal': n, ...more });
  const end = (n: number, more: EventRow = {}): EventRow => phase('end', n, { 'url.path': '', 'headwater.total_ns': 5, ...more });
  const shown = async (where: string[]) => {
    const sink = new Kept();
    // A begin of /a and one of /b, in another batch than their ends; and an end whose beginning came before all.
    await tail(
      sourceOf([batchOf([phase('begin', 1), phase('begin', 2, { 'url.path': '/b' }), {}]), batchOf([end(2), end(1), end(1), end(3, { 'error.type': 'connection_closed' })])]),
      sink,
      options({ where: parseWhere(where) }),
      never,
    );
    return sink.text
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l) as Record<string, unknown>)
      .map((e) => `${e['headwater.phase'] as string} ${e['headwater.ordinal'] as number}`);
  };
  expect(await shown([])).toEqual(['begin 1', 'begin 2', 'complete 0', 'end 2', 'end 1', 'end 1', 'end 3']);
  expect(await shown(['path=/b'])).toEqual(['begin 2', 'end 2']);
  expect(await shown(['error=connection_*'])).toEqual(['end 3']);
});

it('a slow reader does not make memory grow: a capture drops rows and counts them, a log waits', async () => {
  const row = { 'http.request.headers': [{ name: 'X', value: 'v'.repeat(2_000) }] };
  const many = (n: number): TailBatch[] =>
    Array.from({ length: n }, (_, i) =>
      batchOf(
        Array.from({ length: 100 }, () => row),
        i + 1,
      ),
    );

  const stuck = new PassThrough({ highWaterMark: 1 }); // nobody reads
  const o = options();
  const shown = await tail(sourceOf(many(100), false), new StreamSink(stuck), { ...o }, never);
  expect(shown.loss.rows).toBeGreaterThan(5_000);
  expect(shown.rows + shown.loss.rows).toBe(10_000);
  expect(stuck.writableLength).toBeLessThan(5 << 20);
  expect(o.said.join()).toMatch(/dropped \d+ rows/);

  const slow = new PassThrough({ highWaterMark: 1 });
  let bytes = 0;
  let most = 0;
  slow.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    most = Math.max(most, slow.writableLength);
    slow.pause();
    setImmediate(() => slow.resume());
  });
  const all = await tail(sourceOf(many(100)), new StreamSink(slow), options(), never);
  expect(all).toMatchObject({ rows: 10_000, loss: { rows: 0 } });
  expect(most).toBeLessThan(5 << 20);
  expect(bytes).toBeGreaterThan(20 << 20);
}, 30_000);

it('a reader that leaves ends it without a fault', async () => {
  const pipe = new PassThrough();
  const sink = new StreamSink(pipe);
  setTimeout(() => pipe.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })), 20);
  const endless: TailSource = { title: '', patient: true, run: (_, stop) => new Promise<void>((ok) => stop.addEventListener('abort', () => ok())) };
  await tail(endless, sink, options(), never);
  expect(sink.trouble).toBeNull();
});

it('a capture that ends by itself, or whose row cannot be shown, is an error', async () => {
  const capture = (end: (onEnd: (e: Error | null) => void, onBatch: (b: TailBatch) => void) => void) => () =>
    Promise.resolve({
      source: 'live' as const,
      probe: null,
      start: (onBatch: (b: TailBatch) => void, onEnd: (e: Error | null) => void) => end(onEnd, onBatch),
      totals: () => ({}) as never,
      stop: () => Promise.resolve(),
      pauseDrain: () => undefined,
      reconfigure: () => undefined,
      throttle: () => undefined,
      setPods: () => undefined,
    });
  const gone = captureSource(
    '',
    'h',
    capture((onEnd) => onEnd(new Error('the probe went away'))),
  );
  await expect(tail(gone, new Kept(), options(), never)).rejects.toThrow('the probe went away');
  const odd = captureSource(
    '',
    'h',
    capture((onEnd, onBatch) => {
      onBatch({ ...batchOf([{}]), columns: { ...batchOf([{}]).columns, columns: {} } });
      onEnd(null);
    }),
  );
  await expect(tail(odd, new Kept(), options(), never)).rejects.toThrow(TypeError);
});
