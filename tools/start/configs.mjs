// The settings of the six apps in standalone mode, as files a person can read (JSON is YAML) and run by hand.
import { join } from 'node:path';
import { webhookKey } from './secrets.mjs';
import { writePrivate } from './state-dir.mjs';

/**
 * @param {{ stateDir: string, owner: {uid: number, gid: number}, options: object, at: ReturnType<import('./addresses.mjs').addresses>,
 *   certificate: object | null, clientsFile: string, login: object, dashboard: object, hostId: string | null,
 *   adminPorts: {agent: number, analyzer: number, insights: number}, capture: object, services: Record<string, number> }} o `services`: name -> port
 * @returns {Record<string, string>} the file of each app
 */
export function writeConfigs({ stateDir, owner, options, at, certificate, clientsFile, login, dashboard, hostId, adminPorts, capture, services }) {
  const file = (name) => join(stateDir, name);
  const bus = { kind: 'embedded', path: file('bus.db') };
  const store = { kind: 'embedded', path: file('summaries.db') };
  const state = { kind: 'embedded', path: file('state.db') };
  const listen = { host: at.host, ...(certificate ? { tls: { cert_file: certificate.file, key_file: certificate.keyFile } } : {}) };
  const issuer = { issuer: at.issuer, ...(at.connect ? { connect: at.connect } : {}), ...(certificate?.selfSigned ? { ca_file: certificate.file } : {}) };
  const webhooks = options.webhook === null ? [] : [{ url: options.webhook, secret_file: webhookKey(stateDir, owner) }];
  const configs = {
    admin: { bus },
    identity: {
      ...listen,
      port: options.identityPort,
      issuer: at.issuer,
      audience: at.api,
      clients_file: clientsFile,
      users_file: login.usersFile,
      keys_dir: file('keys'),
      state: { kind: 'embedded', path: file('identity.db') },
    },
    analyzer: { bus, store, state, admin: { port: adminPorts.analyzer }, alerts: { dashboard_url: `${at.api}/`, webhooks } },
    api: {
      ...listen,
      port: options.apiPort,
      public_url: at.api,
      audience: at.api,
      issuers: [issuer],
      dashboard: { client_id: dashboard.entry.client_id, client_secret_file: dashboard.secretFile, key_file: file('session.key') },
      store,
      state,
      bus,
    },
    insights: { bus, store, state, ...(options.gateway ? { gateway: options.gateway } : {}), admin: { port: adminPorts.insights } },
    agent: {
      ...(hostId ? { host_id: hostId } : {}),
      bus,
      ...(capture.kind === 'live' ? { probe: { socket: capture.socket } } : { replay: { file: capture.recording, loop: true } }),
      // Both are Node: without a rule by port they would be one service of that name.
      services: Object.entries(services).map(([service, port]) => ({ service, port })),
      admin: { port: adminPorts.agent },
      fingerprints: { key_file: file('fingerprint.key'), create: true },
    },
  };
  const files = {};
  for (const [name, config] of Object.entries(configs)) {
    files[name] = file(`config/${name}.yaml`);
    writePrivate(files[name], `${JSON.stringify(config, null, 2)}\n`, owner);
  }
  return files;
}
