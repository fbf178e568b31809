// `npm start -- ...`: the options, checked. Every refusal names the option, its value and the fix.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { ROOT } from '../repo.mjs';
import { Told } from '../say.mjs';
import { GATEWAY_HELP, GATEWAY_OPTIONS, gatewayOptions } from './gateway.mjs';

/** What is played when nothing else is named: the demo shop. */
export const RECORDINGS = join(ROOT, 'infra/demo/recordings');

export const HELP = `npm start -- [options]

what is captured
  --scope SCOPE         repeatable:
                          port=N        sockets whose own port is N (servers)
                          peer-port=N   sockets whose other end has port N (clients)
                          pid=N         sockets used by this process
                          exe=PATH      sockets of the processes that run this program
                          cgroup=PATH   sockets of this cgroup and below
                          netns=self|PATH   sockets of this network namespace
                          all           every socket of the host; needs --i-mean-all
  --i-mean-all          with --scope all: yes, everything
  --no-demo             do not start the demo shop
  --replay [FILE|DIR]   capture nothing: play a recording (*.hwrec; default: one
                        of the demo shop), marked as replay
  --hooks auto          how sockets are read: sock (kernel 6.3 and later), syscall (6.1), or auto (default)

how people reach it (default: http on 127.0.0.1, for this machine alone)
  --host ADDR           address that API and identity listen on; off loopback it
                        needs --tls-cert and --tls-key, or an https --public-url
  --tls-cert FILE       certificate (PEM; with its chain), and
  --tls-key FILE        its key (PEM): https by Headwater itself
  --public-url URL      the dashboard and the API as people reach them
  --identity-public-url URL   the login as people reach it (default: the same
                        host, identity's port)
  --api-port N          port of the API and the dashboard (default 8470)
  --identity-port N     port of the authorization server (default 8471)

  --webhook URL         alerts are posted there as JSON, signed with the key in
                        STATE_DIR/webhook.key (see apps/analyzer/README.md)

${GATEWAY_HELP}
  --state-dir DIR       where everything is kept (default: .headwater in the clone), mode 0700
  --no-install          install nothing: print what is missing and end with 3
  --help                this text

Without --scope the demo shop is started and only its ports are captured.
`;

const VALUED = new Set([
  ...['scope', 'webhook', 'state-dir', 'api-port', 'identity-port', 'hooks', 'host', 'public-url', 'identity-public-url', 'tls-cert', 'tls-key'],
  ...GATEWAY_OPTIONS,
]);
const SWITCHES = new Set(['no-demo', 'no-install', 'i-mean-all', 'help']);
/** With a value or without. */
const MAYBE_VALUED = new Set(['replay']);

/** @param {string[]} argv */
export function parseOptions(argv, cwd = process.env.INIT_CWD ?? process.cwd()) {
  const { given, scopes } = readWords(argv);
  if (given.has('help')) return { help: true };

  const hooks = given.get('hooks') ?? 'auto';
  if (!['auto', 'sock', 'syscall'].includes(hooks)) refuse(`--hooks ${hooks} is not known; give auto, sock or syscall`);
  const apiPort = port('api-port', given.get('api-port') ?? '8470');
  const identityPort = port('identity-port', given.get('identity-port') ?? '8471');
  if (apiPort === identityPort)
    refuse(`--api-port ${apiPort} contradicts --identity-port ${identityPort}${given.has('identity-port') && given.has('api-port') ? '' : ' (a default)'}; they must differ`);
  for (const scope of scopes) checkScope(scope);
  const demo = !given.has('no-demo');
  const replay = given.has('replay');
  const everything = scopes.includes('all');
  if (replay && scopes.length > 0) refuse(`--replay contradicts --scope ${scopes[0]}: a replay captures nothing; leave one out`);
  if (everything && !given.has('i-mean-all')) refuse('--scope all captures every socket of this host; say so with --i-mean-all, or name ports with --scope port=N');
  if (everything && scopes.length > 1) refuse(`--scope all contradicts --scope ${scopes.find((s) => s !== 'all')}; leave one out`);
  if (given.has('i-mean-all') && !everything) refuse('--i-mean-all contradicts the absence of --scope all; it goes with that only');
  if (!demo && !replay && scopes.length === 0) refuse('--no-demo contradicts the absence of --scope: nothing would be captured; name something, such as --scope port=8080');
  for (const name of ['host', 'public-url', 'identity-public-url', 'tls-cert', 'tls-key'])
    if (given.get(name)?.trim() === '') refuse(`--${name} "" is empty; give a value or leave it out`);
  const cert = given.get('tls-cert');
  const key = given.get('tls-key');
  if (cert !== undefined && key === undefined) refuse(`--tls-cert ${cert} contradicts the absence of --tls-key; they go together`);
  if (key !== undefined && cert === undefined) refuse(`--tls-key ${key} contradicts the absence of --tls-cert; they go together`);
  return {
    help: false,
    scopes: [...new Set(scopes)],
    demo: demo && !replay,
    replay: replay ? { recording: recording(given.get('replay'), cwd) } : null,
    hooks,
    apiPort,
    identityPort,
    host: given.get('host') ?? '127.0.0.1',
    publicUrl: given.get('public-url') ?? null,
    identityPublicUrl: given.get('identity-public-url') ?? null,
    tls: cert === undefined ? null : { cert: resolve(cwd, cert), key: resolve(cwd, key) },
    install: !given.has('no-install'),
    webhook: webhook(given.get('webhook')),
    gateway: gatewayOptions(given, cwd),
    stateDir: stateDir(given.get('state-dir'), cwd),
  };
}

/** The words as they stand: names known, values there, nothing said twice in two ways. */
function readWords(argv) {
  const given = new Map();
  const scopes = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    const [, name, inline] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || !(VALUED.has(name) || SWITCHES.has(name) || MAYBE_VALUED.has(name)))
      refuse(`${word} is not an option${nearest(name ?? word)}; see npm start -- --help`);
    if (SWITCHES.has(name)) {
      if (inline !== undefined) refuse(`--${name} takes no value; leave "=${inline}" out`);
      given.set(name, true);
      continue;
    }
    const following = argv[i + 1]?.startsWith('--') ? undefined : argv[i + 1];
    const value = inline ?? following;
    if (inline === undefined && following !== undefined) i++;
    if (value === undefined && !MAYBE_VALUED.has(name)) refuse(`--${name} needs a value; see npm start -- --help`);
    if (name === 'scope') scopes.push(value);
    else if (given.has(name) && given.get(name) !== value) refuse(`--${name} ${given.get(name)} contradicts --${name} ${value}; give one`);
    else given.set(name, value);
  }
  return { given, scopes };
}

/** A file or a directory to replay. */
function recording(value, cwd) {
  const path = value === undefined ? RECORDINGS : resolve(cwd, value);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) refuse(`--replay ${value ?? ''}: there is no ${path}; name a recording (*.hwrec) or a directory of them`.replace('  ', ' '));
  const names = stat.isDirectory() ? readdirSync(path) : [path];
  if (!names.some((n) => n.endsWith('.hwrec'))) refuse(`--replay ${value ?? path} is no recording; name a file *.hwrec or a directory that holds some`);
  return path;
}

function stateDir(value, cwd) {
  if (value === undefined) return resolve(ROOT, '.headwater');
  if (value.trim() === '') refuse('--state-dir "" names no directory');
  return resolve(cwd, value);
}

function webhook(value) {
  if (value === undefined) return null;
  const url = URL.parse(value);
  // Such a URL may hold a secret: it is not repeated.
  if (url === null || !/^https?:$/.test(url.protocol)) refuse('--webhook names no URL that begins with http:// or https://');
  return value;
}

function port(name, text) {
  const n = Number(text);
  if (!/^\d{1,5}$/.test(text) || n < 1 || n > 65_535) refuse(`--${name} ${text} is not a port; give a whole number from 1 to 65535`);
  return n;
}

function checkScope(scope) {
  if (scope === 'all') return;
  const [, kind, value] = /^([\w-]+)=(.*)$/s.exec(scope) ?? [];
  const bad = (fix) => refuse(`--scope ${scope} ${fix}`);
  if (kind === undefined) bad('is not a scope; write kind=value, such as port=8080 (see npm start -- --help)');
  const n = /^\d{1,10}$/.test(value) ? Number(value) : -1;
  if (kind === 'port' || kind === 'peer-port') {
    if (n < 1 || n > 65_535) bad('names no port; give a whole number from 1 to 65535');
  } else if (kind === 'pid') {
    if (n < 1 || !existsSync(`/proc/${n}`)) bad('names no process that runs');
  } else if (kind === 'cgroup') {
    if (!isAbsolute(value)) bad('is not a path; give the cgroup from its root, such as cgroup=/system.slice/nginx.service');
  } else if (kind === 'netns') {
    if (value !== 'self' && !existsSync(value)) bad('names no network namespace; give self or a path such as /run/netns/NAME');
  } else if (kind === 'exe') {
    if (!isAbsolute(value) || !existsSync(value)) bad('names no program; give its whole path, such as exe=/usr/sbin/nginx');
  } else bad('is not a kind of scope; known: port, peer-port, pid, exe, cgroup, netns, all');
}

function nearest(word) {
  const known = [...VALUED, ...SWITCHES, ...MAYBE_VALUED];
  const near = known.find((k) => k.startsWith(word) || word.startsWith(k) || k.replaceAll('-', '') === word.replaceAll(/[-_]/g, ''));
  return near ? `; did you mean --${near}?` : '';
}

function refuse(message) {
  throw new Told(message, 2);
}
