import { createHash } from 'node:crypto';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { StateStore } from '@headwater/state-store';

const REMEMBERED_MS = 30 * 24 * 3_600_000;

/** What a person allowed a client, kept over sign-ins, so they are asked once and not each morning. */
export class Consents {
  readonly #store: StateStore;
  readonly #audience: string;

  constructor(store: StateStore, audience: string) {
    this.#store = store;
    this.#audience = audience;
  }

  #key(person: string, client: string): string {
    return `consent/${createHash('sha256').update(`${person}\0${client}\0${this.#audience}`).digest('base64url')}`;
  }

  async allowed(person: string, client: string): Promise<readonly string[] | null> {
    const entry = await this.#store.get(this.#key(person, client));
    return entry === null ? null : (JSON.parse(entry.value) as { scopes: string[] }).scopes;
  }

  async allow(person: string, client: string, scopes: readonly string[]): Promise<void> {
    const before = (await this.allowed(person, client)) ?? [];
    await this.#store.set(this.#key(person, client), JSON.stringify({ scopes: [...new Set([...before, ...scopes])] }), { ttlMs: REMEMBERED_MS });
  }

  async forget(person: string, client: string): Promise<void> {
    await this.#store.delete(this.#key(person, client));
  }

  /** For oidc-provider: the grant of this session, else a new one of what was allowed before. */
  async grantOf(ctx: KoaContextWithOIDC, provider: Provider): Promise<InstanceType<Provider['Grant']> | undefined> {
    const { client, session, account, result } = ctx.oidc;
    if (client === undefined || account === undefined) return undefined;
    const id = (result as { consent?: { grantId?: string } } | undefined)?.consent?.grantId ?? session?.grantIdFor(client.clientId);
    const known = id === undefined ? undefined : await provider.Grant.find(id);
    if (known !== undefined) return known;
    const scopes = await this.allowed(account.accountId, client.clientId);
    if (scopes === null) return undefined;
    const grant = newGrant(provider, account.accountId, client.clientId, this.#audience, scopes);
    await grant.save();
    return grant;
  }
}

export function newGrant(provider: Provider, accountId: string, clientId: string, audience: string, scopes: readonly string[]): InstanceType<Provider['Grant']> {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope('openid');
  if (scopes.length > 0) grant.addResourceScope(audience, scopes.join(' '));
  return grant;
}
