// The client of the standalone mode: made once, kept in the state directory, never printed.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from './state-dir.mjs';

/** All a reader may; writing the policy is not among it. */
const SCOPES = ['metrics:read', 'events:read', 'insights:read', 'fleet:read'];

export function standaloneClient(stateDir, owner) {
  const file = join(stateDir, 'clients.json');
  if (!existsSync(file)) {
    const client = { client_id: 'headwater-cli', client_secret: randomBytes(32).toString('base64url'), scopes: SCOPES };
    writePrivate(file, `${JSON.stringify({ clients: [client] }, null, 2)}\n`, owner);
  }
  const client = JSON.parse(readFileSync(file, 'utf8')).clients.find((c) => c.client_id === 'headwater-cli');
  return { file, ...client };
}

/** A host without a machine id (a container) gets a name of its own, kept. null: the agent takes the machine id. */
export function hostIdIfNeeded(stateDir, owner) {
  try {
    if (/^[0-9a-f]{32}$/.test(readFileSync('/etc/machine-id', 'utf8').trim())) return null;
  } catch {}
  const file = join(stateDir, 'host-id');
  if (!existsSync(file)) writePrivate(file, `${randomBytes(16).toString('hex')}\n`, owner);
  return readFileSync(file, 'utf8').trim();
}

/** For `curl -K`: the token request, so that the secret is on no command line. */
export function writeTokenRequest(stateDir, tokenUrl, client, owner) {
  const file = join(stateDir, 'token.curl');
  writePrivate(
    file,
    `# curl -K this-file: a token by client_credentials\nurl = "${tokenUrl}"\nuser = "${client.client_id}:${client.client_secret}"\ndata = "grant_type=client_credentials"\nsilent\nshow-error\nfail-with-body\n`,
    owner,
  );
  return file;
}
