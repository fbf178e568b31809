import type { StateStore } from '@headwater/state-store';
import type { TokenVerifier } from '../auth/verifier.ts';
import type { IssuerClient } from './issuer-client.ts';
import { Refusal } from './issuer-client.ts';
import type { Seal } from './seal.ts';
import type { Sessions } from './sessions.ts';
import { randomId, Vault } from './vault.ts';

/** A sign-in that is under way; its secrets stay here, the browser only has an id. */
interface Transaction {
  state: string;
  nonce: string;
  verifier: string;
  returnTo: string;
  /** the session this browser had, which the new one replaces: its Strict cookie does not come along on the way back from another site */
  before?: string;
}

export const LOGIN_MS = 10 * 60_000;

/** `lost`: not ours, not any more, or not of this browser. `refused`: the issuer or the person said no. */
export type Finished = { kind: 'in'; id: string; returnTo: string } | { kind: 'lost' } | { kind: 'refused'; code: string; returnTo: string; detail: string };

/** What a person is called: the first of these that the id token has. */
function nameOf(claims: Readonly<Record<string, unknown>>): string {
  for (const claim of ['preferred_username', 'name', 'email', 'sub']) {
    const value = claims[claim];
    if (typeof value === 'string' && value !== '') return value.slice(0, 200);
  }
  return '';
}

/** Authorization code with PKCE, state and nonce: there and back. */
export class LoginFlow {
  readonly #client: IssuerClient;
  readonly #vault: Vault<Transaction>;
  readonly #sessions: Sessions;
  readonly #verifier: TokenVerifier;

  constructor(client: IssuerClient, store: () => StateStore, seal: Seal, sessions: Sessions, verifier: TokenVerifier) {
    this.#client = client;
    this.#vault = new Vault(store, seal, 'session-login');
    this.#sessions = sessions;
    this.#verifier = verifier;
  }

  /** `url`: of the issuer, to go to; `id` for the browser's cookie, named after `state`. Throws Unavailable. */
  async begin(returnTo: string, before: string | undefined): Promise<{ url: string; state: string; id: string }> {
    const id = randomId();
    const transaction: Transaction = { state: randomId(), nonce: randomId(), verifier: randomId(), returnTo, ...(before === undefined ? {} : { before }) };
    const url = await this.#client.authorizationUrl(transaction);
    await this.#vault.put(id, null, transaction, LOGIN_MS);
    return { url: url.href, state: transaction.state, id };
  }

  /** `query`: of the address the person came back to; `id`: from the cookie. */
  async finish(query: string, id: string | undefined): Promise<Finished> {
    const held = id === undefined ? null : await this.#vault.get(id);
    // Taken before it is used: an answer works once, whatever comes of it.
    if (id === undefined || held === null || !(await this.#vault.delete(id))) return { kind: 'lost' };
    const { returnTo, before } = held.value;
    try {
      const tokens = await this.#client.redeem(query, held.value);
      const subject = String(tokens.claims?.['sub'] ?? '');
      // A token that this API does not take would send the person round and round.
      const verdict = await this.#verifier.verify(tokens.access);
      if (verdict.kind === 'invalid') {
        if (tokens.refresh !== undefined) await this.#client.revoke(tokens.refresh);
        return { kind: 'refused', code: 'invalid_token', returnTo, detail: verdict.detail };
      }
      if (before !== undefined) await this.#sessions.drop(before);
      return { kind: 'in', id: await this.#sessions.open(nameOf(tokens.claims ?? {}), subject, tokens), returnTo };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: 'refused', code: error.code, returnTo, detail: error.message };
    }
  }
}
