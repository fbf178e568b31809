/** The query string as plain texts: no JSON in it, so that a link can be read and typed. */
export type Search = Readonly<Record<string, string>>;

/** What every page shares; a link from page to page carries these and drops the page's own filters. */
export const SHARED = ['from', 'to', 'refresh', 'step', 'role'] as const;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

/** `?from=now-1h&to=now`; colons, slashes and commas stay readable. Empty texts are left out. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) if (typeof value === 'string' && value !== '') params.set(name, value);
  const text = params.toString().replace(/%3A/g, ':').replace(/%2F/g, '/').replace(/%2C/g, ',').replace(/%7B/g, '{').replace(/%7D/g, '}');
  return text === '' ? '' : `?${text}`;
}

export function sharedOf(search: Search): Search {
  return Object.fromEntries(SHARED.flatMap((name) => (search[name] === undefined ? [] : [[name, search[name]]])));
}

/** `null` removes. */
export type Patch = Readonly<Record<string, string | null>>;

export function patched(search: Search, patch: Patch): Search {
  const next: Record<string, string> = { ...search };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === '') delete next[name];
    else next[name] = value;
  }
  return next;
}
