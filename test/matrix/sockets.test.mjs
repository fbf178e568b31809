// What can happen to sockets: handed over, shared ports, IPv4 on an IPv6 socket, Unix sockets, very many at once, io_uring and
// sendmmsg.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CASES, pick } from './cases.mjs';
import { dial, get } from './client.mjs';
import { matrix } from './matrix.mjs';
import { startOrigin } from './origin.mjs';
import { scratch, startProgram } from './programs/child.mjs';
import { startNginx } from './programs/nginx.mjs';
import { proxied } from './proxy.mjs';
import { recorded, run } from './recorded.mjs';

/** Connections of three requests each; the truth of all. */
async function connections(targets, requests = 3) {
  const truth = [];
  const pids = new Set();
  for (const target of targets) {
    const w = await dial(target);
    for (let i = 0; i < requests; i++) await w.ask(get('/len'));
    await w.close();
    truth.push(...w.talk.exchanges());
    for (const e of w.talk.exchanges()) pids.add(e.response.find(([k]) => k === 'X-Pid')?.[1]);
  }
  return { truth, pids };
}

const python = (file, port, host = '127.0.0.1') => ({
  async start() {
    const target = { host, port };
    const server = await startProgram('python3', [join(import.meta.dirname, 'programs', file), String(port)], { target, dir: scratch() });
    return { ...server, target, scopes: [`port=${port}`] };
  },
});

/** Each row names the process that the answer itself names. */
function rightPids(rows) {
  const wrong = rows.find((r) => String(r['process.pid']) !== r['http.response.headers'].find((h) => h.name === 'X-Pid').value);
  return wrong && `process.pid ${wrong['process.pid']} on an answer of ${JSON.stringify(wrong['http.response.headers'])}`;
}

matrix('python, socket handed over', {
  ...python('hand_over.py', 18380),
  cases: {
    SCM_RIGHTS: async ({ target }) => {
      const { truth, pids } = await connections([target, target], 5);
      return { truth, check: () => (pids.size === 2 ? undefined : `${pids.size} processes answered`) };
    },
  },
});

matrix('python, SO_REUSEPORT', {
  ...python('reuse_port.py', 18381),
  cases: {
    'two processes on a port': async ({ target }) => {
      const { truth, pids } = await connections(Array.from({ length: 24 }, () => target));
      return { truth, check: (rows) => (pids.size === 2 ? rightPids(rows) : `${pids.size} processes answered`) };
    },
    'IPv4 on an IPv6 socket': async () => {
      const port = 18381;
      const v6 = await connections([{ host: '::1', port }]);
      const v4 = await connections([{ host: '127.0.0.1', port }]);
      return {
        truth: [...v6.truth, ...v4.truth],
        check(rows) {
          const seen = rows.map((r) => r['client.address']).join();
          return seen === '::1,::1,::1,127.0.0.1,127.0.0.1,127.0.0.1' ? undefined : `client.address: ${seen}`;
        },
      };
    },
  },
});

const web = { host: '127.0.0.1', port: 18382 };
matrix('nginx, two workers', {
  async start() {
    const server = await startNginx({ listen: [`127.0.0.1:${web.port} reuseport backlog=8192`], target: web, upstream: 'http://127.0.0.1:1', workers: 2 });
    return { ...server, target: web, scopes: [`port=${web.port}`] };
  },
  cases: {
    'two processes on a port': async () => connections(Array.from({ length: 24 }, () => web)),
    '5,000 connections at once': async () => {
      const wires = [];
      for (let i = 0; i < 10; i++) wires.push(...(await Promise.all(Array.from({ length: 500 }, () => dial(web)))));
      for (let i = 0; i < wires.length; i += 500) await Promise.all(wires.slice(i, i + 500).map((w) => w.ask(get('/len'))));
      await Promise.all(wires.map((w) => w.close()));
      return { truth: wires.flatMap((w) => w.talk.exchanges()) };
    },
  },
});

// over Unix sockets there are no ports: the scope is the process
const dir = scratch();
const path = join(dir, 'front.sock');
const originPath = join(dir, 'origin.sock');
matrix('nginx proxy, Unix sockets', {
  ...proxied({
    port: 0,
    originPort: 0,
    origin: () => startOrigin({ path: originPath }),
    async start() {
      const server = await startNginx({ listen: [`unix:${path}`], target: { path }, upstream: `http://unix:${originPath}:` });
      // nginx closes some of them itself, which shows nowhere: such an end is inferred after a minute
      return { ...server, target: { path }, scopes: [`pid=${server.pid}`], endsShow: false };
    },
    cases: {
      ...pick({ without: ['103 Early Hints', 'keep-alive of 10,000', 'one byte at a time', 'early response'] }),
      // the last, because its row at the origin's side is still to come then
      'early response': CASES['early response'],
    },
  }),
});

/** Compiles a program of test/kernel. */
function compile(name, ...flags) {
  const out = join(dir, name);
  execFileSync('gcc', ['-O1', '-o', out, join(import.meta.dirname, `../kernel/${name}.c`), ...flags]);
  return out;
}

/** Not execFileSync: the origin answers in this very process. */
const execute = async (file, ...args) => void (await run(file, args.map(String)));

matrix(
  'C client',
  recorded(18384, {
    'io_uring, inline': ({ target }) => execute(compile('uring', '-luring'), target.port, 0),
    'io_uring, kernel thread': ({ target }) => execute(compile('uring', '-luring'), target.port, 1),
    'io_uring, worker': ({ target }) => execute(compile('uring', '-luring'), target.port, 2),
    'sendmmsg of two messages': ({ target }) => execute(compile('mmsg'), target.port),
  }),
);
