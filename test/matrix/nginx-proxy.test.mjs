// nginx proxy_pass over TCP: both sides.
import { pick } from './cases.mjs';
import { matrix } from './matrix.mjs';
import { startNginx } from './programs/nginx.mjs';
import { proxied } from './proxy.mjs';

const [port, originPort] = [18310, 18311];

matrix(
  'nginx proxy',
  // nginx 1.22 takes a 103 for the final response
  proxied({
    cases: pick({ without: ['103 Early Hints'] }),
    port,
    originPort,
    start: () => startNginx({ listen: [`127.0.0.1:${port}`], target: { host: '127.0.0.1', port }, upstream: `http://127.0.0.1:${originPort}` }),
  }),
);
