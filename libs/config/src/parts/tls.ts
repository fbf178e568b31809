import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { Text } from '../setting.ts';

export class ListenTlsConfig {
  @Text('PEM file of the certificate, its own first, then those that sign it')
  cert_file!: string;

  @Text('PEM file of its private key')
  key_file!: string;
}

/** A certificate and its key, read and checked. */
export interface TlsPair {
  cert: string;
  key: string;
  leaf: X509Certificate;
}

function read(field: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`tls.${field}: ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Reads and checks the pair; throws naming the setting: missing, no PEM, not each other's, expired, not valid yet. */
export function readTlsPair(config: ListenTlsConfig, now: number = Date.now()): TlsPair {
  const cert = read('cert_file', config.cert_file);
  const key = read('key_file', config.key_file);
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(cert);
  } catch (cause) {
    throw new Error(`tls.cert_file: ${config.cert_file} holds no PEM certificate`, { cause });
  }
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(key);
  } catch (cause) {
    throw new Error(`tls.key_file: ${config.key_file} holds no PEM private key without a passphrase`, { cause });
  }
  if (!leaf.checkPrivateKey(privateKey))
    throw new Error(`tls.key_file: ${config.key_file} is not the key of the certificate in tls.cert_file (${config.cert_file}); give the pair that was made together`);
  if (Date.parse(leaf.validTo) <= now) throw new Error(`tls.cert_file: the certificate in ${config.cert_file} expired on ${leaf.validTo}; renew it`);
  if (Date.parse(leaf.validFrom) > now)
    throw new Error(`tls.cert_file: the certificate in ${config.cert_file} is not valid before ${leaf.validFrom}; is the clock of this machine right?`);
  return { cert, key, leaf };
}

/** Whether the certificate is one for this host name or address. */
export function namesHost(leaf: X509Certificate, host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return (isIP(bare) === 0 ? leaf.checkHost(bare) : leaf.checkIP(bare)) !== undefined;
}
