// A certificate authority of one's own and a server certificate of it for 127.0.0.1, by the openssl program (Debian package openssl).
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * @param {string} dir where the files go; they are good for two days
 * @returns {{ ca: string, cert: string, key: string, config: (tlsPort: number) => Record<string, string | number> }} files; config: directives for startRedis
 */
export function redisCertificate(dir) {
  const at = (name) => join(dir, name);
  const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  openssl('req', '-x509', ...EC, '-days', '2', '-subj', '/CN=own authority', '-keyout', at('ca.key'), '-out', at('ca.pem'));
  openssl('req', '-new', ...EC, '-subj', '/CN=redis', '-keyout', at('redis.key'), '-out', at('redis.csr'));
  writeFileSync(at('redis.ext'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(
    'x509',
    '-req',
    '-in',
    at('redis.csr'),
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('redis.ext'),
    '-out',
    at('redis.pem'),
  );
  const [ca, cert, key] = ['ca.pem', 'redis.pem', 'redis.key'].map(at);
  return { ca, cert, key, config: (tlsPort) => ({ 'tls-port': tlsPort, 'tls-cert-file': cert, 'tls-key-file': key, 'tls-ca-cert-file': ca, 'tls-auth-clients': 'no' }) };
}
