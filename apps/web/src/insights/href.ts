import type { Place } from '../alerts/alert.ts';
import { parseSearch } from '../url/search.ts';

/** Only what can be no other origin: a backslash counts as a slash to browsers, and control characters are skipped by them. */
const PATH = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/;

/**
 * The page of the dashboard that an address of the API leads to, for the router: never the address itself. null: it is none of `pages`
 * (path patterns), as `javascript:`, another origin, or what the API itself serves.
 */
export function placeOfHref(href: string, pages: readonly { path: string }[]): Place | null {
  if (!PATH.test(href)) return null;
  const [path = '', query = ''] = href.split('#', 1)[0]!.split(/\?(.*)/s, 2);
  const parts = path.split('/');
  for (const { path: pattern } of pages) {
    const wanted = pattern.split('/');
    if (wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const same = wanted.every((part, i) => {
      if (!part.startsWith('$')) return part === parts[i];
      const value = decoded(parts[i] ?? '');
      if (value === null) return false;
      params[part.slice(1)] = value;
      return true;
    });
    // What evidence says is of what services were asked, whatever side was shown before.
    if (same) return { to: pattern, params, search: { role: null, ...parseSearch(query) } };
  }
  return null;
}

/** null: no name of anything; a path would be read another way with it. */
function decoded(part: string): string | null {
  try {
    const text = decodeURIComponent(part);
    return text === '' || text === '.' || text === '..' ? null : text;
  } catch {
    return null;
  }
}
