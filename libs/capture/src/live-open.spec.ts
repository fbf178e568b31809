import { readdirSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { openLive } from './live.ts';
import { DEFAULT_CAPTURE_OPTIONS } from './options.ts';

it('a probe that is away can be asked for again and again, whatever is collected meanwhile', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 200; i++) {
    await expect(openLive({ socketPath: '/nowhere/probe.sock', options: DEFAULT_CAPTURE_OPTIONS })).rejects.toThrow('cannot reach headwater-probe');
    if (i % 10 === 9) {
      collect();
      // Destructors of native objects run in a turn of their own.
      await new Promise((ok) => setImmediate(ok));
    }
  }
});

it('a probe that could not be opened is let go at once: it would hold a connection that nobody reads', async () => {
  const sockets = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
  const before = sockets();
  for (let i = 0; i < 20; i++) await expect(openLive({ socketPath: '/nowhere/probe.sock', options: DEFAULT_CAPTURE_OPTIONS })).rejects.toThrow('cannot reach');
  expect(sockets()).toBe(before);
});
