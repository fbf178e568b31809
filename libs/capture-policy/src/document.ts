/**
 * What a policy file (YAML or JSON) and a record of the topic `capture-policy.v1` say. Described for editors by
 * `capture-policy.v1.schema.json`. Two uses of one format: the host's own file, and the fleet's, which is signed and can
 * only narrow what the host allows.
 */
export interface PolicyDocument {
  schema: 1;
  /** 1 to 64 letters, digits, dots, dashes or underscores; `id@version` travels with every event */
  id: string;
  /** a host takes a document of the same id only with a greater version */
  version: number;
  /** whether url.path carries the route template (default) or the path itself */
  path?: 'template' | 'keep';
  /** whether names of query parameters leave (default: no); values never do */
  query_names?: boolean;
  /** default `truncate`: private addresses kept, public ones cut to /24 and /48 */
  client_address?: 'truncate' | 'keep' | 'hash';
  /** what becomes of header values: the first rule that matches; then the built-in allow-list; then presence. Credentials never leave in clear */
  headers?: HeaderRule[];
  /** what is logged: the first filter that matches; without one, everything */
  filters?: Filter[];
  /** sampling never leaves out errors, nor what took longer than this (default 1000) */
  keep_slower_than_ms?: number;
}

export interface HeaderRule {
  /** glob (* and ?), any case */
  header: string;
  direction?: 'request' | 'response';
  /** glob on the service */
  service?: string;
  /** glob on the route template */
  route?: string;
  action: 'keep' | 'mask' | 'hash' | 'presence' | 'drop';
}

/** `match` holds when all that it names holds; an empty one always does. */
export interface Filter {
  match?: {
    method?: string[];
    /** numbers, or classes such as 4xx; 0: no response */
    status?: (number | '1xx' | '2xx' | '3xx' | '4xx' | '5xx')[];
    host?: string;
    path?: string;
    service?: string;
    role?: 'server' | 'client';
    port?: number[];
    header?: { name: string; direction?: 'request' | 'response'; value?: string };
    slower_than_ms?: number;
  };
  /** all, none, or one of N at random, which then stands for N */
  log: 'all' | 'none' | { one_in: number };
}
