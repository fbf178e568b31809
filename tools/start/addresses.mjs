// Where API and identity listen, and how people reach them. Off this machine nothing goes in clear.
import { isIP } from 'node:net';
import { Told } from '../say.mjs';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;
const ANY = new Set(['0.0.0.0', '::', '::0']);

export const isLoopback = (host) => LOOPBACK.test(host);
const bracketed = (host) => (isIP(host) === 6 ? `[${host}]` : host);
const bare = (host) => host.replace(/^\[(.*)\]$/, '$1');

/**
 * @param {{ host: string, apiPort: number, identityPort: number, publicUrl: string | null, identityPublicUrl: string | null }} options
 * @param {{ names: (host: string) => boolean, list: string[] } | null} certificate null: no TLS of our own
 * @param {string | null} reachedAt address of this machine as a person came in by ssh, for the hint alone
 * @returns {{ host: string, api: string, issuer: string, connect: string | null, local: { host: string, api: string, identity: string } }}
 *   `api`, `issuer`: origins as people see them. `connect`: where the API reaches identity when the issuer's name is
 *   not to be looked up. `local`: where they listen, for questions from this machine.
 */
export function addresses({ host, apiPort, identityPort, publicUrl, identityPublicUrl }, certificate, reachedAt = null) {
  const publicly = publicUrl === null ? null : origin('--public-url', publicUrl);
  const login = identityPublicUrl === null ? null : origin('--identity-public-url', identityPublicUrl);
  const scheme = certificate ? 'https:' : (publicly?.protocol ?? 'http:');
  if (certificate && publicly?.protocol === 'http:') refuse(`--public-url ${publicUrl} contradicts --tls-cert: with a certificate people come by https`);
  if (login && login.protocol !== scheme)
    refuse(
      `--identity-public-url ${identityPublicUrl} contradicts ${publicly ? `--public-url ${publicUrl}` : certificate ? '--tls-cert' : 'the API'}, which is ${scheme.slice(0, -1)}; both must be the same`,
    );
  if (!isLoopback(host) && scheme !== 'https:') {
    refuse(
      `--host ${host} would send the password and what was captured over the network in clear. Give it a certificate (--tls-cert FILE --tls-key FILE), put it behind a TLS proxy ` +
        `(--public-url https://...), or leave --host out and come by ssh:\n  ${sshLine({ apiPort, identityPort, host: ANY.has(host) ? (reachedAt ?? 'HOST') : host })}`,
    );
  }
  for (const [name, url, said] of [
    ['--public-url', publicly, publicUrl],
    ['--identity-public-url', login, identityPublicUrl],
  ]) {
    if (url?.protocol === 'http:' && !isLoopback(url.hostname))
      refuse(`${name} ${said} is not https and not this machine: passwords would cross the network in clear; give https://... and a TLS proxy, or --tls-cert and --tls-key`);
    if (url && certificate && !certificate.names(bare(url.hostname))) refuse(`${name} ${said} contradicts --tls-cert: the certificate is for ${certificate.list.join(', ')}`);
  }
  const name = publicly ? publicly.hostname : bracketed(nameFor(host, certificate));
  const api = publicly?.origin ?? `${scheme}//${name}:${apiPort}`;
  const issuer = login?.origin ?? `${scheme}//${name}:${identityPort}`;
  if (api === issuer) refuse(`--identity-public-url ${issuer} contradicts --public-url ${api}: they are two servers and must differ in host or port`);
  const here = bracketed(ANY.has(host) ? (isIP(host) === 6 ? '::1' : '127.0.0.1') : host);
  const own = certificate ? 'https' : 'http';
  return {
    host,
    api,
    issuer,
    // A proxy terminates TLS elsewhere: then the API goes the way that people go.
    connect: certificate ? `${here}:${identityPort}` : null,
    local: { host: bare(here), api: `${own}://${here}:${apiPort}`, identity: `${own}://${here}:${identityPort}` },
  };
}

/** The name people type when they were given no URL: one the certificate is for. */
function nameFor(host, certificate) {
  if (!certificate) return host;
  const wanted = ANY.has(host) ? [] : isLoopback(host) ? [host, '127.0.0.1', 'localhost'] : [host];
  const fits = [...wanted, ...(ANY.has(host) ? certificate.list.filter((n) => !n.includes('*')) : [])].find((n) => certificate.names(n));
  if (!fits) {
    const example = certificate.list.find((n) => !n.includes('*')) ?? 'NAME';
    refuse(`--tls-cert is for ${certificate.list.join(', ') || 'no name at all'}, not for ${host}; say how people reach it: --public-url https://${bracketed(example)}:8470`);
  }
  return fits;
}

function origin(name, text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    refuse(`${name} ${text} is no URL; write it like https://headwater.example:8470`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse(`${name} ${text} is not http or https`);
  if (url.pathname !== '/' || url.search || url.hash || url.username)
    refuse(`${name} ${text} has more than scheme, host and port; give ${url.protocol}//${url.host} (it is served at the root)`);
  return url;
}

/** What a person types at home to reach a Headwater that listens on loopback here. */
export function sshLine({ apiPort, identityPort, host, user, sshPort }) {
  const forward = (port) => `-L ${port}:127.0.0.1:${port}`;
  return `ssh ${sshPort && sshPort !== 22 ? `-p ${sshPort} ` : ''}${forward(apiPort)} ${forward(identityPort)} ${user ? `${user}@` : ''}${host}`;
}

function refuse(message) {
  throw new Told(message, 2);
}
