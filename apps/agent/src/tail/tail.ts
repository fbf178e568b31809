import { toJson } from '@headwater/header-event';
import { Columns } from './columns.ts';
import { LossLines } from './loss.ts';
import { OpenRows } from './open.ts';
import { Row } from './row.ts';
import type { Sink } from './sink.ts';
import type { TailBatch, TailSource } from './source.ts';

export interface TailOptions {
  format: 'json' | 'columns';
  columns: Columns;
  where: (row: Row) => boolean;
  /** rows after which it ends */
  limit: number;
  /** where lines that are no rows go: beside the rows on a terminal, to standard error where a program reads */
  say(line: string): void;
  now?: () => number;
  /** everything that happens from now on is shown */
  onReading?: () => void;
}

const PHASE_BEGIN = 1;
const PHASE_END = 2;

/**
 * Shows what the source gives until it ends, `stop` is aborted, the limit is reached or nobody reads any more.
 * Answers the rows written and what is missing in them.
 */
export async function tail(source: TailSource, sink: Sink, o: TailOptions, stop: AbortSignal): Promise<{ rows: number; loss: LossLines['total'] }> {
  const loss = new LossLines();
  const open = new OpenRows();
  const now = o.now ?? Date.now;
  const full = new AbortController();
  const ends = AbortSignal.any([stop, full.signal, sink.gone]);
  let rows = 0;
  let underWay = 0;

  const say = (force = false): void => {
    for (const line of loss.take(now(), force)) o.say(line);
  };
  const write = (text: string, count: number): void => {
    if (sink.write(text)) rows += count;
    else loss.drop(count);
  };
  const show = async (batch: TailBatch): Promise<void> => {
    if (full.signal.aborted || sink.gone.aborted) return;
    if (batch.sequence && !loss.sequence(batch.sequence.agent, batch.sequence.seq)) return;
    loss.account(batch.account);
    // On a bus others go on; a capture of our own ends, and what it had not seen the end of is not shown.
    if (!batch.sequence) underWay = batch.account.request.in_flight;
    const row = new Row(batch.columns, batch.host);
    let chunk = '';
    let bytes = 0;
    let count = 0;
    const flush = (): void => {
      if (count > 0) write(chunk, count);
      chunk = '';
      bytes = count = 0;
    };
    for (; row.index < batch.columns.rows && rows + count < o.limit; row.index++) {
      const phase = row.number('headwater.phase');
      // What was shown as open is shown as over too.
      const over = phase === PHASE_END && open.ended(row);
      if (!over && !o.where(row)) continue;
      if (phase === PHASE_BEGIN) open.began(row);
      const text = o.format === 'json' ? `${JSON.stringify(toJson(row.columns, row.index, row.strings))}\n` : o.columns.exchange(row);
      const size = Buffer.byteLength(text);
      if (bytes + size > sink.chunkBytes && count > 0) {
        flush();
        if (source.patient) await sink.room();
      }
      chunk += text;
      bytes += size;
      count++;
    }
    flush();
    if (rows >= o.limit) full.abort();
    say();
    if (source.patient) await sink.room();
  };
  // A loss that was held back a moment is said even when nothing more comes.
  const timer = setInterval(() => say(), 1_000);
  try {
    await source.run(show, ends, () => o.onReading?.());
  } finally {
    clearInterval(timer);
    say(true);
    if (underWay > 0 && !full.signal.aborted && !sink.gone.aborted) o.say(`-- ${underWay} request${underWay === 1 ? ' was' : 's were'} under way at the end`);
    await sink.end(2_000);
  }
  return { rows, loss: loss.total };
}
