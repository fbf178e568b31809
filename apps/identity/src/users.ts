import { strings } from './clients.ts';
import { parsePassword } from './login/password.ts';
import { PrivateFile, PrivateFileError } from './private-file.ts';
import { ALL_SCOPES } from './scopes.ts';

/** One entry of the users file: `{"users":[...]}`, mode 0600, written by `headwater-identity add-user`. */
export interface UserEntry {
  name: string;
  /** `scrypt:N:r:p:salt:hash`, salt and hash in base64url */
  password: string;
  /** what the person may have at most; all that the client may have if absent */
  scopes?: string[];
  /** narrows every token of the person to these services */
  services?: string[];
}

export class UsersFileError extends PrivateFileError {
  override readonly name = 'UsersFileError';
}

const KEYS = ['name', 'password', 'scopes', 'services'];
/** Becomes `sub` of tokens and is shown on pages. */
export const USER_NAME = /^[A-Za-z0-9][\w.@+-]{0,63}$/;
export const USER_NAME_RULE = 'must begin with a letter or digit and hold at most 64 letters, digits, dots, dashes, underscores, @ or +';

/** Checks the parsed file; throws UsersFileError naming the entry and the field. */
export function parseUsers(file: string, parsed: unknown): Map<string, UserEntry> {
  const list = (parsed as { users?: unknown } | null)?.users;
  if (!Array.isArray(list)) throw new UsersFileError(file, 'expected {"users":[...]}');
  const users = new Map<string, UserEntry>();
  for (const [i, raw] of list.entries()) {
    const at = `users[${i}]`;
    if (raw === null || typeof raw !== 'object') throw new UsersFileError(file, `${at} is not an object`);
    const { name, password, scopes, services, ...rest } = raw as Record<string, unknown>;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw new UsersFileError(file, `${at}.${unknown} is not known (known: ${KEYS.join(', ')})`);
    if (typeof name !== 'string' || !USER_NAME.test(name)) throw new UsersFileError(file, `${at}.name ${USER_NAME_RULE}`);
    if (users.has(name)) throw new UsersFileError(file, `${at}.name "${name}" is there twice`);
    if (typeof password !== 'string' || parsePassword(password) === null) {
      throw new UsersFileError(file, `${at}.password must be scrypt:N:r:p:salt:hash; make it with: headwater-identity add-user ${name} --replace`);
    }
    if (scopes !== undefined && !strings(scopes)) throw new UsersFileError(file, `${at}.scopes must be an array of scope names`);
    const foreign = (scopes as string[] | undefined)?.find((s) => !ALL_SCOPES.includes(s));
    if (foreign !== undefined) throw new UsersFileError(file, `${at}.scopes has "${foreign}" (known: ${ALL_SCOPES.join(', ')})`);
    if (services !== undefined && !strings(services)) throw new UsersFileError(file, `${at}.services must be an array of service names`);
    users.set(name, { name, password, ...(scopes === undefined ? {} : { scopes: scopes as string[] }), ...(services === undefined ? {} : { services }) });
  }
  return users;
}

/** The people of a file, read again when it changes. */
export class UsersFile {
  readonly #file: PrivateFile<Map<string, UserEntry>>;

  constructor(file: string) {
    this.#file = new PrivateFile(file, parseUsers);
  }

  get(name: string): UserEntry | undefined {
    return this.#file.get().get(name);
  }
}
