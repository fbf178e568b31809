// --tls-cert and --tls-key, looked at before anything starts: there, readable by who will serve, matching, in time.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { Told, line } from '../say.mjs';
import { unprivileged } from './process.mjs';

/** Days before its end from which on we speak of it. */
const SOON_DAYS = 14;

/**
 * @param {{ cert: string, key: string }} files absolute paths
 * @param {{ uid: number, gid: number }} owner whose processes will read them
 * @returns {{ file: string, keyFile: string, names: (host: string) => boolean, list: string[], fingerprint: string, selfSigned: boolean }}
 *   `list`: names and addresses it is for; `selfSigned`: the file ends in a root of its own, which clients must be given
 */
export function readCertificate({ cert: file, key: keyFile }, owner, now = new Date()) {
  const chain = certificates(file, read('--tls-cert', file));
  const [leaf] = chain;
  const key = privateKey(keyFile, read('--tls-key', keyFile));
  if (!leaf.checkPrivateKey(key)) refuse(`--tls-key ${keyFile} contradicts --tls-cert ${file}: it is the key of another certificate`);
  const from = new Date(leaf.validFrom);
  const to = new Date(leaf.validTo);
  if (now > to) refuse(`--tls-cert ${file} ended on ${day(to)}; renew it`);
  if (now < from) refuse(`--tls-cert ${file} begins on ${day(from)}; look at the clock of this machine (${now.toISOString()})`);
  if (to - now < SOON_DAYS * 86_400_000) line(`  --tls-cert ${file} ends on ${day(to)}`);
  for (const [name, f] of [
    ['--tls-cert', file],
    ['--tls-key', keyFile],
  ]) {
    const [command, args] = unprivileged(owner, 'test', ['-r', f]);
    if (spawnSync(command, args).status === 1)
      refuse(`${name} ${f} cannot be read by user id ${owner.uid} without privileges, as which Headwater serves; give it to that user, mode 600`);
  }
  const root = chain.at(-1);
  return {
    file,
    keyFile,
    names: (host) => (isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host)) !== undefined,
    list: namesOf(leaf),
    fingerprint: leaf.fingerprint256,
    selfSigned: root.checkIssued(root),
  };
}

function read(name, file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(`${name} ${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  }
}

function certificates(file, text) {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!blocks) refuse(`--tls-cert ${file} has no certificate in it (PEM: -----BEGIN CERTIFICATE-----)`);
  try {
    return blocks.map((b) => new X509Certificate(b));
  } catch (error) {
    return refuse(`--tls-cert ${file} is no certificate: ${error.message}`);
  }
}

function privateKey(file, text) {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const locked = /ENCRYPTED/.test(text);
    return refuse(`--tls-key ${file} ${locked ? 'has a passphrase; give a key without one, mode 600' : `is no private key (PEM): ${error.message}`}`);
  }
}

/** Subject alternative names; the common name counts nowhere any more. */
function namesOf(certificate) {
  return [...(certificate.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map((m) => m[1]);
}

const day = (date) => date.toISOString().slice(0, 10);

function refuse(message) {
  throw new Told(message, 2);
}
