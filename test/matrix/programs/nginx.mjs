import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch, startProgram } from './child.mjs';

/** `upstream`: what proxy_pass takes before the path; `listen`: as nginx says it. */
export async function startNginx({ listen, target, upstream, sendfile = true, workers = 0, more = '' }) {
  const dir = scratch();
  mkdirSync(join(dir, 'tmp'));
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((t) => `${t}_temp_path ${dir}/tmp;`).join(' ');
  writeFileSync(join(dir, 'small.txt'), 'a'.repeat(200));
  writeFileSync(join(dir, 'large.txt'), 'HTTP/1.1 200 OK\r\n\r\nGET / HTTP/1.1\r\n\r\n'.repeat(5000));
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; ${workers ? `worker_processes ${workers}; user root;` : 'master_process off;'} pid ${dir}/pid; error_log ${dir}/error.log; worker_rlimit_nofile 16000;
events { worker_connections 12000; }
http { ${temp} log_format m '$request_method $request_uri $status $http_x_n'; access_log ${dir}/access.log m;
  map $http_upgrade $up { default upgrade; '' ''; }
  keepalive_requests 1000000; sendfile ${sendfile ? 'on' : 'off'}; large_client_header_buffers 16 64k; ignore_invalid_headers off; underscores_in_headers on;
  server { ${listen.map((l) => `listen ${l};`).join(' ')} root ${dir}; add_header X-N $http_x_n always;
    location = /len { return 200 'hello'; } location = /empty { return 204; } location = /broken { return 503 'no'; } location = /hello { alias ${dir}/small.txt; }
    location = /large { alias ${dir}/large.txt; }
    location /up/ { proxy_pass ${upstream}; proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off; proxy_buffer_size 128k; proxy_buffers 8 128k; proxy_pass_request_headers on;
      proxy_set_header Connection $up; proxy_set_header Upgrade $http_upgrade; proxy_set_header Host $http_host; add_header X-Front yes always; }
    ${more} } }
`,
  );
  const program = await startProgram('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { target, dir });
  return { ...program, dir };
}
