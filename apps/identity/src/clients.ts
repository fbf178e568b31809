import { PrivateFile, PrivateFileError } from './private-file.ts';
import { ALL_SCOPES, READ_SCOPES } from './scopes.ts';

/** One entry of the clients file: `{"clients":[...]}`, mode 0600, written by `headwater-identity add-client` or by hand. */
export interface ClientEntry {
  client_id: string;
  /** what people are shown on the consent page; the client_id if absent */
  name?: string;
  /** Plain, or `sha256:<hex of SHA-256>` of a generated secret (at least 128 random bits: a hash without salt is enough then). */
  client_secret: string;
  /** what the client may have at most; the read scopes if absent */
  scopes: string[];
  /** narrows every token of this client to these services; no claim if absent */
  services?: string[];
  /** `jwt` (RFC 9068, the default) or `opaque`: revocable at once, read by introspection */
  token_format: 'jwt' | 'opaque';
  /** where people come back to after signing in, compared exactly; with them the client acts for people, and only for them */
  redirect_uris?: string[];
  /** where people come back to after signing out; `<origin of each redirect_uri>/` if absent */
  post_logout_redirect_uris?: string[];
}

export class ClientsFileError extends PrivateFileError {
  override readonly name = 'ClientsFileError';
}

const KEYS = ['client_id', 'name', 'client_secret', 'scopes', 'services', 'token_format', 'redirect_uris', 'post_logout_redirect_uris'];
/** RFC 6749 appendix A: VSCHAR; the colon would break HTTP Basic for careless clients. */
const CLIENT_ID = /^[\x21-\x39\x3b-\x7e]{1,128}$/;

export function strings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((v) => typeof v === 'string' && v !== '');
}

/** `host` as in a URL: IPv6 in brackets. */
export function loopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Says what is wrong with a redirect URI, or null. Plain http is for this machine only: the code would travel in clear. */
export function wrongRedirectUri(uri: string): string | null {
  const url = URL.parse(uri);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'is no http or https URL';
  if (url.hash !== '' || uri.includes('#')) return 'must not have a fragment (#)';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (url.protocol === 'http:' && !loopback(url.hostname)) return 'is plain http and not on this machine; use https';
  return null;
}

/** Checks one entry; throws ClientsFileError naming the entry and the field. */
function parseClient(file: string, at: string, entry: Record<string, unknown>): ClientEntry {
  const bad = (what: string): never => {
    throw new ClientsFileError(file, what);
  };
  const unknown = Object.keys(entry).find((k) => !KEYS.includes(k));
  if (unknown !== undefined) bad(`${at}.${unknown} is not known (known: ${KEYS.join(', ')})`);
  const {
    client_id: id,
    client_secret: secret,
    scopes = [...READ_SCOPES],
    services,
    token_format: format = 'jwt',
    name,
    redirect_uris: redirects,
    post_logout_redirect_uris: after,
  } = entry;
  if (typeof id !== 'string' || !CLIENT_ID.test(id)) return bad(`${at}.client_id must be 1 to 128 visible characters without a colon`);
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > 100)) return bad(`${at}.name must be text of 1 to 100 characters`);
  if (typeof secret !== 'string' || (!/^sha256:[0-9a-f]{64}$/.test(secret) && secret.length < 16)) {
    return bad(`${at}.client_secret must have at least 16 characters, or be sha256:<64 hex digits>`);
  }
  if (!strings(scopes)) return bad(`${at}.scopes must be an array of scope names`);
  const foreign = scopes.find((s) => !ALL_SCOPES.includes(s));
  if (foreign !== undefined) bad(`${at}.scopes has "${foreign}" (known: ${ALL_SCOPES.join(', ')})`);
  if (services !== undefined && !strings(services)) return bad(`${at}.services must be an array of service names`);
  if (format !== 'jwt' && format !== 'opaque') return bad(`${at}.token_format must be jwt or opaque`);
  for (const [field, uris] of [
    ['redirect_uris', redirects],
    ['post_logout_redirect_uris', after],
  ] as const) {
    if (uris === undefined) continue;
    if (!strings(uris) || uris.length === 0) return bad(`${at}.${field} must be an array of URLs`);
    for (const uri of uris) {
      const wrong = wrongRedirectUri(uri);
      if (wrong !== null) bad(`${at}.${field} has "${uri}", which ${wrong}`);
    }
  }
  return {
    client_id: id,
    client_secret: secret,
    scopes,
    token_format: format,
    ...(name === undefined ? {} : { name: name as string }),
    ...(services === undefined ? {} : { services }),
    ...(redirects === undefined ? {} : { redirect_uris: redirects as string[] }),
    ...(after === undefined ? {} : { post_logout_redirect_uris: after as string[] }),
  };
}

/** Checks the parsed file; throws ClientsFileError naming the entry and the field. */
export function parseClients(file: string, parsed: unknown): Map<string, ClientEntry> {
  const list = (parsed as { clients?: unknown } | null)?.clients;
  if (!Array.isArray(list)) throw new ClientsFileError(file, 'expected {"clients":[...]}');
  const clients = new Map<string, ClientEntry>();
  for (const [i, raw] of list.entries()) {
    const at = `clients[${i}]`;
    if (raw === null || typeof raw !== 'object') throw new ClientsFileError(file, `${at} is not an object`);
    const entry = parseClient(file, at, raw as Record<string, unknown>);
    if (clients.has(entry.client_id)) throw new ClientsFileError(file, `${at}.client_id "${entry.client_id}" is there twice`);
    clients.set(entry.client_id, entry);
  }
  return clients;
}

/** The clients of a file, read again when it changes. */
export class ClientsFile {
  readonly #file: PrivateFile<Map<string, ClientEntry>>;

  constructor(file: string) {
    this.#file = new PrivateFile(file, parseClients);
  }

  get(id: string): ClientEntry | undefined {
    return this.#file.get().get(id);
  }
}
