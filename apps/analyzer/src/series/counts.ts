import { Counter, Gauge, type Registry } from 'prom-client';
import type { Logger } from 'pino';

const NAME = 'headwater_analyzer_series_';
const SAY_AGAIN_MS = 60_000;

/** What keeping and pushing series does, as metrics and log lines. */
export interface SeriesCounts {
  kept(subjects: number): void;
  written(ok: boolean): void;
  /** a window, or (start 0) a stored series: damaged, or of a newer version */
  unreadable(subject: string, startMs: number): void;
  pushed(outcome: 'sent' | 'failed', detail: string): void;
}

export function seriesCounts(registry: Registry, log: Logger, now: () => number): SeriesCounts {
  const registers = [registry];
  const kept = new Gauge({ name: `${NAME}subjects`, help: 'Services (and the hosts) whose series are kept here', registers });
  const writes = new Counter({ name: `${NAME}writes_total`, help: 'Series written, by outcome (refused: another owner was first)', labelNames: ['outcome'], registers });
  const unreadable = new Counter({ name: `${NAME}unreadable_total`, help: 'Windows and stored series that cannot be read; they are left out', registers });
  const pushes = new Counter({ name: `${NAME}pushes_total`, help: 'Pushes of one service to the OTLP receiver, by outcome', labelNames: ['outcome'], registers });
  const said = new Map<string, number>();
  const seldom = (what: string, say: () => void) => {
    if (now() - (said.get(what) ?? -Infinity) < SAY_AGAIN_MS) return;
    if (said.size > 1000) said.clear();
    said.set(what, now());
    say();
  };
  unreadable.inc(0);
  return {
    kept: (n) => kept.set(n),
    written: (ok) => writes.inc({ outcome: ok ? 'written' : 'refused' }),
    unreadable(subject, startMs) {
      unreadable.inc();
      seldom(`unreadable ${subject}`, () => log.error({ subject, start: startMs }, 'series: a window or what is stored is damaged, or of a newer version; it is left out'));
    },
    pushed(outcome, detail) {
      pushes.inc({ outcome });
      if (outcome === 'failed') seldom('push', () => log.warn({ detail }, 'series were not taken by the OTLP receiver; the next push has them'));
    },
  };
}
