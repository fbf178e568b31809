import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch, startProgram } from './child.mjs';

/** `upstream`: [host, port], for /up/. */
export async function startLighttpd({ port, upstream: [host, upstreamPort] }) {
  const dir = scratch();
  writeFileSync(join(dir, 'small.txt'), 'a'.repeat(200));
  writeFileSync(join(dir, 'large.txt'), 'HTTP/1.1 200 OK\r\n\r\nGET / HTTP/1.1\r\n\r\n'.repeat(5000));
  writeFileSync(
    join(dir, 'lighttpd.conf'),
    `server.modules = ("mod_accesslog", "mod_proxy")
server.port = ${port}
server.bind = "127.0.0.1"
server.document-root = "${dir}"
server.errorlog = "${dir}/error.log"
server.max-request-field-size = 131072
server.max-keep-alive-requests = 1000000
server.stream-request-body = 1
server.stream-response-body = 1
accesslog.filename = "${dir}/access.log"
accesslog.format = "%r\\t%s\\t%{X-N}i"
mimetype.assign = (".txt" => "text/plain")
$HTTP["url"] =~ "^/up/" {
  proxy.server = ("" => (("host" => "${host}", "port" => ${upstreamPort})))
  proxy.header = ("upgrade" => "enable", "connect" => "enable", "force-http10" => "disable")
}
`,
  );
  const program = await startProgram('/usr/sbin/lighttpd', ['-D', '-f', join(dir, 'lighttpd.conf')], { target: { host: '127.0.0.1', port }, dir });
  return { ...program, dir };
}
