// nginx by itself, with sendfile and without.
import { pick } from './cases.mjs';
import { dial, get } from './client.mjs';
import { matrix } from './matrix.mjs';
import { startNginx } from './programs/nginx.mjs';

const own = pick({
  only: [
    'keep-alive',
    'keep-alive of 10,000',
    'HEAD',
    '204',
    '503',
    'large body',
    'early response',
    'pipelined, no bodies',
    'one byte at a time',
    'head of 60 KiB, request',
    'repeated fields',
    'folded field',
    'obs-text',
    'no Host',
    'HTTP/1.0',
    'absolute-form',
    'CONNECT',
    'unusual methods',
  ],
});

/** A file: whole, a part of it, and not modified. */
async function files({ target }) {
  const w = await dial(target);
  await w.ask(get('/large.txt'), get('/small.txt', { headers: ['Range: bytes=10-19'] }));
  const { response } = w.talk.exchanges()[0];
  const modified = response.find(([n]) => n === 'Last-Modified')[1];
  await w.ask(get('/large.txt', { headers: [`If-Modified-Since: ${modified}`] }), get('/large.txt', { headers: ['Range: bytes=0-99999'] }));
  await w.close();
  return { truth: w.talk.exchanges() };
}

for (const [name, port, sendfile] of [
  ['nginx, sendfile', 18300, true],
  ['nginx, no sendfile', 18301, false],
]) {
  const target = { host: '127.0.0.1', port };
  matrix(name, {
    async start() {
      const web = await startNginx({ listen: [`127.0.0.1:${port}`], target, upstream: 'http://127.0.0.1:1', sendfile });
      return { ...web, target, up: '/', scopes: [`port=${port}`] };
    },
    cases: { ...own, 'files: 200, 206, 304': files },
  });
}
