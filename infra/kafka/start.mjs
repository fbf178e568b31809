#!/usr/bin/env node
// Starts a real Kafka 4.1.1 (KRaft) on loopback for tests and by hand. No dependencies: Node >= 20, Java >= 17,
// and Maven for the first run (the jars come from Maven Central into .cache/kafka/ of the repository).
//
//   import { startKafka } from './infra/kafka/start.mjs';
//   const kafka = await startKafka();            // { bootstrap: ['127.0.0.1:40123'], stop(), kill(0), restart(0) ... }
//
//   node infra/kafka/start.mjs [--brokers N] [--dir DIR] [--port P]     until Ctrl-C
import { execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const VERSION = '4.1.1';
const cache = join(here, '..', '..', '.cache', 'kafka', VERSION);
const READY_MS = 150_000;

/** What a person can act on; the command line prints only its message. */
export class KafkaStartError extends Error {}

async function checkJava() {
  let text;
  try {
    text = (await run('java', ['-version'])).stderr;
  } catch {
    throw new KafkaStartError('Kafka needs Java 17 or later and `java` does not run. Debian: apt-get install openjdk-17-jre-headless');
  }
  const major = Number(/version "(\d+)/.exec(text)?.[1] ?? 0);
  if (major < 17) throw new KafkaStartError(`Kafka ${VERSION} needs Java 17 or later, \`java\` is ${text.split('\n')[0]}`);
}

/** The class path; downloads the jars the first time. Several processes may ask at once: each fetches aside and renames. */
async function jars() {
  const lib = join(cache, 'jars');
  if (existsSync(lib)) return join(lib, '*');
  mkdirSync(cache, { recursive: true });
  const aside = mkdtempSync(join(cache, 'fetch-'));
  try {
    await run('mvn', ['-q', '-B', '-f', join(here, 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${aside}`], { maxBuffer: 16 << 20 });
    renameSync(aside, lib);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (existsSync(lib)) return join(lib, '*');
    if (error.code === 'ENOENT') throw new KafkaStartError('The jars of Kafka are fetched by Maven and `mvn` is not installed. Debian: apt-get install maven');
    throw new KafkaStartError(`Maven could not fetch Kafka ${VERSION}:\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
  }
  return join(lib, '*');
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Broker properties of one more listener. Kafka 4 reads PEM files; the key comes first, then the certificates. */
function listenerConfig({ name, protocol = 'PLAINTEXT', tls }) {
  const at = `listener.name.${name.toLowerCase()}`;
  return {
    ...(protocol.startsWith('SASL') && {
      [`${at}.sasl.enabled.mechanisms`]: 'SCRAM-SHA-512',
      [`${at}.scram-sha-512.sasl.jaas.config`]: 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    }),
    ...(protocol.endsWith('SSL') && {
      [`${at}.ssl.keystore.type`]: 'PEM',
      [`${at}.ssl.keystore.location`]: tls.keystore,
      ...(tls.clientCa && { [`${at}.ssl.truststore.type`]: 'PEM', [`${at}.ssl.truststore.location`]: tls.clientCa, [`${at}.ssl.client.auth`]: 'required' }),
    }),
  };
}

function writeConfig(dir, { id, port, controllerPort, extra, voters, brokers, overrides }) {
  const data = join(dir, 'data');
  mkdirSync(data, { recursive: true });
  const host = '127.0.0.1';
  const config = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    listeners: [`PLAINTEXT://${host}:${port}`, `CONTROLLER://${host}:${controllerPort}`, ...extra.map((l) => `${l.name}://${host}:${l.port}`)].join(),
    'advertised.listeners': [`PLAINTEXT://${host}:${port}`, ...extra.map((l) => `${l.name}://${host}:${l.advertisedPort ?? l.port}`)].join(),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': ['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT', ...extra.map((l) => `${l.name}:${l.protocol ?? 'PLAINTEXT'}`)].join(),
    'log.dirs': data,
    // Apps never create topics; a broker that would, hides the mistake.
    'auto.create.topics.enable': false,
    'num.partitions': 1,
    'default.replication.factor': Math.min(3, brokers),
    'offsets.topic.replication.factor': Math.min(3, brokers),
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': Math.min(3, brokers),
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'num.network.threads': 2,
    'num.io.threads': 4,
    ...Object.assign({}, ...extra.map(listenerConfig)),
    ...overrides,
  };
  writeFileSync(
    join(dir, 'server.properties'),
    Object.entries(config)
      .map(([k, v]) => `${k}=${v}\n`)
      .join(''),
  );
}

/** Formats a broker's directory; its users' SCRAM credentials become the first records of the cluster's metadata. */
async function format(classPath, dir, { id, clusterId, users }) {
  const meta = join(dir, 'data', 'meta.properties');
  if (existsSync(meta)) return;
  const names = Object.entries(users);
  if (names.length === 0) {
    // What `kafka-storage format` writes, without another JVM start.
    writeFileSync(meta, `version=1\ncluster.id=${clusterId}\nnode.id=${id}\ndirectory.id=${randomBytes(16).toString('base64url')}\n`);
    return;
  }
  const scram = names.flatMap(([name, password]) => ['--add-scram', `SCRAM-SHA-512=[name=${name},password=${password}]`]);
  await run('java', ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', join(dir, 'server.properties'), ...scram]).catch((error) => {
    throw new KafkaStartError(`Kafka's storage could not be formatted with its users:\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
  });
}

function startBroker(classPath, dir, port) {
  const log = openSync(join(dir, 'broker.log'), 'a');
  const child = spawn(
    'java',
    [
      '-Xmx512m',
      '-Xms128m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Djava.awt.headless=true',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      classPath,
      'kafka.Kafka',
      join(dir, 'server.properties'),
    ],
    { stdio: ['ignore', log, log], detached: false },
  );
  closeSync(log);
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })).once('error', (error) => resolve({ error })));
  const ready = (async () => {
    const end = Date.now() + READY_MS;
    let gone;
    void exited.then((how) => (gone = how));
    while (!(await answers(port))) {
      if (gone || Date.now() > end) {
        child.kill('SIGKILL');
        const tail = readFileSync(join(dir, 'broker.log'), 'utf8').slice(-3000);
        throw new KafkaStartError(`Kafka ${gone ? `ended (${gone.error?.message ?? gone.signal ?? gone.code})` : 'was not ready in time'}:\n${tail}`);
      }
      await sleep(50);
    }
  })();
  return { child, exited, ready };
}

/**
 * @param {{brokers?: number, dir?: string, port?: number, config?: Record<string, string | number>, users?: Record<string, string>,
 *   listeners?: {name: string, protocol?: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL', advertisedPort?: number, tls?: {keystore: string, clientCa?: string}}[]}} [options]
 *   dir is made and removed again when it is not given; port is that of broker 0 (default: a free one);
 *   config overrides broker properties; users: passwords by name, for SCRAM-SHA-512, given when the directory is new.
 *   listeners: more ways in beside the plain one. name: letters, of one's own choice; advertisedPort: where clients are sent to (a proxy in
 *   front of the broker); tls: PEM files, `keystore` the key (PKCS #8, no passphrase) and then its certificates, `clientCa` who signs clients'
 */
export async function startKafka({ brokers = 1, dir, port, config = {}, users = {}, listeners = [] } = {}) {
  await checkJava();
  const classPath = await jars();
  const own = dir === undefined;
  const root = dir ?? mkdtempSync(join(tmpdir(), 'headwater-kafka-'));
  const stateFile = join(root, 'cluster.json');
  let state = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : undefined;
  if (state === undefined) {
    const ports = [];
    for (let i = 0; i < brokers; i++) {
      const more = {};
      for (const { name } of listeners) more[name] = await freePort();
      ports.push({ port: i === 0 && port !== undefined ? port : await freePort(), controllerPort: await freePort(), more });
    }
    state = { clusterId: Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url'), ports };
    mkdirSync(root, { recursive: true });
    writeFileSync(stateFile, JSON.stringify(state));
  }
  const voters = state.ports.map(({ controllerPort }, i) => `${i}@127.0.0.1:${controllerPort}`).join(',');
  const nodes = state.ports.map((ports, id) => {
    const nodeDir = join(root, `broker-${id}`);
    mkdirSync(nodeDir, { recursive: true });
    const extra = listeners.map((l) => ({ ...l, port: ports.more?.[l.name] }));
    if (extra.some((l) => l.port === undefined))
      throw new KafkaStartError(`${root} was made without the listener ${extra.find((l) => l.port === undefined).name}; take a new directory`);
    writeConfig(nodeDir, { id, ...ports, extra, voters, brokers: state.ports.length, overrides: config });
    return { dir: nodeDir, port: ports.port, running: undefined };
  });
  const start = (node) => (node.running = startBroker(classPath, node.dir, node.port)).ready;
  const end = async (node, signal) => {
    const { running } = node;
    if (running === undefined) return;
    running.child.kill(signal);
    const timer = setTimeout(() => running.child.kill('SIGKILL'), 10_000);
    await running.exited;
    clearTimeout(timer);
    node.running = undefined;
  };
  const killAll = () => nodes.forEach((n) => n.running?.child.kill('SIGKILL'));
  process.once('exit', killAll);
  try {
    await Promise.all(nodes.map((node, id) => format(classPath, node.dir, { id, clusterId: state.clusterId, users })));
    await Promise.all(nodes.map(start));
  } catch (error) {
    killAll();
    if (own) rmSync(root, { recursive: true, force: true });
    throw error;
  }
  return {
    bootstrap: nodes.map((n) => `127.0.0.1:${n.port}`),
    dir: root,
    /** where a listener of `listeners` is reached: its own ports, also where clients are sent elsewhere */
    listener: (name) => state.ports.map((p) => `127.0.0.1:${p.more[name]}`),
    pids: () => nodes.map((n) => n.running?.child.pid),
    /** SIGKILL: what a host failure looks like to clients */
    kill: (index = 0) => end(nodes[index], 'SIGKILL'),
    /** SIGTERM, and waits */
    stopBroker: (index = 0) => end(nodes[index], 'SIGTERM'),
    restart: async (index = 0) => {
      await end(nodes[index], 'SIGTERM');
      await start(nodes[index]);
    },
    stop: async () => {
      process.removeListener('exit', killAll);
      await Promise.all(nodes.map((n) => end(n, own ? 'SIGKILL' : 'SIGTERM')));
      if (own) rmSync(root, { recursive: true, force: true });
    },
  };
}

async function main() {
  const { values } = parseArgs({ options: { brokers: { type: 'string' }, dir: { type: 'string' }, port: { type: 'string' } } });
  const kafka = await startKafka({
    ...(values.brokers === undefined ? {} : { brokers: Number(values.brokers) }),
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
  });
  console.log(`Kafka ${VERSION} answers at ${kafka.bootstrap.join(',')} (data in ${kafka.dir}); Ctrl-C ends it`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void kafka.stop().then(() => process.exit(0)));
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1]) {
  main().catch((error) => {
    console.error(error instanceof KafkaStartError || error.code?.startsWith?.('ERR_PARSE_ARGS') ? error.message : error);
    process.exitCode = 1;
  });
}
