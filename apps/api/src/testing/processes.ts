import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Compiles an app as `npm run build` does; a moment when nothing has changed. Decorators keep node from running sources. */
export async function build(...apps: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', ...apps.map((a) => join(ROOT, 'apps', a))], { cwd: ROOT });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((ok) => server.once('listening', ok));
  const { port } = server.address() as AddressInfo;
  await new Promise((ok) => server.close(ok));
  return port;
}

/** One of our apps as a process of its own, with a configuration file. */
export class AppProcess {
  output = '';
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(app: string, dir: string, config: object) {
    const file = join(dir, `${app}.yaml`);
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    this.child = spawn(process.execPath, [join(ROOT, `apps/${app}/dist/main.js`), '--config', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Two dozen starts of the same two programs: the second of each finds its modules compiled.
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(ROOT, '.cache/node-compile') },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (d) => (this.output += String(d)));
    this.ended = new Promise((ok) => this.child.once('exit', (code, signal) => ok({ code, signal })));
  }

  async ready(url: string): Promise<this> {
    for (let i = 0; i < 600; i += 1) {
      if (this.child.exitCode !== null) break;
      if (
        await fetch(url).then(
          (r) => r.ok,
          () => false,
        )
      )
        return this;
      await sleep(50);
    }
    throw new Error(`${url} did not answer:\n${this.output}`);
  }

  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}
