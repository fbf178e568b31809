/**
 * The built-in credential headers, as the capture knows them (libs/capture/core/secrets.cc): under every policy their
 * values are summarised at the host. A name counts when it is one of `SENSITIVE_NAMES`, or one of its words (between
 * characters that are neither letters nor digits; digits at its end left out) is one of `SENSITIVE_WORDS` or begins or
 * ends with one of `SENSITIVE_STEMS`.
 */
export const SENSITIVE_WORDS: ReadonlySet<string> = new Set(
  (
    'auth authorization authentication authz authn oauth oidc saml key keys passwd pwd pass passcode passphrase pin sid sessid phpsessid jsessionid ' +
    'csrf xsrf otp totp bearer assertion cred creds sig hmac jwt ticket vapid hawk'
  ).split(' '),
);
export const SENSITIVE_STEMS: readonly string[] = (
  'token secret password apikey accesskey secretkey privatekey credential credentials session sessionid cookie cookie2 ' + 'signature authorization'
).split(' ');
export const SENSITIVE_NAMES: ReadonlySet<string> = new Set(
  (
    'x-amzn-oidc-data x-amzn-oidc-identity x-ms-client-principal client-cert-chain x-client-cert x-ssl-client-cert ssl-client-cert x-ssl-cert ' +
    'x-tls-client-cert client-cert x-goog-iap-jwt-assertion remote-user x-remote-user dpop signature'
  ).split(' '),
);

/** A plural such as `tokens` counts things and holds none. */
function hasStem(word: string): boolean {
  return SENSITIVE_STEMS.some((stem) => (word.startsWith(stem) ? word.slice(stem.length) !== 's' : word.endsWith(stem)));
}

function isSensitiveWord(text: string): boolean {
  const word = text.replace(/[0-9]+$/, '');
  return word.length >= 3 && (SENSITIVE_WORDS.has(word) || hasStem(word));
}

/** @param name in lower case */
export function isSensitive(name: string): boolean {
  return SENSITIVE_NAMES.has(name) || name.split(/[^a-z0-9]/).some(isSensitiveWord);
}
