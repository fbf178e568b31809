/** Names and attributes of our cookies, in the two forms: https, and plain http on loopback. */
export interface CookieForm {
  secure: boolean;
  session: string;
  /** one per sign-in that is under way, so that two tabs do not disturb each other */
  login: (state: string) => string;
}

export function cookieForm(secure: boolean): CookieForm {
  const prefix = secure ? '__Host-' : '';
  return { secure, session: `${prefix}headwater_session`, login: (state) => `${prefix}headwater_login_${state.replace(/[^\w-]/g, '').slice(0, 12)}` };
}

/** The first value of a cookie; undefined where there is none. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** A `Set-Cookie` value. No Domain, so that no other host gets it; maxAgeS 0 removes it. */
export function setCookie(name: string, value: string, options: { secure: boolean; sameSite: 'Strict' | 'Lax'; maxAgeS: number }): string {
  return `${name}=${value}; Path=/; Max-Age=${options.maxAgeS}; HttpOnly; SameSite=${options.sameSite}${options.secure ? '; Secure' : ''}`;
}
