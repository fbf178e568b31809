// Go's net/http. The program is compiled first; the compiler keeps what it made of the standard library.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pick } from './cases.mjs';
import { matrix } from './matrix.mjs';
import { scratch, startProgram } from './programs/child.mjs';

const target = { host: '127.0.0.1', port: 18390 };
matrix('go net/http', {
  async start() {
    const dir = scratch();
    const program = join(dir, 'server');
    const env = { ...process.env, GO111MODULE: 'off', GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOFLAGS: '' };
    execFileSync('go', ['build', '-o', program, join(import.meta.dirname, 'programs/server.go')], { env });
    const server = await startProgram(program, [String(target.port)], { target, dir });
    return { ...server, target, up: '/', scopes: [`port=${target.port}`] };
  },
  // net/http reads what is left of a body before it answers
  cases: pick({ without: ['early response'] }),
});
