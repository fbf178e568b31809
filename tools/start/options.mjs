// `npm start -- ...`: the options, checked. Every refusal names the option, its value and the fix.
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { ROOT } from '../repo.mjs';
import { Told } from '../say.mjs';

export const HELP = `npm start -- [options]

  --scope SCOPE         what is captured, repeatable:
                          port=N        sockets whose own port is N (servers)
                          peer-port=N   sockets whose other end has port N (clients)
                          pid=N         sockets used by this process
                          exe=PATH      sockets of the processes that run this program
                          cgroup=PATH   sockets of this cgroup and below
                          netns=self|PATH   sockets of this network namespace
                          all           every socket of the host; needs --i-mean-all
  --i-mean-all          with --scope all: yes, everything
  --no-demo             do not start the demo shop
  --state-dir DIR       where everything is kept (default: .headwater in the clone), mode 0700
  --api-port N          port of the API on 127.0.0.1 (default 8470)
  --identity-port N     port of the authorization server on 127.0.0.1 (default 8471)
  --hooks sock          how sockets are read; sock is the only way so far
  --no-install          install nothing: print what is missing and end with 3
  --help                this text

Without --scope the demo shop is started and only its ports are captured.
`;

const VALUED = new Set(['scope', 'state-dir', 'api-port', 'identity-port', 'hooks']);
const SWITCHES = new Set(['no-demo', 'no-install', 'i-mean-all', 'help']);

/** @param {string[]} argv */
export function parseOptions(argv, cwd = process.env.INIT_CWD ?? process.cwd()) {
  const given = new Map();
  const scopes = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    const [, name, inline] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || (!VALUED.has(name) && !SWITCHES.has(name))) refuse(`${word} is not an option${nearest(name ?? word)}; see npm start -- --help`);
    if (SWITCHES.has(name)) {
      if (inline !== undefined) refuse(`--${name} takes no value; leave "=${inline}" out`);
      given.set(name, true);
      continue;
    }
    const value = inline ?? argv[++i];
    if (value === undefined || (inline === undefined && value.startsWith('--'))) refuse(`--${name} needs a value; see npm start -- --help`);
    if (name === 'scope') scopes.push(value);
    else if (given.has(name) && given.get(name) !== value) refuse(`--${name} ${given.get(name)} contradicts --${name} ${value}; give one`);
    else given.set(name, value);
  }
  if (given.has('help')) return { help: true };

  const hooks = given.get('hooks') ?? 'sock';
  if (hooks !== 'sock') refuse(`--hooks ${hooks} is not known; the only hooks so far are: sock`);
  const apiPort = port('api-port', given.get('api-port') ?? '8470');
  const identityPort = port('identity-port', given.get('identity-port') ?? '8471');
  if (apiPort === identityPort)
    refuse(`--api-port ${apiPort} contradicts --identity-port ${identityPort}${given.has('identity-port') && given.has('api-port') ? '' : ' (a default)'}; they must differ`);
  for (const scope of scopes) checkScope(scope);
  const demo = !given.has('no-demo');
  const everything = scopes.includes('all');
  if (everything && !given.has('i-mean-all')) refuse('--scope all captures every socket of this host; say so with --i-mean-all, or name ports with --scope port=N');
  if (everything && scopes.length > 1) refuse(`--scope all contradicts --scope ${scopes.find((s) => s !== 'all')}; leave one out`);
  if (given.has('i-mean-all') && !everything) refuse('--i-mean-all contradicts the absence of --scope all; it goes with that only');
  if (!demo && scopes.length === 0) refuse('--no-demo contradicts the absence of --scope: nothing would be captured; name something, such as --scope port=8080');
  return {
    help: false,
    scopes: [...new Set(scopes)],
    demo,
    hooks,
    apiPort,
    identityPort,
    install: !given.has('no-install'),
    stateDir: stateDir(given.get('state-dir'), cwd),
  };
}

function stateDir(value, cwd) {
  if (value === undefined) return resolve(ROOT, '.headwater');
  if (value.trim() === '') refuse('--state-dir "" names no directory');
  return resolve(cwd, value);
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
  const known = [...VALUED, ...SWITCHES];
  const near = known.find((k) => k.startsWith(word) || word.startsWith(k) || k.replaceAll('-', '') === word.replaceAll(/[-_]/g, ''));
  return near ? `; did you mean --${near}?` : '';
}

function refuse(message) {
  throw new Told(message, 2);
}
