import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate of its own authority for 127.0.0.1, as files. */
export function certificate(dir: string, name: string, days = 30): { key: string; cert: string; certFile: string } {
  const at = (end: string): string => join(dir, `${name}.${end}`);
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', `/O=${name} of the test/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', String(days)];
  execFileSync('openssl', [...kind, '-keyout', at('key'), '-out', at('cert'), ...subject], { stdio: 'pipe' });
  return { key: readFileSync(at('key'), 'utf8'), cert: readFileSync(at('cert'), 'utf8'), certFile: at('cert') };
}
