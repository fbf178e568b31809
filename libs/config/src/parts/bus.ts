import { Choice, Part, Switch, Text, TextList, Whole } from '../setting.ts';

export class SaslConfig {
  @Choice('How the client signs in', ['scram-sha-256', 'scram-sha-512', 'plain'])
  mechanism: 'scram-sha-256' | 'scram-sha-512' | 'plain' = 'scram-sha-512';

  @Text('User name')
  username!: string;

  @Text('File that holds the password; its last newline is cut')
  password_file!: string;
}

export class TlsConfig {
  @Switch('Whether connections are encrypted')
  enabled = true;

  @Text('PEM file of the certificate authority', { optional: true })
  ca?: string;

  @Text('PEM file of the client certificate', { optional: true })
  cert?: string;

  @Text('PEM file of the key of the client certificate', { optional: true })
  key?: string;
}

const EMBEDDED = { sibling: 'kind', value: 'embedded' };
const KAFKA = { sibling: 'kind', value: 'kafka' };

/** What `openBus` of @headwater/event-bus takes; written out because this package imports none of ours. */
export type BusConnection =
  | { kind: 'embedded'; path: string; retentionMs: number; retentionBytes: number }
  | {
      kind: 'kafka';
      brokers: string[];
      clientId: string;
      ssl?: { ca?: string; cert?: string; key?: string };
      sasl?: { mechanism: 'scram-sha-256' | 'scram-sha-512' | 'plain'; username: string; passwordFile: string };
      compression: 'zstd' | 'gzip' | 'none';
    };

export class BusConfig {
  @Choice('Which log carries the events: a file of this host, or Kafka', ['embedded', 'kafka'])
  kind: 'embedded' | 'kafka' = 'embedded';

  @Text('File of the embedded log', { optional: true, onlyWith: EMBEDDED, neededWith: EMBEDDED })
  path?: string;

  @Whole('How long the embedded log holds a record, ms', 60_000, 31_536_000_000, { onlyWith: EMBEDDED })
  retention_ms = 86_400_000;

  @Whole('How many bytes the embedded log holds', 1_048_576, 1_099_511_627_776, { onlyWith: EMBEDDED })
  retention_bytes = 1_073_741_824;

  @TextList('Kafka brokers as host:port', { optional: true, onlyWith: KAFKA, neededWith: KAFKA })
  brokers?: string[];

  @Text('Client id that brokers log', { onlyWith: KAFKA })
  client_id = 'headwater';

  @Choice('How record batches are compressed', ['zstd', 'gzip', 'none'], { onlyWith: KAFKA })
  compression: 'zstd' | 'gzip' | 'none' = 'zstd';

  @Part(TlsConfig, 'Encryption towards Kafka', { optional: true, onlyWith: KAFKA })
  tls?: TlsConfig;

  @Part(SaslConfig, 'Authentication towards Kafka', { optional: true, onlyWith: KAFKA })
  sasl?: SaslConfig;
}

/** `openBus(busSettings(config.bus))`. TLS entries are file names; the adapter reads them. */
export function busSettings(config: BusConfig): BusConnection {
  if (config.kind === 'embedded') return { kind: 'embedded', path: config.path ?? '', retentionMs: config.retention_ms, retentionBytes: config.retention_bytes };
  const { tls, sasl } = config;
  return {
    kind: 'kafka',
    brokers: config.brokers ?? [],
    clientId: config.client_id,
    compression: config.compression,
    ...(tls?.enabled ? { ssl: { ...(tls.ca ? { ca: tls.ca } : {}), ...(tls.cert ? { cert: tls.cert } : {}), ...(tls.key ? { key: tls.key } : {}) } } : {}),
    ...(sasl ? { sasl: { mechanism: sasl.mechanism, username: sasl.username, passwordFile: sasl.password_file } } : {}),
  };
}
