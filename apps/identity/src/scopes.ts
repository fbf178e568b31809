/** The API's scopes. A token whose client asked for none gets the read scopes of its client, never a write one. */
export const READ_SCOPES = ['metrics:read', 'events:read', 'insights:read', 'fleet:read'] as const;
export const WRITE_SCOPES = ['insights:submit', 'policy:write', 'alerts:write'] as const;
export const ALL_SCOPES: readonly string[] = [...READ_SCOPES, ...WRITE_SCOPES];

/** What a scope lets an application do, in words for the consent page. */
export const SCOPE_WORDS: Readonly<Record<string, string>> = {
  'metrics:read': 'see services, request patterns, failures, latency and header counts',
  'events:read': 'see single exchanges, with the headers that were kept of them',
  'insights:read': 'see insights',
  'fleet:read': 'see the state of the agents on your hosts',
  'insights:submit': 'ask for insights, which sends summaries to the AI gateway',
  'policy:write': 'change what is captured on your hosts',
  'alerts:write': 'mute alerts and plan maintenance',
};

export type ScopeDecision = { granted: string[] } | { refused: string };

/**
 * Which scopes a request gets: all asked ones or none.
 * `asked`: the `scope` parameter (space separated), undefined when there was none.
 * `allowed`: what the client may have at most.
 */
export function decideScopes(asked: string | undefined, allowed: readonly string[]): ScopeDecision {
  if (asked === undefined || asked === '') {
    const granted = READ_SCOPES.filter((s) => allowed.includes(s));
    return granted.length > 0 ? { granted } : { refused: '' };
  }
  const wanted = [...new Set(asked.split(' ').filter((s) => s !== ''))];
  const refused = wanted.find((s) => !allowed.includes(s));
  return refused === undefined ? { granted: wanted } : { refused };
}
