import pino from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainListen, IdentityConfig, loadConfigOrExit, storeSettings } from '@headwater/config';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { ClientsFile } from './clients.ts';
import { loadKeys } from './keys.ts';
import { createProvider } from './provider.ts';
import { close, createIdentityServer, listen } from './server.ts';

const config = loadConfigOrExit(IdentityConfig, 'headwater-identity');
const log = pino({ name: 'headwater-identity', level: config.log.level, base: {} }, pino.destination(2));

/** Waits for a store that is away; says so once a reason. */
async function openStore(): Promise<StateStore> {
  for (let said = ''; ; await sleep(500)) {
    try {
      return await openStateStore(storeSettings(config.state));
    } catch (error) {
      if ((error as { retryable?: boolean }).retryable !== true) throw error;
      const { message } = error as Error;
      if (message !== said) log.warn(`state store: ${message}; trying again`);
      said = message;
    }
  }
}

try {
  const issuer = (config.issuer ?? `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`).replace(/\/$/, '');
  if (config.issuer === undefined && config.port === 0) throw new Error('port: 0 takes a free one, which then cannot be in the issuer; give --issuer too, or a port');
  const clients = new ClientsFile(config.clients_file);
  const keys = await loadKeys(config.keys_dir);
  const early = (): never => process.exit(0);
  process.on('SIGTERM', early).on('SIGINT', early);
  const store = await openStore();
  const provider = createProvider({ issuer, audience: config.audience, accessTokenTtlS: config.token_ttl_s }, keys, store, clients);
  provider.on('server_error', (_ctx, error: Error) => log.error({ err: error }, error.message));
  const server = createIdentityServer(provider, store);

  let ending = false;
  const end = async (signal: string): Promise<void> => {
    if (ending) return;
    ending = true;
    log.info(`${signal}: ending`);
    await close(server);
    await store.end();
    process.exit(0);
  };
  process.off('SIGTERM', early).off('SIGINT', early);
  process.once('SIGTERM', () => void end('SIGTERM')).once('SIGINT', () => void end('SIGINT'));

  const port = await listen(server, config.host, config.port).catch((error: unknown) => {
    throw explainListen(error, config.host, config.port, 'end it, or choose another with --port');
  });
  log.info({ host: config.host, port, issuer }, `listening on http://${config.host}:${port}`);
} catch (error) {
  log.fatal(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
