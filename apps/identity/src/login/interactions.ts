import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Provider } from 'oidc-provider';
import type { ClientEntry, ClientsFile } from '../clients.ts';
import { consentPage } from '../pages/consent.ts';
import { loginPage } from '../pages/login.ts';
import { errorPage, messagePage } from '../pages/message.ts';
import { pageHeaders, send } from '../pages/page.ts';
import { USER_NAME, type UsersFile } from '../users.ts';
import { newGrant, type Consents } from './consents.ts';
import { Busy, type PasswordCheck } from './password.ts';
import { csrfToken, fromOurPages, readForm, sameText } from './request.ts';
import { scopesOf, servicesOf } from './rights.ts';
import type { LoginThrottle } from './throttle.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

export interface LoginParts {
  provider: Provider;
  issuer: string;
  audience: string;
  clients: ClientsFile;
  users: UsersFile;
  passwords: Pick<PasswordCheck, 'matches'>;
  throttle: LoginThrottle;
  consents: Consents;
  /** for tokens in forms */
  secret: string;
}

export const INTERACTION = /^\/interaction\/([\w-]{1,64})(?:\/(login|consent))?$/;

/** One sentence for both, so that nobody learns which names there are. */
const WRONG = 'The user name or the password is not right.';

/** The pages between the authorization request and its answer: sign in, consent. */
export class Interactions {
  readonly #parts: LoginParts;

  constructor(parts: LoginParts) {
    this.#parts = parts;
  }

  async handle(req: IncomingMessage, res: ServerResponse, uid: string, step: 'login' | 'consent' | undefined): Promise<void> {
    let interaction: Interaction;
    try {
      interaction = await this.#parts.provider.interactionDetails(req, res);
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      return send(res, 400, errorPage('SessionNotFound', 400));
    }
    const client = this.#parts.clients.get(String(interaction.params['client_id']));
    if (interaction.uid !== uid) return send(res, 400, errorPage('SessionNotFound', 400));
    if (client === undefined) return send(res, 400, errorPage('InvalidClient', 400));
    if (req.method === 'GET' || req.method === 'HEAD') {
      if (step === undefined) return this.#show(res, interaction, client);
      return void res.writeHead(303, { location: `/interaction/${uid}` }).end();
    }
    if (req.method !== 'POST' || step === undefined) return send(res, 405, messagePage('Not possible', 'This page only takes what its own form sends.'));
    const form = await readForm(req);
    if (form === null || !fromOurPages(req, this.#parts.issuer) || !sameText(form.get('csrf') ?? '', this.#csrf(uid))) {
      return send(res, 403, messagePage('Not taken', 'What was sent does not come from our own page, so it was not taken.', 'Go back to the application and sign in again.'));
    }
    if (step !== interaction.prompt.name) return void res.writeHead(303, { location: `/interaction/${uid}` }).end();
    if (step === 'login') return this.#login(req, res, interaction, client, form);
    return this.#consent(req, res, interaction, client, form);
  }

  #csrf(uid: string): string {
    return csrfToken(this.#parts.secret, uid);
  }

  #show(res: ServerResponse, interaction: Interaction, client: ClientEntry, failed?: { status: number; username: string; error: string; headers?: Record<string, string> }): void {
    const origin = new URL(String(interaction.params['redirect_uri'])).origin;
    const common = { uid: interaction.uid, csrf: this.#csrf(interaction.uid), client: client.name ?? client.client_id };
    const headers = { ...pageHeaders([origin]), ...failed?.headers };
    if (interaction.prompt.name === 'login') return send(res, failed?.status ?? 200, loginPage({ ...common, ...failed }), headers);
    const { person, scopes, services } = this.#asked(interaction, client);
    send(res, 200, consentPage({ ...common, clientOrigin: origin, person, api: this.#parts.audience, scopes, services }), headers);
  }

  /** What the consent is about: all that the person would have through the client, also what was allowed before. */
  #asked(interaction: Interaction, client: ClientEntry): { person: string; scopes: string[]; services: string[] | null } {
    const person = interaction.session?.accountId ?? '';
    const user = this.#parts.users.get(person);
    const asked = new Set(String(interaction.params['scope'] ?? '').split(' '));
    return { person, scopes: scopesOf(client, user).filter((s) => asked.has(s)), services: servicesOf(client, user) };
  }

  async #login(req: IncomingMessage, res: ServerResponse, interaction: Interaction, client: ClientEntry, form: URLSearchParams): Promise<void> {
    const { provider, users, passwords, throttle } = this.#parts;
    const username = (form.get('username') ?? '').trim().slice(0, 64);
    const again = (status: number, error: string, headers?: Record<string, string>): void =>
      this.#show(res, interaction, client, { status, username, error, ...(headers === undefined ? {} : { headers }) });
    const address = req.socket.remoteAddress ?? '';
    const { retryAfterS } = await throttle.take(username, address);
    if (retryAfterS !== null) {
      const minutes = Math.ceil(retryAfterS / 60);
      return again(429, `Too many tries. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, then try again.`, { 'retry-after': String(retryAfterS) });
    }
    const user = USER_NAME.test(username) ? users.get(username) : undefined;
    try {
      if (!(await passwords.matches((form.get('password') ?? '').slice(0, 1024), user?.password))) return again(403, WRONG);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      await throttle.forgive(username, address);
      return again(503, 'Too many people are signing in at this moment. Try again in a few seconds.', { 'retry-after': '5' });
    }
    await throttle.forgive(username, address);
    const before = interaction.session;
    if (before !== undefined && before.accountId !== username) {
      // Somebody else at this browser: what the first began ends here.
      await (await provider.Session.findByUid(before.uid))?.destroy();
      delete (interaction as { session?: unknown }).session;
      await interaction.persist();
    }
    await provider.interactionFinished(req, res, { login: { accountId: username, amr: ['pwd'] } }, { mergeWithLastSubmission: false });
  }

  async #consent(req: IncomingMessage, res: ServerResponse, interaction: Interaction, client: ClientEntry, form: URLSearchParams): Promise<void> {
    const { provider, audience, consents } = this.#parts;
    const { person, scopes } = this.#asked(interaction, client);
    if (form.get('decision') !== 'allow') {
      await consents.forget(person, client.client_id);
      return provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'the person did not allow it' }, { mergeWithLastSubmission: false });
    }
    const grant = newGrant(provider, person, client.client_id, audience, scopes);
    const grantId = await grant.save();
    await consents.allow(person, client.client_id, scopes);
    await provider.interactionFinished(req, res, { consent: { grantId } }, { mergeWithLastSubmission: true });
  }
}
