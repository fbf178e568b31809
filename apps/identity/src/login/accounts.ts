import { createHash } from 'node:crypto';
import type { Account, FindAccount } from 'oidc-provider';
import type { StateStore } from '@headwater/state-store';
import type { UsersFile } from '../users.ts';

/** How long a person stays signed in at most, s; tokens end with it. */
export const SESSION_S = 43_200;

/**
 * The person behind a session or a token. None when they are no longer in the file, and none when their entry has
 * another password than when they signed in: a new password, or another person under an old name, ends what was
 * begun before. The first look at a session, within the sign-in itself, notes which password that was.
 */
export function findAccounts(users: UsersFile, store: StateStore): FindAccount {
  return async (ctx, sub, token) => {
    const user = users.get(sub);
    if (user === undefined) return undefined;
    const uid = (token as { sessionUid?: string } | undefined)?.sessionUid ?? ctx.oidc.session?.uid;
    if (uid !== undefined && !(await samePassword(store, uid, user.password))) return undefined;
    const account: Account = { accountId: sub, claims: async () => ({ sub, preferred_username: sub }) };
    return account;
  };
}

async function samePassword(store: StateStore, uid: string, password: string): Promise<boolean> {
  const key = `login-password/${uid}`;
  const print = createHash('sha256').update(password).digest('base64url');
  if (await store.compareAndSet(key, null, print, { ttlMs: SESSION_S * 1000 })) return true;
  return (await store.get(key))?.value === print;
}
