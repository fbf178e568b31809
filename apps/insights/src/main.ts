import { InsightsConfig, loadConfigOrExit } from '@headwater/config';
import { pino } from 'pino';
import { checkGateway } from './gateway/check.ts';
import { runInsights } from './insights.ts';

const PROGRAM = 'headwater-insights';
const [command, ...rest] = process.argv.slice(2);
const check = command === 'check';
if (command !== undefined && !command.startsWith('-') && !check) {
  process.stderr.write(`${PROGRAM}: there is no command ${command}; "${PROGRAM} --config FILE" makes insights, "${PROGRAM} check --config FILE" tries the gateway\n`);
  process.exit(2);
}
const config = loadConfigOrExit(InsightsConfig, PROGRAM, check ? rest : process.argv.slice(2));
if (check) process.exit((await tryGateway()) ? 0 : 1);

const log = pino({ name: 'insights', level: config.log.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (!stop.signal.aborted) log.info({ signal }, 'stopping: what is under way goes back to the queue');
    stop.abort();
  });
}

try {
  await runInsights(config, log, stop.signal);
  log.info('stopped');
  process.exit(0);
} catch (error) {
  log.fatal({ reason: error instanceof Error ? error.message : String(error) }, 'insights cannot run');
  process.exit(1);
}

async function tryGateway(): Promise<boolean> {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  if (config.gateway) return checkGateway(config.gateway, say);
  say('No gateway is configured: findings are by rules, and nothing leaves. Name one under gateway (url, model, key.file).');
  return true;
}
