import pino from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainListen, IdentityConfig, loadConfigOrExit, namesHost, readTlsPair, storeSettings } from '@headwater/config';
import { openStateStore, type StateStore } from '@headwater/state-store';
import { ClientsFile, loopback } from './clients.ts';
import { loadKeys } from './keys.ts';
import { Consents } from './login/consents.ts';
import { Interactions } from './login/interactions.ts';
import { PasswordCheck } from './login/password.ts';
import { LoginThrottle } from './login/throttle.ts';
import { createProvider } from './provider.ts';
import { close, createIdentityServer, listen } from './server.ts';
import { UsersFile } from './users.ts';

/** The issuer identifier of these settings; throws where it would not fit how the server listens. */
export function issuerOf(config: Pick<IdentityConfig, 'host' | 'port' | 'issuer' | 'tls' | 'users_file'>): string {
  const { host, port, tls } = config;
  if (config.issuer === undefined && port === 0) throw new Error('port: 0 takes a free one, which then cannot be in the issuer; give --issuer too, or a port');
  const issuer = (config.issuer ?? `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`).replace(/\/$/, '');
  if (tls !== undefined && issuer.startsWith('http:'))
    throw new Error(`issuer: ${issuer} is http, but with tls this server answers https only; begin it with https://, or leave tls out`);
  if (config.users_file !== undefined && issuer.startsWith('http:')) {
    // Passwords are typed here. Over plain http they must never leave this machine.
    const { hostname } = new URL(issuer);
    const where = !loopback(hostname) ? `issuer ${issuer}` : !loopback(host.includes(':') ? `[${host}]` : host) ? `host ${host}` : null;
    if (where !== null) {
      throw new Error(
        `users_file: people sign in over plain http on this machine only, and ${where} is not; give tls.cert_file and tls.key_file, or an https:// issuer in front of which something ends TLS, or listen on 127.0.0.1`,
      );
    }
  }
  return issuer;
}

/** Runs the server until a signal. `argv`: settings, without node, script and command. */
export async function serve(argv: readonly string[]): Promise<void> {
  const config = loadConfigOrExit(IdentityConfig, 'headwater-identity', argv);
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
    const issuer = issuerOf(config);
    const tls = config.tls === undefined ? undefined : readTlsPair(config.tls);
    if (tls !== undefined && !namesHost(tls.leaf, new URL(issuer).hostname))
      log.warn(`tls.cert_file: the certificate does not name ${new URL(issuer).hostname}, so browsers and the API will refuse it`);
    const clients = new ClientsFile(config.clients_file);
    const users = config.users_file === undefined ? undefined : new UsersFile(config.users_file);
    const keys = await loadKeys(config.keys_dir);
    const early = (): never => process.exit(0);
    process.on('SIGTERM', early).on('SIGINT', early);
    const store = await openStore();
    const { audience } = config;
    const provider = createProvider({ issuer, audience, accessTokenTtlS: config.token_ttl_s, ...(users === undefined ? {} : { login: { users } }) }, keys, store, clients);
    provider.on('server_error', (_ctx, error: Error) => log.error({ err: error }, error.message));
    const interactions =
      users === undefined
        ? undefined
        : new Interactions({
            provider,
            issuer,
            audience,
            clients,
            users,
            passwords: new PasswordCheck(),
            throttle: new LoginThrottle(store),
            consents: new Consents(store, audience),
            secret: keys.cookies[0] as string,
          });
    const server = createIdentityServer(provider, store, {
      ...(interactions === undefined ? {} : { interactions }),
      ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
      onError: (error) => log.error({ err: error }, error instanceof Error ? error.message : String(error)),
    });

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
    log.info({ host: config.host, port, issuer, people: users !== undefined }, `listening on ${tls === undefined ? 'http' : 'https'}://${config.host}:${port}`);
  } catch (error) {
    log.fatal(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
