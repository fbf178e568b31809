// Clients under test talk to the origin, whose record is the truth; the scope is the origin's port as the clients' peer.
import { spawn } from 'node:child_process';
import { startOrigin } from './origin.mjs';

/** `cases`: name -> run(world) that drives the client against `world.url`. */
export function recorded(port, cases) {
  return {
    async start() {
      const origin = await startOrigin({ host: '127.0.0.1', port });
      return { origin, scopes: [`peer-port=${port}`], url: `http://127.0.0.1:${port}/`, target: { host: '127.0.0.1', port }, stop: () => origin.stop() };
    },
    cases: Object.fromEntries(
      Object.entries(cases).map(([name, run]) => [
        name,
        async (world) => {
          world.origin.take();
          const more = await run(world);
          return { truth: world.origin.take(), ...more };
        },
      ]),
    ),
  };
}

/** Runs a program to its end; gives what it printed. Fails when it does. */
export function run(command, args, { input = '', codes = [0], env = {} } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const out of [child.stdout, child.stderr]) out.on('data', (d) => (said += d));
    child.on('error', fail);
    child.on('close', (code) => (codes.includes(code) ? done(said) : fail(new Error(`${command} ended with ${code}: ${said.slice(-2000)}`))));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
