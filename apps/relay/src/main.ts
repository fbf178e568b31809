import { RelayConfig, loadConfigOrExit } from '@headwater/config';
import { pino } from 'pino';
import { runRelay } from './run.ts';

const config = loadConfigOrExit(RelayConfig, 'headwater-relay');
const log = pino({ name: 'relay', level: config.log.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) log.info({ signal }, 'stopping: the batch under way is relayed first');
    stop.abort();
  });
}

try {
  await runRelay(config, log, stop.signal);
  log.info('stopped');
  process.exit(0);
} catch (error) {
  log.fatal({ reason: error instanceof Error ? error.message : String(error) }, 'the relay cannot run');
  process.exit(1);
}
