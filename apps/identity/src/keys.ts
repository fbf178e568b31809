import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { writePrivate } from './private-file.ts';

/**
 * What identity must keep over a restart. `jwks[0]` signs; later entries only verify tokens given out before a
 * rotation. `cookies[0]` signs cookies likewise.
 */
export interface IdentityKeys {
  schema: 1;
  jwks: JWK[];
  cookies: string[];
}

const FILE = 'identity-keys.json';

export function keysFile(stateDir: string): string {
  return join(stateDir, FILE);
}

async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

function readKeys(file: string): IdentityKeys | null {
  let text: string;
  try {
    const mode = statSync(file).mode;
    if ((mode & 0o077) !== 0) throw new Error(`${file} holds private keys and is readable by others (mode ${(mode & 0o777).toString(8)}): chmod 600 ${file}`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  let keys: IdentityKeys;
  try {
    keys = JSON.parse(text) as IdentityKeys;
  } catch (cause) {
    // Never replaced silently: new keys would make every token given out so far invalid.
    throw new Error(`${file} is not JSON; restore it, or remove it to make new keys (all tokens become invalid)`, { cause });
  }
  if (keys.schema !== 1) throw new Error(`${file} has schema ${String(keys.schema)}; this version knows 1`);
  if (!keys.jwks?.length || !keys.cookies?.length) throw new Error(`${file} has no keys in it; restore it, or remove it to make new ones`);
  return keys;
}

/** The keys of this state directory; made at the first start. */
export async function loadKeys(stateDir: string): Promise<IdentityKeys> {
  const file = keysFile(stateDir);
  const stored = readKeys(file);
  if (stored !== null) return stored;
  const fresh: IdentityKeys = { schema: 1, jwks: [await newSigningKey()], cookies: [randomBytes(32).toString('base64url')] };
  writePrivate(file, `${JSON.stringify(fresh, null, 2)}\n`);
  return fresh;
}

/** Puts a new signing key before the others and keeps the last one for verification. Takes effect at the next start. */
export async function rotateKeys(stateDir: string): Promise<IdentityKeys> {
  const old = await loadKeys(stateDir);
  const next: IdentityKeys = {
    schema: 1,
    jwks: [await newSigningKey(), ...old.jwks.slice(0, 1)],
    cookies: [randomBytes(32).toString('base64url'), ...old.cookies.slice(0, 1)],
  };
  writePrivate(keysFile(stateDir), `${JSON.stringify(next, null, 2)}\n`);
  return next;
}
