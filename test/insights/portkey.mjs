// The real Portkey gateway, from npm, before the model of these tests.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { healthy, NODE } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { ROOT } from '../e2e/standalone.mjs';

/**
 * Starts it, on all interfaces: there is no option. `headersFile` says where it finds its provider, which is part of every request.
 * @param {{ dir: string, start: Function }} scratch as scratch() of ../e2e/fleet.mjs gives it
 * @param {string} provider URL of the model
 */
export async function openPortkey({ dir, start }, provider) {
  const port = await freePort();
  const begin = () => {
    const p = start('portkey', NODE, [join(ROOT, 'node_modules/@portkey-ai/gateway/build/start-server.js'), '--headless', `--port=${port}`]);
    return healthy(p, `http://127.0.0.1:${port}/`);
  };
  const headersFile = join(dir, 'portkey.headers');
  writeFileSync(headersFile, `x-portkey-provider: openai\nx-portkey-custom-host: ${provider}/v1\n`);
  return { process: await begin(), port, url: `http://127.0.0.1:${port}`, headersFile, start: begin };
}
