import { randomUUID } from 'node:crypto';
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { ClientsFile } from '../clients.ts';
import type { UsersFile } from '../users.ts';
import { scopesOf } from './rights.ts';

const { Check, base } = interactionPolicy;

/** Scopes of the API that are asked for, that client and person may have, and that the person has not allowed yet. */
export function scopesToAllow(ctx: KoaContextWithOIDC, clients: ClientsFile, users: UsersFile, audience: string): string[] {
  const { client, account, grant, params } = ctx.oidc;
  const entry = client === undefined ? undefined : clients.get(client.clientId);
  if (entry === undefined || account === undefined) return [];
  const asked = new Set(String(params?.['scope'] ?? '').split(' '));
  const allowed = new Set((grant as { getResourceScopeEncountered(resource: string): string } | undefined)?.getResourceScopeEncountered(audience).split(' '));
  return scopesOf(entry, users.get(account.accountId)).filter((s) => asked.has(s) && !allowed.has(s));
}

/** When a person is asked to sign in, and when to consent. */
export function policyOf(clients: ClientsFile, users: UsersFile, audience: string): interactionPolicy.Prompt[] {
  const policy = base();
  // A session of somebody who was removed from the users file, or who got another password. Its uid is given up with
  // it: tokens that were begun under it must not come back to life by the next sign-in.
  policy.get('login')?.checks.add(
    new Check('account_gone', 'the account is no longer there', (ctx) => {
      const session = ctx.oidc.session as unknown as { accountId?: string; uid: string; authorizations?: unknown } | undefined;
      if (session?.accountId === undefined || ctx.oidc.account !== undefined) return Check.NO_NEED_TO_PROMPT;
      delete session.accountId;
      session.authorizations = undefined;
      session.uid = randomUUID();
      return Check.REQUEST_PROMPT;
    }),
  );
  const consent = policy.get('consent');
  // oidc-provider's own check compares with what the client may have; a person may have less, and would be asked for ever.
  consent?.checks.remove('rs_scopes_missing');
  consent?.checks.add(new Check('rs_scopes_missing', 'requested scopes not granted', 'consent_required', (ctx) => scopesToAllow(ctx, clients, users, audience).length > 0));
  return policy;
}
