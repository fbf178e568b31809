import { matrix } from './matrix.mjs';
import { startLighttpd } from './programs/lighttpd.mjs';
import { proxied } from './proxy.mjs';

const [port, originPort] = [18340, 18341];
matrix('lighttpd', proxied({ port, originPort, start: () => startLighttpd({ port, upstream: ['127.0.0.1', originPort] }) }));
