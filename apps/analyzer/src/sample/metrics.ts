import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import type { SampleCounts } from './sampler.ts';

const SAY_AGAIN_MS = 60_000;

/** Counts of the sampler as metrics; a store that takes no samples is named in the log now and then. */
export function sampleCounts(registry: Registry, log: Logger, now: () => number): SampleCounts {
  const registers = [registry];
  const kept = new Counter({ name: 'headwater_analyzer_samples_total', help: 'Exchanges kept as samples, by why', labelNames: ['kept'], registers });
  const lost = new Counter({
    name: 'headwater_analyzer_samples_lost_total',
    help: 'Samples not kept or writes of samples that failed, by reason',
    labelNames: ['reason'],
    registers,
  });
  const written = new Counter({ name: 'headwater_analyzer_sample_groups_written_total', help: 'Groups of samples written to the state store', registers });
  let saidMs = -SAY_AGAIN_MS;
  return {
    kept: (why) => kept.inc({ kept: why }),
    written: (groups) => written.inc(groups),
    lost(reason, detail) {
      lost.inc({ reason });
      if (detail === undefined || now() - saidMs < SAY_AGAIN_MS) return;
      saidMs = now();
      log.warn({ reason, detail }, 'samples of exchanges are not kept at present; nothing else is affected');
    },
  };
}
