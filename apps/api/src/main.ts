import { X509Certificate } from 'node:crypto';
import pino from 'pino';
import { ApiConfig, busSettings, explainListen, loadConfigOrExit, namesHost, storeSettings } from '@headwater/config';
import { openBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { openStateStore, StateStoreError } from '@headwater/state-store';
import { openSummaryStore, StoreError } from '@headwater/summary-store';
import { createApi } from './app.ts';
import { BusRequests } from './insights/requests.ts';
import { settingsOf } from './settings.ts';
import { OpeningStore } from './stores.ts';

const config = loadConfigOrExit(ApiConfig, 'headwater-api');
const log = pino({ name: 'headwater-api', level: config.log.level, base: {} }, pino.destination(2));

async function fail(error: unknown): Promise<never> {
  log.fatal(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

const waiting = (name: string) => ({
  waiting: (error: Error): void => log.warn(`${name}: ${error.message}; trying again`),
  open: (): void => log.info(`${name}: open`),
  fatal: (error: Error): void => void fail(new Error(`${name}: ${error.message}`)),
});

try {
  const settings = settingsOf(config);
  if (settings.tls !== undefined) {
    const { hostname } = new URL(settings.baseUrl);
    if (!namesHost(new X509Certificate(settings.tls.cert), hostname)) log.warn(`tls.cert_file: the certificate does not name ${hostname}, so browsers will refuse it`);
  }
  const summaries = new OpeningStore(() => openSummaryStore(storeSettings(config.store)), new StoreError('unreachable', { detail: 'not open yet' }), waiting('summary store'));
  const state = new OpeningStore(() => openStateStore(storeSettings(config.state)), new StateStoreError('unreachable', { detail: 'not open yet' }), waiting('state store'));
  const { bus } = config;
  const requests =
    bus === undefined
      ? undefined
      : new BusRequests(() => openBus(busSettings(bus), (level, message) => log[level](`bus: ${message}`)), topicName(config.topic_prefix, 'insightRequests'));
  const app = await createApi(settings, { summaries: () => summaries.get(), state: () => state.get(), log, ...(requests === undefined ? {} : { requests }) });

  let ending = false;
  const end = async (signal: string): Promise<void> => {
    if (ending) return;
    ending = true;
    log.info(`${signal}: ending`);
    const server = app.getHttpServer();
    server.closeIdleConnections();
    const grace = setTimeout(() => server.closeAllConnections(), 3_000);
    await app.close();
    clearTimeout(grace);
    await Promise.all([summaries.end(), state.end(), requests?.close()]);
    process.exit(0);
  };
  process.once('SIGTERM', () => void end('SIGTERM'));
  process.once('SIGINT', () => void end('SIGINT'));

  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    throw explainListen(error, config.host, config.port, 'end it, or choose another with --port');
  }
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  log.info({ host: config.host, port, issuers: settings.issuers.map((i) => i.issuer) }, `listening on ${settings.tls === undefined ? 'http' : 'https'}://${config.host}:${port}`);
} catch (error) {
  await fail(error);
}
