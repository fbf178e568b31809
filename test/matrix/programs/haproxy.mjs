import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch, startProgram } from './child.mjs';

/** `upstream`: host:port; everything goes there but /own, which haproxy answers itself. */
export async function startHaproxy({ port, upstream }) {
  const dir = scratch();
  writeFileSync(
    join(dir, 'haproxy.cfg'),
    `global
  tune.bufsize 163840
  tune.maxrewrite 1024
  tune.http.maxhdr 256
  maxconn 4000
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
  timeout tunnel 30s
  option http-keep-alive
  option splice-auto
  option accept-invalid-http-request
  option accept-invalid-http-response
frontend front
  bind 127.0.0.1:${port}
  http-request return status 200 content-type text/plain string own hdr X-N %[req.hdr(X-N)] if { path_beg /own }
  http-response set-header X-Front yes
  default_backend up
backend up
  server origin ${upstream}
`,
  );
  const program = await startProgram('/usr/sbin/haproxy', ['-db', '-f', join(dir, 'haproxy.cfg')], { target: { host: '127.0.0.1', port }, dir });
  return { ...program, dir };
}
