import type { ClientEntry } from '../clients.ts';
import type { UserEntry } from '../users.ts';

/** What a person may through a client: never more than either may. */
export function scopesOf(client: Pick<ClientEntry, 'scopes'>, user: Pick<UserEntry, 'scopes'> | undefined): string[] {
  return user?.scopes === undefined ? [...client.scopes] : client.scopes.filter((s) => user.scopes?.includes(s));
}

/** null: all services */
export function servicesOf(client: Pick<ClientEntry, 'services'> | undefined, user: Pick<UserEntry, 'services'> | undefined): string[] | null {
  const [a, b] = [client?.services, user?.services];
  if (a === undefined) return b === undefined ? null : [...b];
  return b === undefined ? [...a] : a.filter((s) => b.includes(s));
}
