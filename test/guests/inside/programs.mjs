// The programs that a guest runs, each as the user and with the capabilities that it has on a real host.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const HOME = '/headwater';
export const PROBE = `${HOME}/bpf/build/headwater-probe`;
/** User of probe and agent; see etc/passwd of the image. */
export const USER = 601;
export const NOBODY = 602;
const CAPS = '+bpf,+perfmon,+sys_ptrace,+dac_read_search';
export const NGINX_PORT = 8080;
export const NODE_PORT = 8081;

const as = (uid, caps) => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${uid}`,
  '--clear-groups',
  `--inh-caps=-all${caps}`,
  `--ambient-caps=-all${caps}`,
  `--bounding-set=-all${caps}`,
  '--no-new-privs',
  '--',
];
/** With nothing. */
export const unprivileged = (uid) => as(uid, '');
/** With the four capabilities of the probe and no more. */
export const asProbe = as(USER, `,${CAPS}`);
/** With the options that this program has itself; see PLAIN_NODE in image.mjs. */
export const agent = ['node', ...process.execArgv, `${HOME}/apps/agent/dist/main.js`];

/** Starts a program: `out` and `err` grow, `ended` is its exit status, `said(words)` waits for words in either. */
export function start([command, ...args]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, pid: child.pid, out: '', err: '', code: null };
  child.stdout.setEncoding('utf8').on('data', (d) => (run.out += d));
  child.stderr.setEncoding('utf8').on('data', (d) => (run.err += d));
  run.ended = once(child, 'close').then(([code, signal]) => (run.code = code ?? signal));
  run.said = (words, ms = 200_000) =>
    until(
      () => {
        if (run.code !== null) throw new Error(`${command} ${args.join(' ')} ended with ${run.code}: ${run.err}${run.out}`);
        return run.out.includes(words) || run.err.includes(words);
      },
      `"${words}" of ${command} ${args.at(-1)}; it says ${run.err.slice(-2_000)}`,
      ms,
    );
  run.stop = (signal = 'SIGTERM') => {
    child.kill(signal);
    return run.ended;
  };
  return run;
}

export async function finished(command) {
  const run = start(command);
  const code = await run.ended;
  return { code, out: run.out, err: run.err };
}

export async function until(condition, what, ms = 200_000) {
  for (const end = performance.now() + ms; !(await condition());) {
    if (performance.now() > end) throw new Error(`not within ${ms / 1_000} s: ${what}`);
    await sleep(50);
  }
}

/** Capabilities, user and no_new_privs of every thread of a process, as the kernel says: each line once. */
export function privileges(pid) {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Object.fromEntries([...text.matchAll(/^(Cap\w+|Uid|NoNewPrivs):\s*(\S+)/gm)].map((m) => [m[1], m[2]]));
}

/** nginx of Debian with a worker, a log in JSON, and the node server behind /behind/. */
export async function startNginx() {
  mkdirSync('/tmp/nginx', { recursive: true });
  chownSync('/tmp/nginx', 33, 33);
  writeFileSync('/tmp/nginx/file.txt', 'b'.repeat(100_000));
  writeFileSync(
    '/tmp/nginx.conf',
    `daemon off; worker_processes 1; user www-data; pid /tmp/nginx.pid; error_log stderr;
events { worker_connections 256; }
http { sendfile on; keepalive_timeout 60s;
  log_format truth escape=json '{"method":"$request_method","target":"$request_uri","status":$status,"agent":"$http_user_agent"}';
  access_log /tmp/access.log truth;
  client_body_temp_path /tmp/nginx/b; proxy_temp_path /tmp/nginx/p; fastcgi_temp_path /tmp/nginx/f; uwsgi_temp_path /tmp/nginx/u; scgi_temp_path /tmp/nginx/s;
  server { listen 127.0.0.1:${NGINX_PORT}; root /tmp/nginx;
    location = /ok { default_type application/json; add_header X-Cache HIT; return 200 '{"ok":true}'; }
    location = /moved { return 301 /ok; }
    location = /nothing { return 204; }
    location = /broken { return 500 'broken'; }
    location /behind/ { proxy_pass http://127.0.0.1:${NODE_PORT}; proxy_http_version 1.1; proxy_set_header Connection ""; }
  } }`,
  );
  const nginx = start(['nginx', '-c', '/tmp/nginx.conf', '-e', 'stderr']);
  await until(() => nginx.code !== null || listens(NGINX_PORT), 'nginx listens');
  if (nginx.code !== null) throw new Error(`nginx ended with ${nginx.code}: ${nginx.err}`);
  return nginx;
}

/** Lines of nginx's log. */
export function nginxLog() {
  return readFileSync('/tmp/access.log', 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l));
}

/** Seen in the kernel's table: a connection of ours would be traffic. */
function listens(port) {
  return readFileSync('/proc/net/tcp', 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`);
}

export { sleep };
