/**
 * The built-in credential headers, as the capture knows them (libs/capture/core/secrets.cc): under every policy their
 * values are summarised at the host. A name counts when one of its words (between `-`, `_` and `.`) is one of these.
 */
export const SENSITIVE_WORDS: ReadonlySet<string> = new Set(
  (
    'auth authorization authentication authtoken accesstoken token secret password passwd pwd pass apikey key credential credentials ' +
    'session sessionid sid jwt cookie cookie2 signature csrf xsrf csrftoken xsrftoken otp bearer assertion'
  ).split(' '),
);

/** @param name in lower case */
export function isSensitive(name: string): boolean {
  return name.split(/[-_.]/).some((word) => SENSITIVE_WORDS.has(word));
}
