import { readFileSync, writeFileSync } from 'node:fs';
import { PolicyError, policyName, readPolicy, readPrivateKey, signPolicy } from '@headwater/capture-policy';
import type { PolicyDocument } from '@headwater/capture-policy';
import { EXIT } from '../bus.ts';
import type { Terminal } from '../bus.ts';
import { recordText } from './record-file.ts';

export interface SignFlags {
  key: string;
  keyId: string;
  for: string;
  out?: string;
}

/** What a document narrows by its defaults, for those who thought that silence leaves things as they are. */
function silently(doc: PolicyDocument): string[] {
  const all = doc.headers?.some((r) => r.header === '*' && r.direction === undefined && r.service === undefined && r.route === undefined);
  return [
    ...(doc.path === undefined ? ['paths leave as route templates (path)'] : []),
    ...(doc.query_names === undefined ? ['no names of query parameters leave (query_names)'] : []),
    ...(doc.client_address === undefined ? ['public client addresses are cut (client_address)'] : []),
    ...(all ? [] : ['of headers without a rule, only values of the built-in allow-list leave (a last rule for "*" with keep allows the rest)']),
  ];
}

/** `headwater-admin policy sign`: a record for the topic, from a policy file and a private key. */
export function sign(file: string, flags: SignFlags, terminal: Terminal): number {
  try {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(file);
    } catch (cause) {
      throw new PolicyError('HW_POLICY_READ', `${file}: cannot be read (${(cause as Error).message})`, { cause });
    }
    const document = readPolicy(bytes, file);
    const text = recordText(signPolicy(document, flags.for, flags.keyId, readPrivateKey(flags.key, '--key')));
    if (flags.out === undefined) terminal.out(text);
    else writeFileSync(flags.out, text);
    terminal.err(
      `${policyName(document)} is signed with ${flags.keyId}, for ${flags.for === 'fleet' ? 'every host without a record of its own' : `the host ${flags.for} alone, in place of the fleet's`}\n`,
    );
    const defaults = silently(document);
    if (defaults.length > 0) terminal.err(`What it does not say narrows as well:\n${defaults.map((d) => `  ${d}\n`).join('')}`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof PolicyError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    terminal.err(`${(error as Error).message}\n`);
    return EXIT.failed;
  }
}
