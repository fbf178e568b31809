import { readFileSync, statSync } from 'node:fs';
import { ALL_SCOPES, READ_SCOPES } from './scopes.ts';

/** One entry of the clients file: `{"clients":[...]}`, mode 0600, written by whoever sets the installation up. */
export interface ClientEntry {
  client_id: string;
  /** Plain, or `sha256:<hex of SHA-256>` of a generated secret (at least 128 random bits: a hash without salt is enough then). */
  client_secret: string;
  /** what the client may have at most; the read scopes if absent */
  scopes: string[];
  /** narrows every token of this client to these services; no claim if absent */
  services?: string[];
  /** `jwt` (RFC 9068, the default) or `opaque`: revocable at once, read by introspection */
  token_format: 'jwt' | 'opaque';
}

export class ClientsFileError extends Error {
  constructor(file: string, what: string, options?: ErrorOptions) {
    super(`${file}: ${what}`, options);
    this.name = 'ClientsFileError';
  }
}

const KEYS = ['client_id', 'client_secret', 'scopes', 'services', 'token_format'];
/** RFC 6749 appendix A: VSCHAR; the colon would break HTTP Basic for careless clients. */
const CLIENT_ID = /^[\x21-\x39\x3b-\x7e]{1,128}$/;

function strings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((v) => typeof v === 'string' && v !== '');
}

/** Checks the parsed file; throws ClientsFileError naming the entry and the field. */
export function parseClients(file: string, parsed: unknown): Map<string, ClientEntry> {
  const list = (parsed as { clients?: unknown } | null)?.clients;
  if (!Array.isArray(list)) throw new ClientsFileError(file, 'expected {"clients":[...]}');
  const clients = new Map<string, ClientEntry>();
  for (const [i, raw] of list.entries()) {
    const at = `clients[${i}]`;
    if (raw === null || typeof raw !== 'object') throw new ClientsFileError(file, `${at} is not an object`);
    const entry = raw as Record<string, unknown>;
    const unknown = Object.keys(entry).find((k) => !KEYS.includes(k));
    if (unknown !== undefined) throw new ClientsFileError(file, `${at}.${unknown} is not known (known: ${KEYS.join(', ')})`);
    const { client_id: id, client_secret: secret, scopes = [...READ_SCOPES], services, token_format: format = 'jwt' } = entry;
    if (typeof id !== 'string' || !CLIENT_ID.test(id)) throw new ClientsFileError(file, `${at}.client_id must be 1 to 128 visible characters without a colon`);
    if (clients.has(id)) throw new ClientsFileError(file, `${at}.client_id "${id}" is there twice`);
    if (typeof secret !== 'string' || (!/^sha256:[0-9a-f]{64}$/.test(secret) && secret.length < 16)) {
      throw new ClientsFileError(file, `${at}.client_secret must have at least 16 characters, or be sha256:<64 hex digits>`);
    }
    if (!strings(scopes)) throw new ClientsFileError(file, `${at}.scopes must be an array of scope names`);
    const foreign = scopes.find((s) => !ALL_SCOPES.includes(s));
    if (foreign !== undefined) throw new ClientsFileError(file, `${at}.scopes has "${foreign}" (known: ${ALL_SCOPES.join(', ')})`);
    if (services !== undefined && !strings(services)) throw new ClientsFileError(file, `${at}.services must be an array of service names`);
    if (format !== 'jwt' && format !== 'opaque') throw new ClientsFileError(file, `${at}.token_format must be jwt or opaque`);
    clients.set(id, { client_id: id, client_secret: secret, scopes, token_format: format, ...(services === undefined ? {} : { services }) });
  }
  return clients;
}

/** The clients of a file, read again when it changes: a new client or secret needs no restart. */
export class ClientsFile {
  readonly #file: string;
  #stamp = '';
  #clients = new Map<string, ClientEntry>();

  constructor(file: string) {
    this.#file = file;
    this.#load();
  }

  get(id: string): ClientEntry | undefined {
    this.#load();
    return this.#clients.get(id);
  }

  #load(): void {
    try {
      const stat = statSync(this.#file);
      const stamp = `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
      if (stamp === this.#stamp) return;
      if ((stat.mode & 0o077) !== 0) {
        throw new ClientsFileError(this.#file, `holds secrets and is readable by others (mode ${(stat.mode & 0o777).toString(8)}): chmod 600 ${this.#file}`);
      }
      this.#clients = parseClients(this.#file, JSON.parse(readFileSync(this.#file, 'utf8')));
      this.#stamp = stamp;
    } catch (cause) {
      if (cause instanceof ClientsFileError) throw cause;
      throw new ClientsFileError(this.#file, `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}
