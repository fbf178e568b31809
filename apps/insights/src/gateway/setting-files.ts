import { readFileSync } from 'node:fs';

/** Fields that are ours to write, or that frame the message; a file may not say them. */
const OURS = new Set([
  ...['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade', 'expect'],
  ...['proxy-authorization', 'proxy-connection', 'accept', 'accept-encoding', 'user-agent', 'idempotency-key', 'traceparent'],
]);

/**
 * A key or secret. The file is read at every use, so that a new key needs no restart; what is wrong with it is said without a word of it.
 * @throws Error that names the setting, the file and what to do
 */
export function readSecret(file: string, setting: string): string {
  const secret = read(file, setting).replace(/\r?\n$/, '');
  if (secret === '') throw new Error(`${setting}: ${file} is empty; write the key into it`);
  if (!/^[\x20-\x7e]+$/.test(secret)) throw new Error(`${setting}: ${file} holds characters that no header can carry; it should be one line of printable ASCII`);
  if (secret.trim() !== secret) throw new Error(`${setting}: the key in ${file} begins or ends with a blank; remove it`);
  return secret;
}

/** @throws Error as above, and where the file holds no certificate */
export function readPem(file: string, setting: string): string {
  const text = read(file, setting);
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${setting}: ${file} holds no certificate (PEM)`);
  return text;
}

/** One `name: value` a line; empty lines and those that begin with # are passed over. @throws Error that names the line, never its text, which is a secret */
export function readHeaders(file: string, setting: string, taken: readonly string[]): [name: string, value: string][] {
  const headers: [string, string][] = [];
  const seen = new Set<string>();
  for (const [i, line] of read(file, setting).split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]{1,128}):[ \t]*([\x20-\x7e]*?)[ \t\r]*$/.exec(line) ?? [];
    const at = `${setting}: line ${i + 1} of ${file}`;
    if (name === undefined || value === undefined) throw new Error(`${at} is not "name: value" in printable ASCII`);
    const key = name.toLowerCase();
    if (OURS.has(key)) throw new Error(`${at} names ${name}, which Headwater writes itself; remove it`);
    if (taken.includes(key)) throw new Error(`${at} names ${name}, which carries the key already; remove it or the key's setting`);
    if (seen.has(key)) throw new Error(`${at} names ${name} a second time; remove one`);
    seen.add(key);
    headers.push([name, value]);
  }
  return headers;
}

function read(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${setting}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}); it must be there and readable by the user that insights run as`);
  }
}
