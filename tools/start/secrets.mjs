// What the standalone mode keeps for itself in the state directory: OAuth clients, host id, token request. Never printed.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from './state-dir.mjs';

/** All a reader may; writing the policy is not among it. */
export const READ_SCOPES = ['metrics:read', 'events:read', 'insights:read', 'fleet:read'];

/**
 * clients.json with the command line's client, made once, and the dashboard's as this start has it. Clients that
 * somebody added stay as they are.
 * @param {{ client_id: string }} dashboard entry of the dashboard's client
 * @returns {{ file: string, cli: { client_id: string, client_secret: string, scopes: string[] } }}
 */
export function writeClients(stateDir, owner, dashboard) {
  const file = join(stateDir, 'clients.json');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '{"clients":[]}';
  const { clients } = JSON.parse(before);
  let cli = clients.find((c) => c.client_id === 'headwater-cli');
  if (!cli) clients.push((cli = { client_id: 'headwater-cli', client_secret: randomBytes(32).toString('base64url'), scopes: READ_SCOPES }));
  const others = clients.filter((c) => c.client_id !== dashboard.client_id);
  const after = `${JSON.stringify({ clients: [...others, dashboard] }, null, 2)}\n`;
  if (after !== before) writePrivate(file, after, owner);
  return { file, cli };
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

/** The key that alerts to the receiver of --webhook are signed with, made once; a person hands it to the receiver. */
export function webhookKey(stateDir, owner) {
  const file = join(stateDir, 'webhook.key');
  if (!existsSync(file)) writePrivate(file, `${randomBytes(32).toString('hex')}\n`, owner);
  return file;
}

/**
 * For `curl -K`: the token request, so that the secret is on no command line; and, where curl must be told more than a
 * URL (a certificate of ours, a name that is looked up elsewhere), the same for the API.
 * @param {{ tokenUrl: string, client: { client_id: string, client_secret: string }, extra: string[] }} request `extra`: lines of a curl config
 * @returns {{ token: string, api: string | null }}
 */
export function writeCurlFiles(stateDir, { tokenUrl, client, extra }, owner) {
  const token = join(stateDir, 'token.curl');
  const rest = extra.map((l) => `${l}\n`).join('');
  writePrivate(
    token,
    `# curl -K this-file: a token by client_credentials\nurl = "${tokenUrl}"\nuser = "${client.client_id}:${client.client_secret}"\ndata = "grant_type=client_credentials"\nsilent\nshow-error\nfail-with-body\n${rest}`,
    owner,
  );
  if (extra.length === 0) return { token, api: null };
  const api = join(stateDir, 'api.curl');
  writePrivate(api, `# curl -K this-file URL: how the API is reached from this machine\nsilent\nshow-error\n${rest}`, owner);
  return { token, api };
}
