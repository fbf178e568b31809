import { createHash, timingSafeEqual } from 'node:crypto';
import { Provider, errors, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import type { StateStore } from '@headwater/state-store';
import { ClientsAdapter, StateAdapter } from './adapter.ts';
import type { ClientsFile } from './clients.ts';
import type { IdentityKeys } from './keys.ts';
import { SESSION_S } from './login/accounts.ts';
import { endSessionOf, loginOptions, LOGIN_ROUTES, settleLogout, type Login } from './login/options.ts';
import { scopesOf, servicesOf } from './login/rights.ts';
import { ALL_SCOPES, decideScopes } from './scopes.ts';

export interface ProviderSettings {
  /** issuer identifier, e.g. `http://127.0.0.1:8471` */
  issuer: string;
  /** the API's resource identifier: `aud` of every token */
  audience: string;
  accessTokenTtlS: number;
  /** with it people sign in (authorization code); without it there are no pages, and client_credentials only */
  login?: Login;
}

/** Metadata of ours on a client. */
interface OurClient {
  allowed_scopes?: string[];
  services?: string[];
  token_format?: 'jwt' | 'opaque';
}

/** What is served; everything else of oidc-provider has no page or no client yet and answers 404. */
export const ROUTES = {
  token: '/token',
  jwks: '/jwks',
  introspection: '/token/introspection',
  revocation: '/token/revocation',
} as const;
export const METADATA = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const;

/** Metadata members whose endpoints are not served where nobody signs in. */
const NOT_SERVED = ['userinfo_endpoint', 'response_modes_supported', 'claims_parameter_supported', 'request_uri_parameter_supported', 'acr_values_supported'];
const LOGIN_ONLY = ['authorization_endpoint', 'end_session_endpoint', 'code_challenge_methods_supported', 'authorization_response_iss_parameter_supported', 'claims_supported'];

/** Says which scopes the request gets, before oidc-provider would silently cut unknown ones. */
function settleScope(ctx: KoaContextWithOIDC, client: OurClient): void {
  const params = ctx.oidc.params as { scope?: string; grant_type?: string };
  if (params.grant_type !== 'client_credentials') return;
  const decision = decideScopes(params.scope, client.allowed_scopes ?? []);
  if ('refused' in decision) throw new errors.InvalidScope('the client may not have this scope', decision.refused);
  params.scope = decision.granted.join(' ');
}

export function createProvider(settings: ProviderSettings, keys: IdentityKeys, store: StateStore, clients: ClientsFile): Provider {
  const ttl = settings.accessTokenTtlS;
  const { login } = settings;
  const people = login === undefined ? null : loginOptions(login, settings, store, clients, () => provider);
  const provider: Provider = new Provider(settings.issuer, {
    adapter: (model: string) => (model === 'Client' ? new ClientsAdapter(clients, login !== undefined) : new StateAdapter(model, store)),
    jwks: { keys: keys.jwks as never },
    cookies: { keys: keys.cookies, ...people?.cookies },
    routes: login === undefined ? ROUTES : { ...ROUTES, ...LOGIN_ROUTES },
    responseTypes: ['code'],
    scopes: login === undefined ? [] : ['openid'],
    ...people?.configuration,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
      // With an ES256-only key set the default (RS256) makes the token endpoint answer invalid_client_metadata.
      id_token_signed_response_alg: 'ES256',
    },
    extraClientMetadata: { properties: ['allowed_scopes', 'services', 'token_format'] },
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: people?.logout ?? { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: {
        enabled: true,
        async allowedPolicy(_ctx, client, token) {
          if (client.clientId !== (token as { clientId?: string }).clientId) return false;
          await endSessionOf(provider, token as { kind?: string; sessionUid?: string });
          return true;
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => settings.audience,
        useGrantedResource: () => true,
        getResourceServerInfo(ctx, resource, client) {
          if (resource !== settings.audience) throw new errors.InvalidTarget();
          settleScope(ctx, client as OurClient);
          const format = (client as OurClient).token_format ?? 'jwt';
          return {
            // A person's token never has more than client and person may have now, also when it is refreshed.
            scope: (ctx.oidc.account === undefined
              ? ALL_SCOPES
              : scopesOf({ scopes: (client as OurClient).allowed_scopes ?? [] }, login?.users.get(ctx.oidc.account.accountId))
            ).join(' '),
            audience: settings.audience,
            accessTokenTTL: ttl,
            accessTokenFormat: format,
            ...(format === 'jwt' ? { jwt: { sign: { alg: 'ES256' as const, kid: keys.jwks[0]?.kid as string } } } : {}),
          };
        },
      },
    },
    extraTokenClaims: (_ctx, token) => {
      const { client, accountId } = token as { client?: Client & OurClient; accountId?: string };
      const own = client?.services;
      const services = servicesOf(own === undefined ? {} : { services: own }, accountId === undefined ? undefined : login?.users.get(accountId));
      return services === null ? undefined : { services };
    },
    ttl: {
      AccessToken: ttl,
      ClientCredentials: ttl,
      AuthorizationCode: 60,
      IdToken: ttl,
      RefreshToken: SESSION_S,
      Session: SESSION_S,
      // The grant must outlive what hangs on it.
      Grant: 2 * SESSION_S,
      Interaction: 600,
      DeviceCode: 600,
      ReplayDetection: 600,
      PushedAuthorizationRequest: 60,
      BackchannelAuthenticationRequest: 600,
    },
  });
  hashSecrets(provider);
  // server.ts writes these headers itself, from the issuer; what a client sent never gets here.
  provider.proxy = true;
  provider.use(async (ctx, next) => {
    await next();
    if (login !== undefined) settleLogout(ctx);
    if ((METADATA as readonly string[]).includes(ctx.path) && ctx.status === 200) ctx.body = served(ctx.body as Record<string, unknown>, settings.issuer, login !== undefined);
  });
  return provider;
}

/**
 * The metadata document without what does not work. RFC 8414 requires `response_types_supported`: empty. Endpoints are
 * those of the issuer: oidc-provider takes them from the Host header, which anyone can write.
 */
export function served(metadata: Record<string, unknown>, issuer: string, login: boolean): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(metadata).filter(([k]) => !NOT_SERVED.includes(k) && (login || !LOGIN_ONLY.includes(k))));
  return {
    ...kept,
    jwks_uri: issuer + ROUTES.jwks,
    token_endpoint: issuer + ROUTES.token,
    introspection_endpoint: issuer + ROUTES.introspection,
    revocation_endpoint: issuer + ROUTES.revocation,
    ...(login
      ? {
          authorization_endpoint: issuer + LOGIN_ROUTES.authorization,
          end_session_endpoint: issuer + LOGIN_ROUTES.end_session,
          response_types_supported: ['code'],
          response_modes_supported: ['query'],
          grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
          scopes_supported: ['openid', ...ALL_SCOPES],
        }
      : { response_types_supported: [], grant_types_supported: ['client_credentials'], scopes_supported: ALL_SCOPES }),
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Secrets may be kept as a hash; compared in constant time either way (both sides are 32 bytes). */
function hashSecrets(provider: Provider): void {
  const prototype = provider.Client.prototype as unknown as { clientSecret: string; compareClientSecret(actual: string): boolean };
  prototype.compareClientSecret = function compareClientSecret(actual: string): boolean {
    const stored = this.clientSecret;
    const expected = stored.startsWith('sha256:') ? Buffer.from(stored.slice('sha256:'.length), 'hex') : digest(stored);
    return timingSafeEqual(expected, digest(actual));
  };
}
