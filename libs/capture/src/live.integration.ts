import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DEFAULT_CAPTURE_OPTIONS, openLive } from './index.ts';

const probePath = fileURLToPath(new URL('../../../bpf/build/headwater-probe', import.meta.url));
const possible = spawnSync(probePath, ['--check']).status === 0;

it.skipIf(!possible)('a probe that goes away: what it had captured is delivered, then the capture ends with an error', { timeout: 30_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'hw-gone-'));
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const probe = spawn(probePath, ['--socket', join(dir, 'p.sock'), '--scope', `port=${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise<void>((resolve) => probe.stdout.on('data', (d) => /ready/.test(String(d)) && resolve()));
    // a long linger: the rows are still in the open batch when the probe dies
    const capture = await openLive({ socketPath: join(dir, 'p.sock'), options: { ...DEFAULT_CAPTURE_OPTIONS, batch: { ...DEFAULT_CAPTURE_OPTIONS.batch, lingerMs: 60_000 } } });
    let rows = 0;
    const ended = Promise.withResolvers<Error | null>();
    capture.start((batch) => (rows += batch.columns.rows), ended.resolve);
    for (let i = 0; i < 5; i++) {
      const [response] = await once(get(`http://127.0.0.1:${port}/a${i}`), 'response');
      response.resume();
      await once(response, 'end');
    }
    expect(rows).toBe(0);
    probe.kill('SIGKILL');
    expect(await ended.promise).toMatchObject({ code: 'HW_CAPTURE_PROBE_GONE', retryable: true });
    expect(rows).toBe(5);
    expect(() =>
      capture.start(
        () => {},
        () => {},
      ),
    ).toThrow(/open a new one/);
    await capture.stop();
  } finally {
    probe.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
