import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { StateStore } from '@headwater/state-store';
import type { ClientsFile } from '../clients.ts';
import { logoutPage } from '../pages/logout.ts';
import { errorPage, messagePage } from '../pages/message.ts';
import { pageHeaders } from '../pages/page.ts';
import type { UsersFile } from '../users.ts';
import { findAccounts } from './accounts.ts';
import { Consents } from './consents.ts';
import { policyOf } from './policy.ts';

/** What signing in needs beside what client_credentials need. */
export interface Login {
  users: UsersFile;
}

export const LOGIN_ROUTES = { authorization: '/auth', end_session: '/session/end' } as const;

function show(ctx: KoaContextWithOIDC, document: string, formTo: readonly string[] = []): void {
  for (const [name, value] of Object.entries(pageHeaders(formTo))) ctx.set(name, value);
  ctx.body = document;
}

/** oidc-provider's configuration of everything a person meets. */
export function loginOptions(
  login: Login,
  settings: { issuer: string; audience: string },
  store: StateStore,
  clients: ClientsFile,
  provider: () => Provider,
): { configuration: Partial<Configuration>; cookies: NonNullable<Configuration['cookies']>; logout: object } {
  const https = settings.issuer.startsWith('https:');
  const consents = new Consents(store, settings.audience);
  return {
    cookies: {
      names: {
        session: https ? '__Host-headwater_identity' : 'headwater_identity',
        interaction: https ? '__Secure-headwater_signin' : 'headwater_signin',
        resume: https ? '__Secure-headwater_resume' : 'headwater_resume',
      },
      long: { httpOnly: true, sameSite: 'lax', signed: true, path: '/' },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    configuration: {
      claims: { openid: ['sub', 'preferred_username'] },
      findAccount: findAccounts(login.users, store),
      loadExistingGrant: (ctx) => consents.grantOf(ctx, provider()),
      interactions: { policy: policyOf(clients, login.users, settings.audience), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
      issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
      rotateRefreshToken: true,
      renderError(ctx, _out, error) {
        show(ctx as KoaContextWithOIDC, errorPage(error.name, ctx.status));
      },
    },
    logout: {
      enabled: true,
      logoutSource(ctx: KoaContextWithOIDC): void {
        const session = ctx.oidc.session as unknown as { accountId?: string; state?: { secret: string; postLogoutRedirectUri?: string } };
        const back = session.state?.postLogoutRedirectUri ?? null;
        show(ctx, logoutPage(`${LOGIN_ROUTES.end_session}/confirm`, session.state?.secret ?? '', session.accountId ?? '', back), back === null ? [] : [new URL(back).origin]);
      },
      postLogoutSuccessSource(ctx: KoaContextWithOIDC): void {
        show(ctx, messagePage('You are signed out', 'You can close this page.'));
      },
    },
  };
}

/**
 * Nobody is signed in and an application asks for the end of the session: there is nothing to confirm. (oidc-provider
 * would answer a form that a script sends, and our pages run no scripts.) The address to go to was checked before.
 */
export function settleLogout(ctx: { path: string; method: string; status: number }): void {
  if (ctx.path !== LOGIN_ROUTES.end_session || ctx.status !== 200) return;
  const { oidc } = ctx as unknown as KoaContextWithOIDC;
  const session = oidc.session as unknown as { accountId?: string } | undefined;
  if (session === undefined || session.accountId !== undefined) return;
  const koa = ctx as unknown as KoaContextWithOIDC;
  const after = oidc.params?.['post_logout_redirect_uri'];
  if (typeof after !== 'string') return show(koa, messagePage('You are signed out', 'You can close this page.'));
  const to = new URL(after);
  const state = oidc.params?.['state'];
  if (typeof state === 'string') to.searchParams.set('state', state);
  koa.status = 303;
  koa.redirect(to.href);
}

/** An application gives up its refresh token because the person signed out there: what they began here ends with it. */
export async function endSessionOf(provider: Provider, token: { kind?: string; sessionUid?: string }): Promise<void> {
  if (token.kind !== 'RefreshToken' || token.sessionUid === undefined) return;
  await (await provider.Session.findByUid(token.sessionUid))?.destroy();
}
