import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch, startProgram } from './child.mjs';

const MODULES = ['authz_core', 'headers', 'proxy', 'proxy_http', 'reqtimeout', 'mime'];

/** `mpm`: event or prefork; `upstream`: http://host:port, for /up/. */
export async function startApache({ port, mpm, upstream }) {
  const dir = scratch();
  writeFileSync(join(dir, 'mime.types'), 'text/plain txt\n');
  writeFileSync(join(dir, 'small.txt'), 'a'.repeat(200));
  writeFileSync(join(dir, 'large.txt'), 'HTTP/1.1 200 OK\r\n\r\nGET / HTTP/1.1\r\n\r\n'.repeat(5000));
  const module = (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
  writeFileSync(
    join(dir, 'httpd.conf'),
    `ServerRoot ${dir}
ServerName matrix.test
PidFile ${dir}/pid
DefaultRuntimeDir ${dir}
Mutex posixsem
Listen 127.0.0.1:${port}
${[`mpm_${mpm}`, ...MODULES].map(module).join('\n')}
User www-data
Group www-data
${mpm === 'event' ? 'StartServers 2\nThreadsPerChild 8\nMaxRequestWorkers 32' : 'StartServers 3\nMaxRequestWorkers 12'}
MaxKeepAliveRequests 0
KeepAliveTimeout 30
LimitRequestFieldSize 65535
LimitRequestFields 200
ErrorLog ${dir}/error.log
LogFormat "%r\\t%>s\\t%{X-N}i" m
CustomLog ${dir}/access.log m
TypesConfig ${dir}/mime.types
DocumentRoot ${dir}
Header always set X-N expr=%{req:X-N}
<Directory />
Require all granted
</Directory>
ProxyPass /up/ ${upstream}/up/ upgrade=websocket responsefieldsize=65536
`,
  );
  const program = await startProgram('/usr/sbin/apache2', ['-d', dir, '-f', join(dir, 'httpd.conf'), '-DFOREGROUND'], {
    target: { host: '127.0.0.1', port },
    dir,
  });
  return { ...program, dir };
}
