import { AnalyzerConfig, loadConfigOrExit } from '@headwater/config';
import { pino } from 'pino';
import { runAnalyzer } from './analyzer.ts';

const config = loadConfigOrExit(AnalyzerConfig, 'headwater-analyzer');
const log = pino({ name: 'analyzer', level: config.log.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) log.info({ signal }, 'stopping: the batch under way is folded and flushed first');
    stop.abort();
  });
}

try {
  await runAnalyzer(config, log, stop.signal);
  log.info('stopped; everything folded was written');
  process.exit(0);
} catch (error) {
  log.fatal({ reason: error instanceof Error ? error.message : String(error) }, 'the analyzer cannot run');
  process.exit(1);
}
