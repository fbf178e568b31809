import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readTlsPair, type ApiConfig, type DashboardConfig, type IssuerConfig } from '@headwater/config';
import { topicName } from '@headwater/header-event';
import type { ApiSettings } from './app.ts';
import type { TrustedIssuer } from './auth/principal.ts';
import type { Reach } from './auth/reach.ts';
import type { DashboardSettings } from './session/dashboard.ts';
import { Seal } from './session/seal.ts';

/** A file's text; throws naming the setting. */
function textOf(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`${setting}: ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A secret's file without its last newline. */
function secretOf(setting: string, file: string): string {
  return textOf(setting, file).replace(/\r?\n$/, '');
}

function loopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function reachOf(config: IssuerConfig): { reach?: Reach } {
  const reach: Reach = {};
  if (config.ca_file !== undefined) reach.ca = textOf('issuers.ca_file', config.ca_file);
  if (config.connect !== undefined) {
    const at = config.connect.lastIndexOf(':');
    reach.connect = { host: config.connect.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(config.connect.slice(at + 1)) };
  }
  return Object.keys(reach).length === 0 ? {} : { reach };
}

function dashboardOf(config: ApiConfig, dashboard: DashboardConfig, baseUrl: string): DashboardSettings {
  // The cookie is the session. Over plain http it must never leave this machine.
  if (baseUrl.startsWith('http:')) {
    const where = !loopback(new URL(baseUrl).hostname)
      ? `public_url ${baseUrl}`
      : !loopback(config.host.includes(':') ? `[${config.host}]` : config.host)
        ? `host ${config.host}`
        : null;
    if (where !== null) {
      throw new Error(
        `dashboard: sessions over plain http are for this machine only, and ${where} is not; give tls.cert_file and tls.key_file, or an https:// public_url in front of which something ends TLS, or listen on 127.0.0.1`,
      );
    }
  }
  return {
    issuer: dashboard.issuer ?? (config.issuers[0] as IssuerConfig).issuer,
    clientId: dashboard.client_id,
    clientSecret: secretOf('dashboard.client_secret_file', dashboard.client_secret_file),
    seal: Seal.fromFile(dashboard.key_file),
    scopes: [...new Set(['openid', ...dashboard.scopes])],
    times: { idleMs: dashboard.idle_s * 1000, maxMs: dashboard.max_s * 1000 },
    standalone: config.store.kind === 'embedded',
  };
}

function trustedIssuer(config: IssuerConfig, audience: string): TrustedIssuer {
  const url = new URL(config.issuer);
  if (url.protocol !== 'https:' && !loopback(url.hostname)) {
    throw new Error(`issuers: ${config.issuer} is plain http and not on this host: whoever stands between could slip in keys; use https`);
  }
  const { introspection, relax } = config;
  return {
    issuer: config.issuer,
    audiences: [audience],
    algorithms: config.algorithms,
    // A token without typ reads as "": accepted only where the rule is relaxed.
    extraTypes: relax.typ ? ['JWT', ''] : [],
    clientIdFromAzp: relax.client_id,
    ...reachOf(config),
    ...(introspection === undefined
      ? {}
      : {
          introspection: {
            clientId: introspection.client_id,
            clientSecret: secretOf('issuers.introspection.client_secret_file', introspection.client_secret_file),
            tokens: introspection.tokens,
            missingAudience: introspection.missing_aud,
            ...(introspection.url === undefined ? {} : { endpoint: introspection.url }),
          },
        }),
  };
}

/** What the app needs, out of what was configured. Throws where that cannot work, naming the setting. */
export function settingsOf(config: ApiConfig): ApiSettings {
  if (config.issuers.length === 0) throw new Error('issuers: there is none, so no token would be accepted; name at least one authorization server');
  const twice = config.issuers.find((a, i) => config.issuers.findIndex((b) => b.issuer === a.issuer) !== i);
  if (twice !== undefined) throw new Error(`issuers: ${twice.issuer} is there twice`);
  const baseUrl = (config.public_url ?? `${config.tls === undefined ? 'http' : 'https'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`).replace(
    /\/$/,
    '',
  );
  const tls = config.tls === undefined ? undefined : readTlsPair(config.tls);
  return {
    baseUrl,
    webDir: config.web.dir ?? fileURLToPath(new URL('../../web/dist', import.meta.url)),
    ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    ...(config.dashboard === undefined ? {} : { dashboard: dashboardOf(config, config.dashboard, baseUrl) }),
    resource: /^https?:\/\//.test(config.audience) ? config.audience : baseUrl,
    issuers: config.issuers.map((i) => trustedIssuer(i, config.audience)),
    rateLimit: { requests: config.rate_limit.requests, windowS: config.rate_limit.window_s },
    kept: { windowsMs: config.retention.windows_10s_ms, minutesMs: config.retention.windows_1m_ms },
    topic: topicName(config.topic_prefix, 'headerEvents'),
  };
}
