import { matrix } from './matrix.mjs';
import { startHaproxy } from './programs/haproxy.mjs';
import { proxied } from './proxy.mjs';

const [port, originPort] = [18330, 18331];
matrix('haproxy', proxied({ port, originPort, start: () => startHaproxy({ port, upstream: `127.0.0.1:${originPort}` }) }));
