#!/usr/bin/env node
// `npm start`: set-up, build, then probe, identity, analyzer, api and agent in order, watched until they are told to end.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { ROOT, node24, owners } from './repo.mjs';
import { Told, endWith, line, red, run, step } from './say.mjs';
import { setup } from './setup.mjs';
import { decideCapture, probeCommand, socketPath } from './start/capture.mjs';
import { writeConfigs } from './start/configs.mjs';
import { HELP, parseOptions } from './start/options.mjs';
import { freePort, holderOf, isFree } from './start/ports.mjs';
import { Process, answers, unprivileged } from './start/process.mjs';
import { showScreen } from './start/screen.mjs';
import { hostIdIfNeeded, standaloneClient, writeTokenRequest } from './start/secrets.mjs';
import { refuseIfLive, takeStateDir, writePrivate } from './start/state-dir.mjs';

/** How long each may take to end: the agent drains and sends, the analyzer folds what is left. */
const STOP_MS = { demo: 2_000, agent: 15_000, analyzer: 15_000, api: 8_000, identity: 8_000, probe: 5_000 };
/** Ended in this order, so that nothing captured is left behind. */
const STOP_ORDER = ['demo', 'agent', 'analyzer', 'api', 'identity', 'probe'];

const processes = new Map();
let release = () => {};
let ending = null;
let endingSince = 0;

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return void process.stdout.write(HELP);
  const began = performance.now();
  refuseIfLive(options.stateDir);
  await refuseTakenPorts(options);
  await setup({ groups: ['run'], install: options.install });
  await build();

  // Whatever is written from here on, by us or by the processes, is for its owner alone.
  process.umask(0o077);
  const owner = owners().state;
  release = takeStateDir(options.stateDir, owner);
  process.on('SIGTERM', () => void end(0, 'SIGTERM'));
  process.on('SIGINT', () => void end(0, 'Ctrl-C'));
  process.on('SIGHUP', () => void end(0, 'the terminal was closed'));
  endWithNpm();
  // One question about the kernel decides live or replay, before anything is started.
  const capture = await decideCapture(owner);
  if (capture.kind === 'replay') {
    line(`${red('!')} Live capture is not possible here:`);
    for (const reason of capture.reasons) line(`    ${reason}`);
    line('  Recorded traffic is replayed instead, marked as replay everywhere.');
  } else capture.socket = socketPath(options.stateDir);
  await startAll(options, owner, capture, began);
}

/** Under npm, npm is who a person stops; when it is killed before it can pass that on, we would stay for ever. */
function endWithNpm() {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void end(0, 'npm is gone');
  }, 500).unref();
}

async function refuseTakenPorts(options) {
  for (const [name, port] of [
    ['--api-port', options.apiPort],
    ['--identity-port', options.identityPort],
  ]) {
    if (!(await isFree(port))) throw new Told(`port ${port} (${name}) is taken by ${holderOf(port)}; stop that, or choose another with ${name} N`, 1);
  }
}

/** Metrics ports are nobody's contract: when the usual one is taken a free one will do, and it is said. */
async function adminPort(name, usual) {
  if (await isFree(usual)) return usual;
  const port = await freePort();
  line(`  port ${usual} (metrics of the ${name}) is taken by ${holderOf(usual)}; ${port} is used instead`);
  return port;
}

async function startAll(options, owner, capture, began) {
  const { stateDir } = options;
  const adminPorts = { agent: await adminPort('agent', 9470), analyzer: await adminPort('analyzer', 9471) };
  const client = standaloneClient(stateDir, owner);
  const { files, api, issuer } = writeConfigs({ stateDir, owner, options, client, hostId: hostIdIfNeeded(stateDir, owner), adminPorts, capture });
  const admin = { agent: `http://127.0.0.1:${adminPorts.agent}`, analyzer: `http://127.0.0.1:${adminPorts.analyzer}` };
  const launch = (name, command) => {
    if (ending) throw new Told('stopped while starting', 0);
    const process_ = new Process({ name, command, logFile: join(stateDir, 'logs', `${name}.log`), owner });
    process_.onDeath = died;
    processes.set(name, process_);
    return process_;
  };
  const app = (name) => launch(name, unprivileged(owner, node24(), ['--enable-source-maps', join(ROOT, `apps/${name}/dist/main.js`), '--config', files[name]]));

  await step('topics', () => run(...unprivileged(owner, node24(), [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--config', files.admin])).then(() => undefined));
  let metadata;
  await step('identity, analyzer, api', async () => {
    const ready = [
      app('identity').ready(() => answers(`${issuer}/.well-known/oauth-authorization-server`)),
      app('analyzer').ready(() => answers(`${admin.analyzer}/healthz`)),
      app('api').ready(() => answers(`${api}/readyz`)),
    ];
    [metadata] = await Promise.all(ready);
  });
  const demo = options.demo && capture.kind === 'live' ? { shop: await freePort(), stock: await freePort() } : null;
  if (capture.kind === 'live') {
    capture.scopes = [...options.scopes, ...(demo ? [`port=${demo.shop}`, `port=${demo.stock}`] : [])];
    const exclude = [process.pid, ...[...processes.values()].map((p) => p.pid)];
    await step('probe', () =>
      launch('probe', probeCommand({ ...capture, exclude, owner }))
        .ready(() => existsSync(capture.socket))
        .then(() => undefined),
    );
  }
  await step(capture.kind === 'live' ? 'agent' : 'agent (replay)', () =>
    app('agent')
      .ready(async () => (await answers(`${admin.agent}/healthz`))?.status === 'ok')
      .then(() => undefined),
  );
  if (demo)
    await step('demo shop', () =>
      launch('demo', unprivileged(owner, node24(), [join(ROOT, 'infra/demo/shop.mjs'), String(demo.shop), String(demo.stock)]))
        .ready(() => isFree(demo.shop).then((free) => !free))
        .then(() => undefined),
    );

  const info = {
    schema: 1,
    api,
    issuer,
    audience: api,
    token_url: metadata.token_endpoint,
    client_id: client.client_id,
    client_secret: client.client_secret,
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: client.scopes,
    source: capture.kind,
    admin,
    processes: Object.fromEntries([...processes].map(([name, p]) => [name, p.pid])),
  };
  const tokenFile = writeTokenRequest(stateDir, info.token_url, client, owner);
  writePrivate(join(stateDir, 'standalone.json'), `${JSON.stringify(info, null, 2)}\n`, owner);
  showScreen({ info, capture, demo, tokenFile, stateDir, admin });
  line(`  (ready after ${((performance.now() - began) / 1000).toFixed(1)} s)`);
}

/** A process that ends by itself takes the others with it, and is named with its last words. */
function died(process_) {
  if (ending) return;
  process.stderr.write(
    `\n${red('✗')} ${process_.name} (pid ${process_.pid}) ended by itself: ${process_.ended}; its last words:\n${process_.lastWords()}\n  all of it: ${process_.logFile}\n`,
  );
  void end(1, `${process_.name} ended`);
}

function end(code, why) {
  if (ending) {
    // npm and a terminal's group hand on the same signal twice; only a person's second one deserves an answer.
    if (why !== 'npm is gone' && performance.now() - endingSince > 1_000) line('  stopping already; the last batches are being sent and folded');
    return ending;
  }
  endingSince = performance.now();
  ending = stopAll(code, why);
  return ending;
}

async function stopAll(code, why) {
  if (processes.size > 0) line(`\nStopping (${why}): the agent drains first, then the rest.`);
  let worst = code;
  for (const name of STOP_ORDER) {
    const process_ = processes.get(name);
    if (!process_) continue;
    const how = await process_.stop(STOP_MS[name]);
    const clean = how === 'exit code 0' || (name === 'demo' && how === 'signal SIGTERM');
    if (!clean && code === 0) {
      worst = 1;
      line(`${red('✗')} ${name}: ${how}; ${process_.logFile}`);
    }
  }
  release();
  line(worst === 0 ? 'Stopped; nothing captured was left behind.' : 'Stopped.');
  process.exit(worst);
}

main().catch(async (error) => {
  if (ending) return;
  if (processes.size > 0) {
    process.stderr.write(`${red('✗')} ${error instanceof Told ? error.message : error.stack}\n`);
    await end(error.exitCode ?? 1, 'a process could not be started');
  } else {
    release();
    endWith(error);
  }
});
