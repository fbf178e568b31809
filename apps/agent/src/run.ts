import { readFileSync } from 'node:fs';
import { AgentConfig, loadConfigOrExit } from '@headwater/config';
import { pino } from 'pino';
import { fingerprintKeys } from './capture/fingerprint-key.ts';
import { hostIdFrom } from './host-id.ts';
import { runAgent } from './pipeline.ts';
import { VERSION } from './version.ts';

/** `headwater-agent run`: captures and publishes until SIGTERM or SIGINT. Answers the exit status. */
export async function run(): Promise<number> {
  const config = loadConfigOrExit(AgentConfig, 'headwater-agent');
  const log = pino({ name: 'agent', level: config.log.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!stop.signal.aborted) log.info({ signal }, 'stopping: the last batches are sent first');
      stop.abort();
    });
  }
  try {
    const hostId = config.host_id ?? hostIdFrom(readFileSync('/etc/machine-id', 'utf8'));
    const { unsent, spooled } = await runAgent(config, hostId, fingerprintKeys(config.fingerprints), VERSION, log, stop.signal);
    if (unsent > 0) log.error({ exchanges: unsent }, 'stopped; the bus did not take these exchanges, they are lost (unsent)');
    else if (spooled > 0) log.warn({ batches: spooled }, 'stopped; these batches wait in the spool, the next agent sends them');
    else log.info('stopped; everything captured was sent');
    return 0;
  } catch (error) {
    log.fatal({ reason: error instanceof Error ? error.message : String(error) }, 'the agent cannot run');
    return 1;
  }
}
