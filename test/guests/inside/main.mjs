// Runs in the guest as root: probe, agent and servers as on a host, known requests, and what each of them says.
// It judges nothing; what it found goes to the second disk, and the test outside judges.
import { chownSync, closeSync, copyFileSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { NGINX_PORT, NOBODY, PROBE, USER, agent, asProbe, finished, nginxLog, privileges, sleep, start, startNginx, unprivileged, until } from './programs.mjs';
import { startNodeServer, traffic } from './traffic.mjs';

const began = performance.now();
const say = (text) => console.log(`guest ${((performance.now() - began) / 1_000).toFixed(1)} s: ${text}`);
const asked = readFileSync('/proc/cmdline', 'utf8');
const hooks = /hw\.hooks=(\S+)/.exec(asked)[1].split(',');
const unprivilegedToo = asked.includes('hw.unprivileged');
const found = { kernel: release(), runs: [] };
const programs = [];
const keep = (program) => (programs.push(program), program);
const STATE = '/tmp/state';
const SOCKET = `${STATE}/probe.sock`;
const CONFIG = `${STATE}/agent.json`;
const BUS = `${STATE}/bus.db`;

try {
  await all();
} catch (error) {
  found.error = String(error?.stack ?? error);
  for (const { child, err } of programs) found.error += `\n-- ${child.spawnargs.join(' ')}\n${err.slice(-3_000)}`;
}
found.seconds = (performance.now() - began) / 1_000;
const disk = openSync('/dev/vdb', 'r+');
writeSync(disk, `${JSON.stringify(found)}\0`);
fsyncSync(disk);
closeSync(disk);
process.exit(0);

async function all() {
  mkdirSync(STATE);
  copyFileSync('/etc/headwater/bus.db', BUS);
  writeFileSync(
    CONFIG,
    JSON.stringify({
      host_id: 'guest',
      bus: { kind: 'embedded', path: BUS },
      probe: { socket: SOCKET },
      fingerprints: { key_file: `${STATE}/fingerprint.key`, create: true },
      services: [{ service: 'shop', port: NGINX_PORT }],
      // An emulated processor is some twenty times slower: under a ceiling the agent would sample, as it should.
      overhead: { cpu_ceiling_percent: 0 },
    }),
  );
  for (const file of [STATE, BUS]) chownSync(file, USER, USER);
  const nginx = keep(await startNginx());
  const server = await startNodeServer();
  const shipper = keep(start([...unprivileged(USER), ...agent, 'run', '--config', CONFIG]));
  // What only looks runs while the agent starts.
  const looks = [
    finished([PROBE, '--socket', '/tmp/s', '--scope', 'all']).then((r) => (found.refused = r)),
    finished([...asProbe, PROBE, '--check']).then((r) => (found.check = r)),
    finished([...unprivileged(NOBODY), PROBE, '--check']).then((r) => (found.checkUnprivileged = r)),
    finished([...agent, 'doctor', '--json']).then((r) => (found.doctor = r)),
    ...(unprivilegedToo ? [finished([...unprivileged(NOBODY), ...agent, 'doctor', '--json']).then((r) => (found.doctorUnprivileged = r))] : []),
  ];
  await shipper.said('"msg":"agent started"');
  say('the agent runs');
  for (const mode of hooks) await run(mode, ['--scope', `port=${NGINX_PORT}`]);
  await Promise.all(looks);
  say('doctor has been');
  await run(hooks[0], ['--scope', 'all', '--i-mean-all'], 'all');

  found.agent = privileges(shipper.pid);
  found.metrics = await (await fetch('http://127.0.0.1:9470/metrics')).text();
  found.agentExit = await shipper.stop();
  found.agentLog = shipper.err
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l));
  found.log = nginxLog();
  found.bus = busBytes().toString('base64');
  server.closeAllConnections();
  server.close();
  await nginx.stop();

  /** One mode: probe up, requests, probe down. */
  async function run(mode, scope, label = 'port') {
    const name = `${label}-${mode}`;
    const before = shipper.err.split('"msg":"capturing"').length;
    const probe = keep(start([...asProbe, PROBE, '--socket', SOCKET, ...scope, ...(mode === 'auto' ? [] : ['--hooks', mode])]));
    await probe.said('ready ');
    await until(() => shipper.err.split('"msg":"capturing"').length > before, `the agent captures: ${shipper.err.slice(-1_000)}`);
    const held = privileges(probe.pid);
    const sent = await traffic(name);
    // For what should not come.
    await sleep(500);
    const code = await probe.stop();
    await until(() => shipper.err.slice(-400).match(/went away|cannot start yet/), 'the agent has seen the end of the probe');
    found.runs.push({ name, mode, scope, ready: probe.out, held, sent, code, err: probe.err });
    say(`${name}: ${sent.length} exchanges, probe ended with ${code}`);
  }
}

/** The bus as one file: what is in the write-ahead log goes into it first. */
function busBytes() {
  const db = new DatabaseSync(BUS);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return readFileSync(BUS);
}
