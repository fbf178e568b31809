const MAX_LENGTH = 2_000;

/**
 * Where a person goes after signing in: a path of ours, never an address elsewhere. What is not one becomes `/`.
 * Judged after normalising, as a browser would read it: `/\evil.test`, `//evil.test` and `/..//evil.test` lead away.
 */
export function safeReturnTo(given: unknown): string {
  if (typeof given !== 'string' || given.length > MAX_LENGTH || !given.startsWith('/') || /[\\\p{Cc}]/u.test(given)) return '/';
  const base = 'http://here.invalid';
  const url = URL.parse(given, base);
  if (url === null || url.origin !== base) return '/';
  const path = url.pathname + url.search + url.hash;
  if (path.startsWith('//') || /^\/(?:bff|v1)(?:\/|$)/.test(url.pathname)) return '/';
  return path.replaceAll("'", '%27');
}
