import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { PolicyError } from './errors.ts';

/** A new pair as PEM: PKCS #8 and SPKI. */
export function newPolicyKeys(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string };
}

/** @param what names the file in errors, such as the setting that gave it */
export function readPublicKey(file: string, what: string): KeyObject {
  const key = keyOf(file, what, (pem) => {
    // Node makes the public key of a private one, too; a private key has no place on a host.
    if (pem.includes('PRIVATE KEY')) throw new Error('it holds a private key, which must stay with who signs; give the public one');
    return createPublicKey(pem);
  });
  return key;
}

/** Must be readable by its owner alone. */
export function readPrivateKey(file: string, what: string): KeyObject {
  return keyOf(file, what, (pem) => {
    const mode = statSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0) throw new Error(`others can read it (mode ${mode.toString(8)}): chmod 600 ${file}`);
    return createPrivateKey(pem);
  });
}

function keyOf(file: string, what: string, make: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = make(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new PolicyError('HW_POLICY_KEY_FILE', `${what} ${file} is not usable: ${(cause as Error).message}; make a pair with: headwater-admin policy keygen`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new PolicyError('HW_POLICY_KEY_FILE', `${what} ${file} holds a key of kind ${key.asymmetricKeyType}; Ed25519 is needed: headwater-admin policy keygen`);
  return key;
}
