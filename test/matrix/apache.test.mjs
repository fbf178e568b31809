// apache2 with threads (mpm_event) and with processes (mpm_prefork), as a server and as a proxy.
import { pick } from './cases.mjs';
import { matrix } from './matrix.mjs';
import { startApache } from './programs/apache.mjs';
import { proxied } from './proxy.mjs';

for (const [mpm, port, originPort] of [
  ['event', 18320, 18321],
  ['prefork', 18322, 18323],
])
  matrix(
    `apache2 ${mpm}`, // apache2 sends the whole body on before it listens for an answer
    proxied({ port, originPort, cases: pick({ without: ['early response'] }), start: () => startApache({ port, mpm, upstream: `http://127.0.0.1:${originPort}` }) }),
  );
