// A program that passes requests on: its server side and its client side are two columns of the table.
import { CASES } from './cases.mjs';
import { startOrigin } from './origin.mjs';

/**
 * `start(origin)` starts the program; the cases run through it, their truth the raw client's record at the front and the
 * origin's record behind.
 */
export function proxied({ port, originPort, origin: startOriginOf = () => startOrigin({ host: '127.0.0.1', port: originPort }), start, cases }) {
  return {
    async start() {
      const origin = await startOriginOf();
      const program = await start(origin).catch(async (error) => {
        await origin.stop();
        throw error;
      });
      return {
        target: { host: '127.0.0.1', port },
        up: '/up/',
        scopes: [`port=${port}`, `peer-port=${originPort}`],
        sides: { ' to its origin': (row) => row['headwater.role'] === 'client' },
        ...program,
        origin,
        async stop() {
          await program.stop();
          await origin.stop();
        },
      };
    },
    cases: throughOrigin(cases ?? CASES),
  };
}

/** The same cases, with what the origin saw as the truth of the other side. */
export function throughOrigin(cases) {
  return Object.fromEntries(
    Object.entries(cases).map(([name, run]) => [
      name,
      async (world) => {
        world.origin.take();
        const told = await run(world);
        return { ...told, sides: { ...told.sides, ' to its origin': world.origin.take() } };
      },
    ]),
  );
}
