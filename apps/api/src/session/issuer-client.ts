import * as oidc from 'openid-client';
import { Unavailable, type Discovery } from '../auth/discovery.ts';

export interface DashboardClient {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** where the issuer sends people back to */
  redirectUri: string;
  scopes: readonly string[];
}

export interface Tokens {
  access: string;
  /** ms since the epoch */
  expiresAt: number;
  /** absent: the session ends with the access token */
  refresh?: string;
  /** claims of the id token, where one came */
  claims?: Readonly<Record<string, unknown>>;
}

/** The issuer answered, and its answer is no: what was presented is not good (any more). */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** error code of RFC 6749, or of the library */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Access tokens without a stated life are taken as good for a minute. */
const UNSTATED_S = 60;

/** Our client at the issuer, by openid-client: the code flow with PKCE, refresh, revocation, end of session. */
export class IssuerClient {
  readonly settings: DashboardClient;
  readonly #discovery: Discovery;
  #made: { document: unknown; config: oidc.Configuration } | null = null;

  constructor(settings: DashboardClient, discovery: Discovery) {
    this.settings = settings;
    this.#discovery = discovery;
  }

  /** Throws Unavailable while the issuer's metadata cannot be had. */
  async #config(): Promise<oidc.Configuration> {
    const { document } = await this.#discovery.get();
    if (this.#made?.document === document) return this.#made.config;
    const { clientId, clientSecret, issuer } = this.settings;
    const methods = document['token_endpoint_auth_methods_supported'];
    // RFC 8414: client_secret_basic where nothing is said.
    const basic = !Array.isArray(methods) || methods.includes('client_secret_basic');
    const config = new oidc.Configuration(
      document as unknown as oidc.ServerMetadata,
      clientId,
      {},
      basic ? oidc.ClientSecretBasic(clientSecret) : oidc.ClientSecretPost(clientSecret),
    );
    if (issuer.startsWith('http:')) oidc.allowInsecureRequests(config);
    // Signatures of id tokens are checked too, though they come straight from the token endpoint.
    oidc.enableNonRepudiationChecks(config);
    config.timeout = 10;
    const { via } = this.#discovery;
    config[oidc.customFetch] = (url, options) =>
      via(url, {
        method: options.method,
        headers: options.headers,
        body: (options.body ?? null) as NonNullable<RequestInit['body']> | null,
        redirect: 'manual',
        ...(options.signal ? { signal: options.signal } : {}),
      });
    this.#made = { document, config };
    return config;
  }

  async authorizationUrl(transaction: { state: string; nonce: string; verifier: string }): Promise<URL> {
    const config = await this.#config();
    return oidc.buildAuthorizationUrl(config, {
      redirect_uri: this.settings.redirectUri,
      scope: this.settings.scopes.join(' '),
      state: transaction.state,
      nonce: transaction.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(transaction.verifier),
      code_challenge_method: 'S256',
    });
  }

  /** `query`: of the address the person came back to. Throws Refusal or Unavailable. */
  async redeem(query: string, transaction: { state: string; nonce: string; verifier: string }): Promise<Tokens> {
    const config = await this.#config();
    const url = new URL(this.settings.redirectUri);
    url.search = query;
    return this.#ask(() =>
      oidc.authorizationCodeGrant(config, url, {
        pkceCodeVerifier: transaction.verifier,
        expectedState: transaction.state,
        expectedNonce: transaction.nonce,
        idTokenExpected: true,
      }),
    );
  }

  async refresh(token: string): Promise<Tokens> {
    const config = await this.#config();
    const tokens = await this.#ask(() => oidc.refreshTokenGrant(config, token));
    return tokens.refresh === undefined ? { ...tokens, refresh: token } : tokens;
  }

  /** Best effort: a session that is over here is over, also when the issuer cannot be told. false: it did not answer. */
  async revoke(token: string): Promise<boolean> {
    try {
      const config = await this.#config();
      if (config.serverMetadata().revocation_endpoint === undefined) return true;
      await oidc.tokenRevocation(config, token, { token_type_hint: 'refresh_token' });
      return true;
    } catch {
      return false;
    }
  }

  /** Where the browser goes to end the issuer's own session; null where the issuer offers no such place. No token is in it. */
  async endSessionUrl(after: string): Promise<string | null> {
    try {
      const config = await this.#config();
      if (config.serverMetadata().end_session_endpoint === undefined) return null;
      return oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: after }).href;
    } catch (error) {
      if (error instanceof Unavailable) return null;
      throw error;
    }
  }

  async #ask(call: () => Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers>): Promise<Tokens> {
    let answer: Awaited<ReturnType<typeof call>>;
    try {
      answer = await call();
    } catch (error) {
      throw judge(error, this.settings.issuer);
    }
    const claims = answer.claims();
    return {
      access: answer.access_token,
      expiresAt: Date.now() + (answer.expires_in ?? UNSTATED_S) * 1000,
      ...(answer.refresh_token === undefined ? {} : { refresh: answer.refresh_token }),
      ...(claims === undefined ? {} : { claims }),
    };
  }
}

/** What came back does not fit what was asked for: state, nonce, iss, signature, times. */
const DOES_NOT_FIT: ReadonlySet<string> = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
]);

/** Which failures mean no, and which mean that nobody answered. */
function judge(error: unknown, issuer: string): Refusal | Unavailable {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof oidc.ResponseBodyError) {
    if (error.status >= 500 || error.status === 429) return new Unavailable(`${issuer} answers HTTP ${error.status} (${error.error})`);
    return new Refusal(error.error, error.error_description ?? error.error, { cause: error });
  }
  if (error instanceof oidc.AuthorizationResponseError) return new Refusal(error.error, error.error_description ?? error.error, { cause: error });
  if (error instanceof oidc.WWWAuthenticateChallengeError) return new Refusal('invalid_client', `${issuer} does not take our client id or its secret`, { cause: error });
  const { cause, code } = error as { cause?: unknown; code?: string };
  if (code !== undefined && DOES_NOT_FIT.has(code)) return new Refusal('invalid_response', message, { cause: error });
  return new Unavailable(`${issuer}: ${cause instanceof Response ? `HTTP ${cause.status}` : cause instanceof Error ? cause.message : message}`);
}
