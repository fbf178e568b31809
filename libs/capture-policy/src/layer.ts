import type { Filter, HeaderRule, PolicyDocument } from './document.ts';

/** What a filter is about, as the capture takes it (PolicyLayer in libs/capture/src/port.ts is the same shape). */
export interface LayerMatch {
  methods?: string[];
  statuses?: (number | '1xx' | '2xx' | '3xx' | '4xx' | '5xx')[];
  host?: string;
  path?: string;
  service?: string;
  role?: 'server' | 'client';
  ports?: number[];
  header?: { name: string; direction?: 'request' | 'response'; value?: string };
  slowerThanMs?: number;
}

export interface Layer {
  id: string;
  version: number;
  rules: HeaderRule[];
  path: 'template' | 'keep';
  queryNames: boolean;
  clientAddress: 'truncate' | 'keep' | 'hash';
  filters: { match: LayerMatch; log: 'all' | 'none' | number }[];
  keepSlowerThanMs: number;
}

/** Sampling never leaves out what took longer, ms, unless the document says otherwise. */
const KEEP_SLOWER_THAN_MS = 1000;

function toMatch({ method, status, port, slower_than_ms, ...same }: NonNullable<Filter['match']>): LayerMatch {
  return {
    ...same,
    ...(method ? { methods: method } : {}),
    ...(status ? { statuses: status } : {}),
    ...(port ? { ports: port } : {}),
    ...(slower_than_ms === undefined ? {} : { slowerThanMs: slower_than_ms }),
  };
}

/** The document with every default written out, as the capture takes it. */
export function toLayer(doc: PolicyDocument): Layer {
  return {
    id: doc.id,
    version: doc.version,
    rules: (doc.headers ?? []).map((r) => ({ ...r })),
    path: doc.path ?? 'template',
    queryNames: doc.query_names ?? false,
    clientAddress: doc.client_address ?? 'truncate',
    filters: (doc.filters ?? []).map(({ match, log }) => ({ match: toMatch(match ?? {}), log: typeof log === 'object' ? log.one_in : log })),
    keepSlowerThanMs: doc.keep_slower_than_ms ?? KEEP_SLOWER_THAN_MS,
  };
}

/** `shop@3`, as events name it. */
export function policyName(doc: { id: string; version: number }): string {
  return `${doc.id}@${doc.version}`;
}
