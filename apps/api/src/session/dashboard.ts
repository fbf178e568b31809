import type { Logger } from 'pino';
import type { StateStore } from '@headwater/state-store';
import type { TokenVerifier } from '../auth/verifier.ts';
import { SessionAuthenticator } from './authenticator.ts';
import { cookieForm, type CookieForm } from './cookies.ts';
import { IssuerClient } from './issuer-client.ts';
import { LoginFlow } from './login-flow.ts';
import type { Seal } from './seal.ts';
import { Sessions, type SessionTimes } from './sessions.ts';

export interface DashboardSettings {
  /** at which people sign in; one of the trusted ones */
  issuer: string;
  clientId: string;
  clientSecret: string;
  seal: Seal;
  scopes: readonly string[];
  times: SessionTimes;
  /** everything runs on this host */
  standalone: boolean;
}

/** All that signing in takes, put together. */
export interface Dashboard {
  baseUrl: string;
  issuer: string;
  cookies: CookieForm;
  times: SessionTimes;
  client: IssuerClient;
  sessions: Sessions;
  flow: LoginFlow;
  authenticator: SessionAuthenticator;
  standalone: boolean;
  log: Logger;
}

/** `baseUrl`: under which browsers reach us, without a slash at the end. */
export function makeDashboard(
  settings: DashboardSettings,
  baseUrl: string,
  verifier: TokenVerifier,
  store: () => StateStore,
  log: Logger,
  clock: () => number = Date.now,
): Dashboard {
  const discovery = verifier.discovery(settings.issuer);
  if (discovery === null) throw new Error(`dashboard.issuer: ${settings.issuer} is not among issuers`);
  const { issuer, clientId, clientSecret, scopes, seal, times, standalone } = settings;
  const cookies = cookieForm(baseUrl.startsWith('https:'));
  const client = new IssuerClient({ issuer, clientId, clientSecret, scopes, redirectUri: `${baseUrl}/bff/callback` }, discovery);
  const sessions = new Sessions(store, seal, client, times, log, clock);
  return {
    baseUrl,
    issuer,
    cookies,
    times,
    client,
    sessions,
    flow: new LoginFlow(client, store, seal, sessions, verifier),
    authenticator: new SessionAuthenticator(sessions, verifier, cookies, new URL(baseUrl).origin),
    standalone,
    log,
  };
}
