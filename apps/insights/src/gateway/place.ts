import type { GatewayConfig } from '@headwater/config';

const DEFAULT_PATH = { 'openai-compatible': '/v1/chat/completions', wealthsimple: '/api/openai/chat_completion' } as const;

/** Where the gateway is, and where one may go at all. */
export interface Place {
  url: URL;
  tokenUrl: URL | null;
  /** host:port, lower case */
  allowed: ReadonlySet<string>;
}

/** @throws Error that names the settings that do not go together; a URL may hold a secret, so only its host is said */
export function placeOf(config: GatewayConfig): Place {
  const base = new URL(config.url);
  if (base.username || base.password) throw new Error('gateway.url: holds a user name or password, which is not sent; put the key into a file (gateway.key.file)');
  if (base.search || base.hash) throw new Error('gateway.url: holds a query or a fragment; give the base URL alone, the rest is gateway.path');
  const path = config.path ?? DEFAULT_PATH[config.kind];
  // Base URLs of SDKs end in /v1, paths of gateways begin with it: once is meant.
  const prefix = base.pathname.replace(/\/+$/, '').replace(path.startsWith('/v1/') ? /\/v1$/ : /$^/, '');
  const url = new URL(`${prefix}${path}`, base);
  if (url.host !== base.host) throw new Error('gateway.path: leads to another host; it begins with one /');
  const tokenUrl = config.oauth ? new URL(config.oauth.token_url) : null;
  const hosts = [url, ...(tokenUrl ? [tokenUrl] : [])];
  const allowed = new Set(config.allowed_hosts ? config.allowed_hosts.flatMap((entry) => entryOf(entry, hosts)) : hosts.map(hostOf));
  for (const [setting, at] of [['gateway.url', url] as const, ...(tokenUrl ? [['gateway.oauth.token_url', tokenUrl] as const] : [])]) {
    if (at.protocol === 'http:' && !isLoopback(at) && !config.allow_plain_http)
      throw new Error(
        `${setting}: would send to ${at.host} in clear, which contradicts gateway.allow_plain_http (false); give an https:// URL, or set gateway.allow_plain_http where the network between is yours`,
      );
    if (!allowed.has(hostOf(at))) throw new Error(`${setting}: ${hostOf(at)} is not among gateway.allowed_hosts (${config.allowed_hosts?.join(', ')}); add it or change the URL`);
  }
  return { url, tokenUrl, allowed };
}

/** host:port, with the port that the scheme means where none is said. */
export function hostOf(url: URL): string {
  return `${url.hostname.toLowerCase()}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

/** An entry without a port allows the ports of our own URLs on that host. */
function entryOf(entry: string, urls: readonly URL[]): string[] {
  const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  if (name === '') throw new Error(`gateway.allowed_hosts: ${entry} is neither host nor host:port`);
  return port === undefined ? urls.filter((u) => u.hostname.toLowerCase() === name).map(hostOf) : [`${name}:${port}`];
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
