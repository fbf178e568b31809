#!/usr/bin/env node
// `npm start`: set-up, build, then probe, identity, analyzer, api, agent and insights in order, watched until they are told to end.
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { RECORDED } from '../infra/demo/recorded.mjs';
import { build } from './build.mjs';
import { ROOT, node24, owners } from './repo.mjs';
import { Told, endWith, line, red, run, step } from './say.mjs';
import { setup } from './setup.mjs';
import { addresses } from './start/addresses.mjs';
import { decideCapture, probeCommand, socketPath } from './start/capture.mjs';
import { readCertificate } from './start/certificate.mjs';
import { writeConfigs } from './start/configs.mjs';
import { checkGatewayFiles } from './start/gateway.mjs';
import { adminLogin, dashboardClient } from './start/login.mjs';
import { HELP, RECORDINGS, parseOptions } from './start/options.mjs';
import { claim, freePort, holderOf, isFree } from './start/ports.mjs';
import { answers, unprivileged } from './start/process.mjs';
import { curlLine, remote, screenLines } from './start/screen.mjs';
import { READ_SCOPES, hostIdIfNeeded, writeClients, writeCurlFiles } from './start/secrets.mjs';
import { refuseIfLive, takeStateDir, writePrivate } from './start/state-dir.mjs';
import { Supervisor } from './start/supervisor.mjs';

let supervisor = null;
let release = () => {};

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return void process.stdout.write(HELP);
  const began = performance.now();
  const owner = owners().state;
  const certificate = options.tls ? readCertificate(options.tls, owner) : null;
  checkGatewayFiles(options.gateway, owner);
  const at = addresses(options, certificate, remote()?.host);
  refuseIfLive(options.stateDir);
  await refuseTakenPorts(options);
  await setup({ groups: ['run'], install: options.install });
  await build({ trustTimes: true });

  // Whatever is written from here on, by us or by the processes, is for its owner alone.
  process.umask(0o077);
  release = takeStateDir(options.stateDir, owner);
  supervisor = new Supervisor(() => release());
  process.on('SIGTERM', () => void supervisor.end(0, 'SIGTERM'));
  process.on('SIGINT', () => void supervisor.end(0, 'Ctrl-C'));
  process.on('SIGHUP', () => void supervisor.end(0, 'the terminal was closed'));
  endWithNpm();
  // One question about the kernel decides live or replay, before anything is started.
  const capture = await decideCapture(owner, options.hooks, options.replay);
  if (capture.kind === 'live') {
    const socket = socketPath(options.stateDir);
    capture.socket = socket.socket;
    const giveBack = release;
    release = () => {
      socket.release();
      giveBack();
    };
  } else if (!capture.asked) {
    line(`${red('!')} Live capture is not possible here; recorded traffic is replayed, marked as such. Why:`);
    for (const reason of capture.reasons) line(`    ${reason}`);
  }
  await startAll({ options, owner, certificate, at, capture, began });
}

/** Under npm, npm is who a person stops; when it is killed before it can pass that on, we would stay for ever. */
function endWithNpm() {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void supervisor.end(0, 'npm is gone');
  }, 500).unref();
}

async function refuseTakenPorts(options) {
  for (const [name, port] of [
    ['--api-port', options.apiPort],
    ['--identity-port', options.identityPort],
  ]) {
    if (!(await isFree(port, options.host))) throw new Told(`port ${port} (${name}) is taken by ${holderOf(port)}; stop that, or choose another with ${name} N`, 1);
  }
}

/** Metrics ports are nobody's contract: when the usual one is taken a free one will do, and it is said. */
async function adminPort(name, usual) {
  const free = await isFree(usual);
  if (free && (await claim(usual))) return usual;
  const port = await freePort();
  line(`  port ${usual} (metrics of the ${name}) is taken by ${free ? 'another start' : holderOf(usual)}; ${port} is used instead`);
  return port;
}

async function startAll({ options, owner, certificate, at, capture, began }) {
  const { stateDir } = options;
  const adminPorts = { agent: await adminPort('agent', 9470), analyzer: await adminPort('analyzer', 9471), insights: await adminPort('insights', 9472) };
  const admin = Object.fromEntries(Object.entries(adminPorts).map(([name, port]) => [name, `http://127.0.0.1:${port}`]));
  const demo = options.demo && capture.kind === 'live' ? { shop: await freePort(), payments: await freePort() } : null;
  const login = adminLogin(stateDir, owner, `${at.api}/`);
  const dashboard = dashboardClient(stateDir, owner, at.api, [...READ_SCOPES, 'alerts:write', 'insights:submit']);
  const clients = writeClients(stateDir, owner, dashboard.entry);
  const files = writeConfigs({
    ...{ stateDir, owner, options, at, certificate, clientsFile: clients.file, login, dashboard },
    ...{ hostId: hostIdIfNeeded(stateDir, owner), adminPorts, capture, services: demo ?? (capture.recording === RECORDINGS ? RECORDED : {}) },
  });

  const launch = (name, command, more = {}) => supervisor.launch(name, command, { stateDir, owner, ...more });
  const node = (name, script, args, more) => launch(name, unprivileged(owner, node24(), ['--enable-source-maps', join(ROOT, script), ...args]), more);
  const app = (name, more) => node(name, `apps/${name}/dist/main.js`, ['--config', files[name]], more);
  const asked = (path) => () => answers(path, certificate?.fingerprint);

  const topics = () => run(...unprivileged(owner, node24(), [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--config', files.admin]));
  let metadata;
  await step('identity, topics and analyzer, api', async () => {
    const ready = [
      app('identity').ready(asked(`${at.local.identity}/.well-known/oauth-authorization-server`)),
      app('api').ready(asked(`${at.local.api}/readyz`)),
      topics().then(() => app('analyzer').ready(asked(`${admin.analyzer}/healthz`))),
    ];
    [metadata] = await Promise.all(ready);
  });
  if (capture.kind === 'live') {
    capture.scopes = [...options.scopes, ...(demo ? [`port=${demo.shop}`, `port=${demo.payments}`] : [])];
    const exclude = [process.pid, ...Object.values(supervisor.pids())];
    await step('probe', () =>
      launch('probe', probeCommand({ ...capture, hooks: options.hooks, exclude, owner }))
        .ready(() => existsSync(capture.socket))
        .then(() => undefined),
    );
  }
  await step(capture.kind === 'live' ? 'agent' : 'agent (replay)', () =>
    app('agent')
      .ready(async () => (await answers(`${admin.agent}/healthz`))?.status === 'ok')
      .then(() => undefined),
  );
  if (demo) await step('demo shop', () => startDemo(demo, stateDir, node));
  // Last and not waited for: numbers come first. It comes after the probe was told whom to leave out, so that what it asks a gateway
  // can be captured by a scope that says so.
  app('insights', { addOn: true }).readyInBackground(asked(`${admin.insights}/healthz`));

  const info = {
    schema: 1,
    api: at.api,
    dashboard: `${at.api}/`,
    issuer: at.issuer,
    audience: at.api,
    token_url: metadata.token_endpoint,
    client_id: clients.cli.client_id,
    client_secret: clients.cli.client_secret,
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: clients.cli.scopes,
    source: capture.kind,
    admin,
    ...(demo ? { demo } : {}),
    processes: supervisor.pids(),
  };
  const curl = writeCurlFiles(stateDir, curlRequest({ at, certificate, tokenUrl: info.token_url, client: clients.cli }), owner);
  writePrivate(join(stateDir, 'standalone.json'), `${JSON.stringify(info, null, 2)}\n`, owner);
  const seconds = (performance.now() - began) / 1_000;
  const api = certificate ? at.api : at.local.api;
  for (const text of screenLines({ at, options, login, capture, demo, curl: curlLine(api, curl), stateDir, seconds })) line(text);
}

/** Each with its own access log, which says the same as what is captured of it. */
async function startDemo(demo, stateDir, node) {
  const log = (name) => join(stateDir, `logs/demo-${name}-access.ndjson`);
  const listens = (port) => () => isFree(port).then((free) => !free);
  const payments = node('payments', 'infra/demo/payments.mjs', [String(demo.payments), log('payments')]).ready(listens(demo.payments));
  await node('shop', 'infra/demo/shop.mjs', [String(demo.shop), String(demo.payments), log('shop')]).ready(listens(demo.shop));
  await payments;
  node('customers', 'infra/demo/customers.mjs', [String(demo.shop)]);
}

/**
 * How curl on this machine asks: with a certificate of ours the public name, but connected to where we listen; behind
 * a proxy of somebody else the port we listen on.
 */
function curlRequest({ at, certificate, tokenUrl, client }) {
  const { pathname } = new URL(tokenUrl);
  if (!certificate) return { tokenUrl: `${at.local.identity}${pathname}`, client, extra: [] };
  const to = ([from, local]) => {
    const [a, b] = [new URL(from), new URL(local)];
    return `connect-to = "${a.hostname}:${a.port || 443}:${b.hostname}:${b.port}"`;
  };
  const pairs = [
    [at.issuer, at.local.identity],
    [at.api, at.local.api],
  ];
  const elsewhere = pairs.filter(([from, local]) => new URL(from).host !== new URL(local).host && isIP(at.local.host) !== 0);
  return { tokenUrl, client, extra: [...(certificate.selfSigned ? [`cacert = "${certificate.file}"`] : []), ...elsewhere.map(to)] };
}

main().catch(async (error) => {
  if (supervisor?.ending) return;
  if (supervisor && !supervisor.empty) {
    process.stderr.write(`${red('✗')} ${error instanceof Told ? error.message : error.stack}\n`);
    await supervisor.end(error.exitCode ?? 1, 'a process could not be started');
  } else {
    release();
    endWith(error);
  }
});
