import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newPolicyKeys } from '@headwater/capture-policy';
import { EXIT } from '../bus.ts';
import type { Terminal } from '../bus.ts';

export interface KeygenFlags {
  keyId: string;
  dir: string;
}

/** `headwater-admin policy keygen`: writes ID.key.pem (0600) and ID.pub.pem; never over a key that is there. */
export function keygen({ keyId, dir }: KeygenFlags, terminal: Terminal): number {
  const { privatePem, publicPem } = newPolicyKeys();
  const secret = join(dir, `${keyId}.key.pem`);
  const open = join(dir, `${keyId}.pub.pem`);
  try {
    writeFileSync(secret, privatePem, { mode: 0o600, flag: 'wx' });
    writeFileSync(open, publicPem, { mode: 0o644, flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    terminal.err(
      code === 'EEXIST'
        ? `${message.replace(/^EEXIST: file already exists, open /, '')} is there already, and stays: choose another --key-id or --dir\n`
        : `no keys were made: ${message}\n`,
    );
    return EXIT.failed;
  }
  terminal.out(
    `${secret}: signs; whoever has it can narrow every host. Keep it away from hosts and bus.
${open}: goes to every host, with these settings of its agent:

policy:
  fleet:
    keys:
      - id: ${keyId}
        public_key_file: /etc/headwater/${keyId}.pub.pem
    state_file: /var/lib/headwater/fleet-policy.json
`,
  );
  return EXIT.ok;
}
