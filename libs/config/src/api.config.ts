import { RetentionConfig } from './analyzer.config.ts';
import { BusConfig } from './parts/bus.ts';
import { LogConfig, TOPIC_PREFIX } from './parts/process.ts';
import { StoreConfig } from './parts/store.ts';
import { ListenTlsConfig } from './parts/tls.ts';
import { Choice, Cross, Part, PartList, Port, Switch, Text, TextList, Url, Whole } from './setting.ts';

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

  @Text("PEM file of the authority that signed the issuer's certificate, where that is not one of the well-known ones", { optional: true })
  ca_file?: string;

  @Text(
    "host:port that is connected to instead of the issuer URL's, which stays in Host and in the TLS check: for names not in DNS, and hosts that cannot reach their own public address",
    {
      optional: true,
      matches: /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/,
      fix: 'must be host:port, for instance 127.0.0.1:8471',
    },
  )
  connect?: string;

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

export class DashboardConfig {
  @Url('Issuer at which people sign in; one of issuers, by default the first', { optional: true })
  issuer?: string;

  @Text('Client id of the dashboard at that issuer')
  client_id!: string;

  @Text('File that holds its client secret; its last newline is cut')
  client_secret_file!: string;

  @Text(
    'File with the keys that encrypt sessions, mode 0600, 32 bytes in base64url a line, the first one encrypts; made at the first start, and the same for all APIs that share a state store',
  )
  key_file!: string;

  @TextList('Scopes that are asked for', { optional: true })
  scopes: string[] = ['openid', 'metrics:read', 'events:read', 'insights:read', 'fleet:read', 'alerts:write', 'insights:submit'];

  @Whole('A session that is not used for so long ends, s', 60, 604_800)
  idle_s = 3_600;

  @Whole('A session ends after so long, s', 60, 2_592_000)
  max_s = 43_200;
}

export class WebConfig {
  @Text('Directory of the built dashboard; by default apps/web/dist beside this app', { optional: true })
  dir?: string;
}

/** apps/api: REST API behind OAuth 2.0. */
@Cross<ApiConfig>((c) =>
  c.tls && c.public_url?.startsWith('http:')
    ? { fields: ['tls', 'public_url'], message: 'with tls the API answers https only; begin public_url with https://, or leave tls out' }
    : null,
)
@Cross<ApiConfig>((c) =>
  c.dashboard?.issuer && !c.issuers.some((i) => i.issuer === c.dashboard?.issuer)
    ? { fields: ['dashboard.issuer', 'issuers'], message: 'people can only sign in at an issuer whose tokens are accepted; add it to issuers' }
    : null,
)
export class ApiConfig {
  @Text('Address to listen on')
  host = '127.0.0.1';

  @Port('Port to listen on; 0 takes a free one')
  port = 8470;

  @Url('URL under which clients reach the API, where that is not host and port', { optional: true })
  public_url?: string;

  @Part(ListenTlsConfig, 'https instead of http', { optional: true })
  tls?: ListenTlsConfig;

  @Text('Audience a token must name')
  audience!: string;

  @PartList(IssuerConfig, 'Authorization servers whose tokens are accepted; at least one')
  issuers: IssuerConfig[] = [];

  @Part(DashboardConfig, 'The dashboard, where people sign in; without it there is none', { optional: true })
  dashboard?: DashboardConfig;

  @Part(WebConfig, 'Files of the dashboard')
  web: WebConfig = new WebConfig();

  @Part(RateLimitConfig, 'Rate limit per client')
  rate_limit: RateLimitConfig = new RateLimitConfig();

  @Text('First part of every topic name', TOPIC_PREFIX)
  topic_prefix = 'headwater';

  @Part(BusConfig, 'Where requests for insights go; without it they are refused', { optional: true })
  bus?: BusConfig;

  @Part(StoreConfig, 'Where windows are read')
  store: StoreConfig = new StoreConfig();

  @Part(RetentionConfig, 'How long the analyzer keeps windows: what its own retention says. Finer steps than are kept are refused')
  retention: RetentionConfig = new RetentionConfig();

  @Part(StoreConfig, 'Where heartbeats and other small state are kept')
  state: StoreConfig = new StoreConfig();

  @Part(LogConfig, 'Log')
  log: LogConfig = new LogConfig();
}
