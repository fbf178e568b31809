import type { Logger } from 'pino';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Report } from './report.ts';

const NAME = 'headwater_analyzer_';
/** A waiting door is named again after this long. */
const SAY_AGAIN_MS = 10_000;

/** The one place where what happens becomes a metric and, where a person should know, a log line. */
export function createReport(log: Logger, now: () => number): { report: Report; registry: Registry } {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) => new Counter({ name: NAME + name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name: NAME + name, help, labelNames: ['partition'], registers });

  const exchanges = counter('exchanges_total', 'Exchanges folded, after weights');
  const batches = counter('batches_total', 'Batches read, by what became of them', 'outcome');
  const gaps = counter('sequence_gap_batches_total', 'Batches that an agent numbered and that did not come');
  const filled = counter('sequence_gap_filled_total', 'Batches counted as missing that came later');
  const clamped = counter('clamped_times_total', 'Rows whose time was set back because it was too far ahead');
  const coarse = counter('late_coarse_total', 'Exchanges too old for 10 s windows, folded into wider ones');
  const late = counter('late_beyond_retention_total', 'Exchanges older than every window that is kept; not folded');
  const dead = counter('dead_letters_total', 'Records put aside, by reason', 'reason');
  const lost = counter('lost_records_total', 'Records that the bus deleted before they were read (retention)');
  const over = counter('started_over_total', 'Partitions begun anew because the stored place is not in this log');
  const dropped = counter('memory_dropped_total', 'Times a partition was dropped and reloaded, by why', 'why');
  const waits = counter('waits_total', 'Pauses because something did not answer, by what', 'what');
  const closes = counter('closes_total', 'Windows closed, by outcome', 'outcome');
  const rolls = counter('roll_ups_total', 'Roll-ups, by resolution and outcome', 'resolution', 'outcome');
  const rollSeconds = new Histogram({
    name: `${NAME}roll_up_seconds`,
    help: 'Time of one roll-up: read, merge, store, publish',
    labelNames: ['resolution'],
    buckets: [0.002, 0.005, 0.01, 0.05, 0.2, 1, 5],
    registers,
  });
  const rollWaits = new Gauge({ name: `${NAME}roll_ups_waiting`, help: 'Roll-ups due and not made in the last round (of a bounded look)', labelNames: ['resolution'], registers });
  const retired = counter('retired_total', 'Segments deleted because a coarser roll-up holds them, by resolution', 'resolution');
  const forced = counter('retired_unrolled_total', 'Segments deleted past their retention that no roll-up holds, by resolution', 'resolution');
  const retireWaits = new Gauge({ name: `${NAME}retire_waiting`, help: 'Windows past their retention that wait for their roll-up', labelNames: ['resolution'], registers });
  const resent = counter('summaries_resent_total', 'Summaries sent again after an owner ended in between');
  const prunes = counter('pruned_total', 'Segments and partials deleted past their retention');
  const failures = counter('failures_total', 'Errors that nothing else names, by what was under way', 'what');
  const commits = new Histogram({ name: `${NAME}commit_seconds`, help: 'Time of one commit, waiting included', buckets: [0.002, 0.005, 0.01, 0.05, 0.2, 1, 5, 30], registers });
  const windows = gauge('windows', 'Windows in memory');
  const watermark = gauge('watermark_seconds', 'Everything before this instant has been folded, unix time');
  const lag = gauge('lag_records', 'Records of the log not folded yet, as of the last batch');
  const owned = new Gauge({ name: `${NAME}partitions`, help: 'Partitions held', registers });
  for (const c of [exchanges, gaps, filled, clamped, coarse, late, lost, over]) c.inc(0);

  const held = new Set<number>();
  const said = new Map<string, number>();
  const seldom = (what: string, say: () => void) => {
    if (now() - (said.get(what) ?? -SAY_AGAIN_MS) < SAY_AGAIN_MS) return;
    said.set(what, now());
    say();
  };

  const report: Report = {
    folded(_partition, r) {
      exchanges.inc(r.folded);
      batches.inc({ outcome: r.repeated > 0 ? 'repeated' : 'folded' });
      if (r.gaps > 0) gaps.inc(r.gaps);
      if (r.gapsFilled > 0) filled.inc(r.gapsFilled);
      if (r.clamped > 0) clamped.inc(r.clamped);
      if (r.late > 0) late.inc(r.late);
      if (r.coarse > 0) coarse.inc(r.coarse);
    },
    deadLettered(at, reason, detail) {
      dead.inc({ reason });
      seldom(`dead ${reason}`, () => log.warn({ ...at, reason, detail }, 'a record was put aside as a dead letter'));
    },
    claimed(partition, epoch, offset, open) {
      held.add(partition);
      owned.set(held.size);
      log.info({ partition, epoch, offset, windows: open }, 'partition taken over');
    },
    lost(partition, records) {
      lost.inc(records);
      log.error({ partition, records }, 'the bus deleted records before they were read; the windows are marked');
    },
    startedOver(partition, stored, offset) {
      over.inc();
      log.error({ partition, stored, offset }, 'the stored place is not in this log (another or a truncated one); starting over');
    },
    committed(_partition, seconds) {
      commits.observe(seconds);
    },
    dropped(partition, why, detail) {
      dropped.inc({ why });
      log.warn({ partition, why, detail }, 'memory dropped; reloading from the store');
    },
    sought(partition, offset) {
      seldom(`sought ${partition}`, () => log.info({ partition, offset }, 'reading on from the place the store knows'));
    },
    state(partition, open, mark, behind) {
      windows.set({ partition }, open);
      watermark.set({ partition }, mark / 1000);
      lag.set({ partition }, behind);
    },
    left(partition) {
      held.delete(partition);
      owned.set(held.size);
      for (const g of [windows, watermark, lag]) g.remove({ partition });
      log.info({ partition }, 'partition left');
    },
    closed(outcome, subject, start) {
      closes.inc({ outcome });
      if (outcome === 'unreadable') seldom(`unreadable ${subject}`, () => log.error({ subject, start }, 'a window cannot be closed: damaged, or written by a newer version'));
    },
    rolledUp(resolution, outcome, seconds, { subject, start }) {
      rolls.inc({ resolution, outcome });
      rollSeconds.observe({ resolution }, seconds);
      if (outcome === 'unreadable')
        seldom(`unreadable ${resolution} ${subject}`, () => log.error({ subject, start, resolution }, 'a window cannot be rolled up: damaged, or written by a newer version'));
    },
    rollUpsWaiting(resolution, count) {
      rollWaits.set({ resolution }, count);
    },
    retired(resolution, r) {
      if (r.segments > 0) retired.inc({ resolution }, r.segments);
      retireWaits.set({ resolution }, r.waiting);
      if (r.forced === 0) return;
      forced.inc({ resolution }, r.forced);
      log.error({ resolution, segments: r.forced }, 'windows were deleted that no roll-up holds: they were past their retention for long and could not be rolled up');
    },
    resent(partition, summaries) {
      if (summaries === 0) return;
      resent.inc(summaries);
      log.info({ partition, summaries }, 'summaries sent that an earlier owner may not have sent');
    },
    pruned(count) {
      prunes.inc(count);
    },
    waiting(what, error) {
      waits.inc({ what });
      seldom(`wait ${what}`, () => log.warn({ what, reason: error.message }, 'waiting'));
    },
    failed(what, error) {
      failures.inc({ what });
      seldom(`fail ${what}`, () => log.error({ what, err: error }, 'failed; it will be tried again'));
    },
  };
  return { report, registry };
}
