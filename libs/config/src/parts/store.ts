import { Choice, Cross, Part, Switch, Text, TextList, Url } from '../setting.ts';

const EMBEDDED = { sibling: 'kind', value: 'embedded' };
const REDIS = { sibling: 'kind', value: 'redis' };

export class SentinelConfig {
  @Text('Name of the master')
  name!: string;

  @TextList('Sentinels as host:port')
  nodes!: string[];

  @Text('User of the Sentinels themselves', { optional: true })
  username?: string;

  @Text('File that holds the password of the Sentinels themselves; its last newline is cut', { optional: true })
  password_file?: string;

  @Switch('Whether connections to the Sentinels are encrypted too')
  tls = false;
}

export class RedisTlsConfig {
  @Switch('Whether connections are encrypted')
  enabled = true;

  @Text('PEM file of the certificate authority', { optional: true })
  ca?: string;
}

/** What `openSummaryStore` and `openStateStore` take; written out because this package imports none of ours. */
export type StoreConnection =
  | { kind: 'embedded'; path: string }
  | {
      kind: 'redis';
      url: string;
      prefix: string;
      username?: string;
      passwordFile?: string;
      clientName?: string;
      sentinels?: { name: string; nodes: string[]; username?: string; passwordFile?: string; tls?: boolean };
      cluster?: string[];
      tls?: { ca?: string };
    };

@Cross<StoreConfig>((c) =>
  c.sentinels && c.cluster ? { fields: ['sentinels', 'cluster'], message: 'Redis is reached through Sentinels or as a Cluster, not both; leave one out' } : null,
)
export class StoreConfig {
  @Choice('Where it is kept: a file of this host, or Redis', ['embedded', 'redis'])
  kind: 'embedded' | 'redis' = 'embedded';

  @Text('File of the embedded store', { optional: true, onlyWith: EMBEDDED, neededWith: EMBEDDED })
  path?: string;

  @Url('Redis server; a password is better in password_file', { optional: true, secret: true, onlyWith: REDIS, neededWith: REDIS, protocols: ['redis', 'rediss'] })
  url?: string;

  @Text('First part of every key', { onlyWith: REDIS, matches: /^[\w.-]{1,64}$/, fix: 'must be 1 to 64 letters, digits, dots, dashes or underscores' })
  prefix = 'headwater';

  @Text('User of the ACL, where the URL names none', { optional: true, onlyWith: REDIS })
  username?: string;

  @Text('File that holds the password; its last newline is cut', { optional: true, onlyWith: REDIS })
  password_file?: string;

  @Text('How the connections are called in CLIENT LIST', { onlyWith: REDIS, matches: /^[\w.-]{1,64}$/, fix: 'must be 1 to 64 letters, digits, dots, dashes or underscores' })
  client_name = 'headwater';

  @Part(SentinelConfig, 'Redis Sentinel', { optional: true, onlyWith: REDIS })
  sentinels?: SentinelConfig;

  @TextList('Nodes of a Redis Cluster as host:port', { optional: true, onlyWith: REDIS })
  cluster?: string[];

  @Part(RedisTlsConfig, 'Encryption towards Redis', { optional: true, onlyWith: REDIS })
  tls?: RedisTlsConfig;
}

/** `openSummaryStore(storeSettings(config.store))`, `openStateStore(storeSettings(config.state))`. */
export function storeSettings(config: StoreConfig): StoreConnection {
  if (config.kind === 'embedded') return { kind: 'embedded', path: config.path ?? '' };
  const { sentinels, tls } = config;
  return {
    kind: 'redis',
    url: config.url ?? '',
    prefix: config.prefix,
    clientName: config.client_name,
    ...(config.username ? { username: config.username } : {}),
    ...(config.password_file ? { passwordFile: config.password_file } : {}),
    ...(sentinels ? { sentinels: sentinelSettings(sentinels) } : {}),
    ...(config.cluster ? { cluster: config.cluster } : {}),
    ...(tls?.enabled ? { tls: tls.ca ? { ca: tls.ca } : {} } : {}),
  };
}

function sentinelSettings({ name, nodes, username, password_file, tls }: SentinelConfig): NonNullable<Extract<StoreConnection, { kind: 'redis' }>['sentinels']> {
  return { name, nodes, ...(username ? { username } : {}), ...(password_file ? { passwordFile: password_file } : {}), ...(tls ? { tls } : {}) };
}
