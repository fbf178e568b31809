// A real nginx of the test's own: one worker, its own directory and port, its access log as the truth.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync, mkdirSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../tools/start/ports.mjs';

export { freePort };

const ROUTES = `
    location = /ok       { default_type application/json; add_header X-Cache HIT; return 200 '{"ok":true}'; }
    location = /created  { default_type application/json; return 201 '{"id":1}'; }
    location = /missing  { return 404 'no such thing'; }
    location = /broken   { return 500 'broken'; }`;

/**
 * @param {{ port?: number, extra?: string, http?: string }} [options] `extra` goes into the server block, `http` before it
 * @returns {Promise<{ port: number, pid: number, dir: string, counts(): Map<string, number>, stop(): Promise<void> }>}
 *   `counts()`: "METHOD /path STATUS" -> requests, from the access log.
 */
export async function startNginx({ port, extra = '', http = '' } = {}) {
  const listen = port ?? (await freePort());
  const dir = mkdtempSync(join(tmpdir(), 'hw-nginx-'));
  mkdirSync(join(dir, 'tmp'));
  writeFileSync(
    join(dir, 'nginx.conf'),
    `
daemon off; master_process off; pid ${dir}/nginx.pid; error_log ${dir}/error.log warn;
events { worker_connections 1024; }
http {
  client_body_temp_path ${dir}/tmp; proxy_temp_path ${dir}/tmp; fastcgi_temp_path ${dir}/tmp; uwsgi_temp_path ${dir}/tmp; scgi_temp_path ${dir}/tmp;
  keepalive_requests 1000000; keepalive_timeout 60s;
  log_format hw '$request_method $uri $status';
  ${http}
  access_log ${dir}/access.log hw;
  server { listen 127.0.0.1:${listen} reuseport;${ROUTES}
  ${extra} }
}
`,
  );
  const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (d) => (complaint += d));
  const gone = new Promise((ok) => child.once('exit', ok));
  for (let i = 0; ; i += 1) {
    if (child.exitCode !== null || i > 100) throw new Error(`nginx did not start: ${complaint}`);
    const up = await new Promise((ok) => {
      const s = net.connect(listen, '127.0.0.1', () => {
        s.destroy();
        ok(true);
      });
      s.once('error', () => ok(false));
    });
    if (up) break;
    await sleep(50);
  }
  return {
    port: listen,
    pid: child.pid,
    dir,
    counts() {
      const counts = new Map();
      const file = join(dir, 'access.log');
      if (!existsSync(file)) return counts;
      for (const line of readFileSync(file, 'utf8').split('\n')) if (line) counts.set(line, (counts.get(line) ?? 0) + 1);
      return counts;
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
