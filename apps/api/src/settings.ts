import { readFileSync } from 'node:fs';
import type { ApiConfig, IssuerConfig } from '@headwater/config';
import { topicName } from '@headwater/header-event';
import type { ApiSettings } from './app.ts';
import type { TrustedIssuer } from './auth/principal.ts';

/** A secret's file without its last newline. */
function secretOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
}

function loopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
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
    ...(introspection === undefined
      ? {}
      : {
          introspection: {
            clientId: introspection.client_id,
            clientSecret: secretOf(introspection.client_secret_file),
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
  const baseUrl = (config.public_url ?? `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`).replace(/\/$/, '');
  return {
    baseUrl,
    resource: /^https?:\/\//.test(config.audience) ? config.audience : baseUrl,
    issuers: config.issuers.map((i) => trustedIssuer(i, config.audience)),
    rateLimit: { requests: config.rate_limit.requests, windowS: config.rate_limit.window_s },
    topic: topicName(config.topic_prefix, 'headerEvents'),
  };
}
