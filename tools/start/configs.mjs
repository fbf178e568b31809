// The settings of the five apps in standalone mode, as files a person can read (JSON is YAML) and run by hand.
import { join } from 'node:path';
import { writePrivate } from './state-dir.mjs';

export function writeConfigs({ stateDir, owner, options, client, hostId, adminPorts, capture }) {
  const at = (name) => join(stateDir, name);
  const bus = { kind: 'embedded', path: at('bus.db') };
  const store = { kind: 'embedded', path: at('summaries.db') };
  const state = { kind: 'embedded', path: at('state.db') };
  const api = `http://127.0.0.1:${options.apiPort}`;
  const issuer = `http://127.0.0.1:${options.identityPort}`;
  const configs = {
    admin: { bus },
    identity: { port: options.identityPort, issuer, audience: api, clients_file: client.file, keys_dir: at('keys'), state: { kind: 'embedded', path: at('identity.db') } },
    analyzer: { bus, store, state, admin: { port: adminPorts.analyzer } },
    api: { port: options.apiPort, public_url: api, audience: api, issuers: [{ issuer }], store, state },
    agent: {
      ...(hostId ? { host_id: hostId } : {}),
      bus,
      ...(capture.kind === 'live' ? { probe: { socket: capture.socket } } : { replay: { file: capture.recording, loop: true } }),
      admin: { port: adminPorts.agent },
      fingerprints: { key_file: at('fingerprint.key'), create: true },
    },
  };
  const files = {};
  for (const [name, config] of Object.entries(configs)) {
    files[name] = at(`config/${name}.yaml`);
    writePrivate(files[name], `${JSON.stringify(config, null, 2)}\n`, owner);
  }
  return { files, api, issuer };
}
