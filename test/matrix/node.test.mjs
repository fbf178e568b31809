import { join } from 'node:path';
import { pick } from './cases.mjs';
import { matrix } from './matrix.mjs';
import { scratch, startProgram } from './programs/child.mjs';

const target = { host: '127.0.0.1', port: 18350 };
matrix('node http', {
  async start() {
    const server = await startProgram(process.execPath, [join(import.meta.dirname, 'programs/server.mjs'), String(target.port)], { target, dir: scratch() });
    return { ...server, target, up: '/', scopes: [`port=${target.port}`] };
  },
  cases: pick(),
});
