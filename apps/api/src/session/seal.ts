import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

interface Key {
  id: string;
  secret: Buffer;
}

function parseKeys(file: string, text: string): Key[] {
  const lines = text.split(/\r?\n/).filter((l) => l !== '');
  const keys = lines.map((line, i) => {
    const secret = /^[\w-]{43}$/.test(line) ? Buffer.from(line, 'base64url') : null;
    if (secret === null || secret.length !== 32)
      throw new Error(`dashboard.key_file: line ${i + 1} of ${file} is not 32 bytes in base64url; restore it, or remove the file to make a new key (everybody signs in again)`);
    return { id: createHash('sha256').update(secret).digest('base64url').slice(0, 8), secret };
  });
  if (keys.length === 0) throw new Error(`dashboard.key_file: ${file} has no key in it; restore it, or remove it to make a new one (everybody signs in again)`);
  return keys;
}

/** Makes the file in one step: of two processes that start together both get the same key. */
function makeKey(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.new`;
  const fd = openSync(aside, 'w', 0o600);
  try {
    writeSync(fd, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside);
  }
}

/** Encrypts what lies in the state store (AES-256-GCM); the place is bound in, so that records cannot be swapped. */
export class Seal {
  readonly #keys: readonly Key[];

  constructor(keys: readonly Key[]) {
    this.#keys = keys;
  }

  /** The keys of a file of mode 0600; made where there is none. Throws naming the setting. */
  static fromFile(file: string): Seal {
    try {
      statSync(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      try {
        makeKey(file);
      } catch (cause) {
        throw new Error(`dashboard.key_file: ${file} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      }
    }
    const { mode } = statSync(file);
    if ((mode & 0o077) !== 0) throw new Error(`dashboard.key_file: ${file} holds keys and is readable by others (mode ${(mode & 0o777).toString(8)}): chmod 600 ${file}`);
    return new Seal(parseKeys(file, readFileSync(file, 'utf8')));
  }

  seal(place: string, value: unknown): string {
    const { id, secret } = this.#keys[0] as Key;
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(Buffer.from(place));
    const bytes = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return `1.${id}.${Buffer.concat([iv, bytes, cipher.getAuthTag()]).toString('base64url')}`;
  }

  /** null: not ours, of a key that is gone, or tampered with. */
  open(place: string, text: string): unknown {
    const [version, id, data] = text.split('.');
    const key = this.#keys.find((k) => k.id === id);
    if (version !== '1' || key === undefined || data === undefined) return null;
    const raw = Buffer.from(data, 'base64url');
    if (raw.length < 28) return null;
    try {
      const decipher = createDecipheriv('aes-256-gcm', key.secret, raw.subarray(0, 12)).setAAD(Buffer.from(place));
      decipher.setAuthTag(raw.subarray(-16));
      return JSON.parse(Buffer.concat([decipher.update(raw.subarray(12, -16)), decipher.final()]).toString('utf8')) as unknown;
    } catch {
      return null;
    }
  }
}
