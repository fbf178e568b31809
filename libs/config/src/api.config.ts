import { LogConfig, TOPIC_PREFIX } from './parts/process.ts';
import { StoreConfig } from './parts/store.ts';
import { Choice, Part, PartList, Port, Switch, Text, TextList, Url, Whole } from './setting.ts';

export const JWT_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;

export class IntrospectionConfig {
  @Url("Introspection endpoint (RFC 7662); by default the one in the issuer's metadata", { optional: true })
  url?: string;

  @Text('Client id of this API at the issuer')
  client_id!: string;

  @Text('File that holds its client secret; its last newline is cut')
  client_secret_file!: string;

  @Choice('Which tokens the issuer is asked about: opaque, those that are no JWTs; always, every token, so that a revoked JWT ends within 30 s', ['opaque', 'always'])
  tokens: 'opaque' | 'always' = 'opaque';

  @Choice('What to do with an answer that names no audience', ['refuse', 'accept'])
  missing_aud: 'refuse' | 'accept' = 'refuse';
}

export class RelaxConfig {
  @Switch('Accept JWTs whose typ is not at+jwt (RFC 9068 demands it)')
  typ = false;

  @Switch('Accept JWTs without client_id (RFC 9068 demands it)')
  client_id = false;
}

export class IssuerConfig {
  @Url('Issuer URL, exactly as in the iss claim')
  issuer!: string;

  @TextList('Signature algorithms that are accepted', { values: JWT_ALGORITHMS })
  algorithms: string[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

  @Part(IntrospectionConfig, 'Ask the issuer about tokens', { optional: true })
  introspection?: IntrospectionConfig;

  @Part(RelaxConfig, 'Rules of RFC 9068 an issuer may not keep')
  relax: RelaxConfig = new RelaxConfig();
}

export class RateLimitConfig {
  @Whole('Requests a client may make in a window', 1, 1_000_000)
  requests = 600;

  @Whole('Length of the window, s', 1, 3_600)
  window_s = 60;
}

/** apps/api: REST API behind OAuth 2.0. */
export class ApiConfig {
  @Text('Address to listen on')
  host = '127.0.0.1';

  @Port('Port to listen on; 0 takes a free one')
  port = 8470;

  @Url('URL under which clients reach the API, where that is not host and port', { optional: true })
  public_url?: string;

  @Text('Audience a token must name')
  audience!: string;

  @PartList(IssuerConfig, 'Authorization servers whose tokens are accepted; at least one')
  issuers: IssuerConfig[] = [];

  @Part(RateLimitConfig, 'Rate limit per client')
  rate_limit: RateLimitConfig = new RateLimitConfig();

  @Text('First part of every topic name', TOPIC_PREFIX)
  topic_prefix = 'headwater';

  @Part(StoreConfig, 'Where windows are read')
  store: StoreConfig = new StoreConfig();

  @Part(StoreConfig, 'Where heartbeats and other small state are kept')
  state: StoreConfig = new StoreConfig();

  @Part(LogConfig, 'Log')
  log: LogConfig = new LogConfig();
}
