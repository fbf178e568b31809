import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { StateStore } from '@headwater/state-store';
import type { ClientsFile } from './clients.ts';

/**
 * oidc-provider's storage on the StateStore port, so grants and opaque tokens survive a restart.
 * Keys: `oidc/<Model>/<id>` the payload; `oidc/grant/<grantId>/<Model>/<id>` one empty key per member of a grant
 * (a key each, so no read-modify-write); `oidc/uid/<uid>` and `oidc/user-code/<code>` hold the id.
 */
export class StateAdapter implements Adapter {
  readonly #model: string;
  readonly #store: StateStore;

  constructor(model: string, store: StateStore) {
    this.#model = model;
    this.#store = store;
  }

  #key(id: string): string {
    return `oidc/${this.#model}/${id}`;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const options = typeof expiresIn === 'number' ? { ttlMs: Math.max(1, Math.ceil(expiresIn * 1000)) } : {};
    if (payload.grantId !== undefined && this.#model !== 'Grant') {
      await this.#store.set(`oidc/grant/${payload.grantId}/${this.#model}/${id}`, '', options);
    }
    if (this.#model === 'Session' && payload.uid !== undefined) await this.#store.set(`oidc/uid/${payload.uid}`, id, options);
    if (payload.userCode !== undefined) await this.#store.set(`oidc/user-code/${payload.userCode}`, id, options);
    await this.#store.set(this.#key(id), JSON.stringify(payload), options);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = await this.#store.get(this.#key(id));
    return entry === null ? undefined : (JSON.parse(entry.value) as AdapterPayload);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const entry = await this.#store.get(`oidc/uid/${uid}`);
    return entry === null ? undefined : this.find(entry.value);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const entry = await this.#store.get(`oidc/user-code/${userCode}`);
    return entry === null ? undefined : this.find(entry.value);
  }

  async consume(id: string): Promise<void> {
    for (;;) {
      const entry = await this.#store.get(this.#key(id));
      if (entry === null) return;
      const payload = JSON.parse(entry.value) as AdapterPayload;
      const left = typeof payload.exp === 'number' ? payload.exp * 1000 - Date.now() : undefined;
      if (left !== undefined && left <= 0) return;
      payload.consumed = Math.floor(Date.now() / 1000);
      if (await this.#store.compareAndSet(this.#key(id), entry.version, JSON.stringify(payload), left === undefined ? {} : { ttlMs: left })) return;
    }
  }

  async destroy(id: string): Promise<void> {
    await this.#store.delete(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const prefix = `oidc/grant/${grantId}/`;
    for (const { key } of await this.#store.list(prefix)) {
      await this.#store.delete(`oidc/${key.slice(prefix.length)}`);
      await this.#store.delete(key);
    }
  }
}

/** A client that people are sent back to acts for them, and has no token of its own. */
function forPeople(redirects: readonly string[], after: readonly string[] | undefined): object {
  return {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: redirects,
    post_logout_redirect_uris: after ?? [...new Set(redirects.map((uri) => `${new URL(uri).origin}/`))],
  };
}

/** Clients come from the clients file only; nothing registers itself. */
export class ClientsAdapter implements Adapter {
  readonly #clients: ClientsFile;
  readonly #people: boolean;

  /** `people`: whether anybody signs in here; else redirect URIs mean nothing */
  constructor(clients: ClientsFile, people: boolean) {
    this.#clients = clients;
    this.#people = people;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.#clients.get(id);
    if (entry === undefined) return undefined;
    return {
      client_id: entry.client_id,
      client_secret: entry.client_secret,
      // An own name: oidc-provider's `scope` would be compared with OpenID scopes only.
      allowed_scopes: entry.scopes,
      token_format: entry.token_format,
      ...(entry.services === undefined ? {} : { services: entry.services }),
      ...(entry.name === undefined ? {} : { client_name: entry.name }),
      ...(entry.redirect_uris === undefined || !this.#people ? {} : forPeople(entry.redirect_uris, entry.post_logout_redirect_uris)),
    } as AdapterPayload;
  }

  async upsert(): Promise<void> {
    throw new Error('clients are kept in the clients file');
  }
  async destroy(): Promise<void> {
    throw new Error('clients are kept in the clients file');
  }
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}
