import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import type { AgentConfig } from '@headwater/config';

/** None: fingerprints are left out. While keys are rotated every fingerprint is given by both. */
export interface FingerprintKeys {
  key?: FingerprintKey;
  previousKey?: FingerprintKey;
}

export interface FingerprintKey {
  /** first 8 hex digits of the key's SHA-256 */
  id: string;
  /** 32 bytes */
  hex: string;
}

function idOf(hex: string): string {
  return createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex').slice(0, 8);
}

/**
 * The key of the fingerprints from its file; made when `create` is set and there is none.
 * @throws Error that names the file and the fix: absent, readable by others, not 64 hex digits.
 */
export function readFingerprintKey(file: string, create: boolean, setting = 'fingerprints.key_file'): FingerprintKey {
  if (create) {
    try {
      writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new Error(`${setting} ${file} cannot be made: ${(error as Error).message}`, { cause: error });
    }
  }
  let mode: number;
  let text: string;
  try {
    mode = statSync(file).mode & 0o777;
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `${setting} ${file} cannot be read (${(error as Error).message}); make it with: (umask 077; openssl rand -hex 32 > ${file}), the same key on every host, or set fingerprints.enabled to false`,
      { cause: error },
    );
  }
  if ((mode & 0o077) !== 0) throw new Error(`${setting} ${file} can be read by others (mode ${mode.toString(8)}): chmod 600 ${file}`);
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error(`${setting} ${file} must hold 64 hex digits`);
  return { id: idOf(text), hex: text.toLowerCase() };
}

/** The keys that the settings name; only the current one is ever made. @throws Error that names the setting and the fix */
export function fingerprintKeys({ enabled, key_file, create, previous_key_file }: AgentConfig['fingerprints'], mayCreate = true): FingerprintKeys {
  if (!enabled || key_file === undefined) return {};
  const key = readFingerprintKey(key_file, create && mayCreate);
  if (previous_key_file === undefined) return { key };
  const previousKey = readFingerprintKey(previous_key_file, false, 'fingerprints.previous_key_file');
  if (previousKey.hex === key.hex)
    throw new Error(`fingerprints.previous_key_file ${previous_key_file} holds the key of fingerprints.key_file: put the new key there, or leave the previous one out`);
  return { key, previousKey };
}
