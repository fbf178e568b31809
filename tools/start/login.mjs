// Who may log in to the dashboard: user `admin` with a generated password, and the dashboard's own OAuth client.
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from './state-dir.mjs';

const USER = 'admin';
/** As `headwater-identity add-user` does it: 32 MiB and about 0.1 s a guess. */
const SCRYPT = { N: 32_768, r: 8, p: 1 };

function hash(password, salt, { N, r, p } = SCRYPT) {
  return scryptSync(password, salt, 32, { N, r, p, maxmem: 64 << 20 });
}

function stored(password) {
  const salt = randomBytes(16);
  return `scrypt:${SCRYPT.N}:${SCRYPT.r}:${SCRYPT.p}:${salt.toString('base64url')}:${hash(password, salt).toString('base64url')}`;
}

function fits(password, entry) {
  const [kind, N, r, p, salt, digest] = (entry ?? '').split(':');
  if (kind !== 'scrypt' || !digest) return false;
  const wanted = Buffer.from(digest, 'base64url');
  const have = hash(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  return wanted.length === have.length && timingSafeEqual(wanted, have);
}

/** Twenty characters without look-alikes, 99 bits: what a person can copy from a screen by eye. */
export function generatePassword() {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const out = [];
  // 248 is the largest multiple of 31 in a byte: no letter is likelier than another.
  while (out.length < 20) for (const byte of randomBytes(32)) if (byte < 248 && out.length < 20) out.push(letters[byte % letters.length]);
  return out.join('').replace(/(.{5})(?=.)/g, '$1-');
}

/**
 * The login of this installation, made at its first start and kept. A password that was changed since (`add-user
 * --replace`) is its owner's business: then `password` is null.
 * @returns {{ file: string, usersFile: string, user: string, password: string | null }}
 */
export function adminLogin(stateDir, owner, url) {
  const file = join(stateDir, 'login.json');
  const usersFile = join(stateDir, 'users.json');
  const users = existsSync(usersFile) ? JSON.parse(readFileSync(usersFile, 'utf8')) : { users: [] };
  const entry = users.users.find((u) => u.name === USER);
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).password ?? null) : null;
  let password = kept;
  if (!entry) {
    password ??= generatePassword();
    users.users.push({ name: USER, password: stored(password) });
    writePrivate(usersFile, `${JSON.stringify(users, null, 2)}\n`, owner);
  } else if (kept !== null && !fits(kept, entry.password)) password = null;
  writePrivate(file, `${JSON.stringify({ url, user: USER, password }, null, 2)}\n`, owner);
  return { file, usersFile, user: USER, password };
}

/** The dashboard's client: its secret in a file of its own for the API, its redirect URI as this start has it. */
export function dashboardClient(stateDir, owner, api, scopes) {
  const secretFile = join(stateDir, 'dashboard.secret');
  if (!existsSync(secretFile)) writePrivate(secretFile, `${randomBytes(32).toString('base64url')}\n`, owner);
  return {
    secretFile,
    entry: {
      client_id: 'headwater-dashboard',
      name: 'Headwater dashboard',
      client_secret: readFileSync(secretFile, 'utf8').trim(),
      redirect_uris: [`${api}/bff/callback`],
      scopes,
    },
  };
}
