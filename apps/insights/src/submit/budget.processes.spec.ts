import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStateStore } from '@headwater/state-store';
import { afterAll, expect, it } from 'vitest';

const dir = mkdtempSync(join(tmpdir(), 'spenders-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Nothing is lost of what it said before it was killed: a pipe keeps it. */
function spender(path: string, limit: number): { process: ChildProcess; said: () => string[] } {
  const child = spawn(process.execPath, ['--conditions=@headwater/source', join(import.meta.dirname, 'testing/spender.ts'), path, String(limit)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  return { process: child, said: () => said.split('\n').filter((line) => line !== '') };
}

it('three processes of one store, one of them killed in the midst of it, let no more out than the limit, and all of it but what the dead one held', async () => {
  const path = join(dir, 'state.db');
  const limit = 15_050;
  const store = await openStateStore({ kind: 'embedded', path });
  const spenders = Array.from({ length: 3 }, () => spender(path, limit));
  const ended = spenders.map((s) => once(s.process, 'close'));
  for (const s of spenders) while (!s.said().includes('ready')) await once(s.process.stdout!, 'data');
  for (const s of spenders) s.process.stdin!.end('go\n');
  // One that is in the midst of it: on a busy machine another may not have begun.
  const busy = () => spenders.find((s) => s.said().length > 10);
  while (!busy()) await sleep(2);
  busy()!.process.kill('SIGKILL');
  await Promise.all(ended);
  const got = spenders.map((s) => 100 * (s.said().length - 1));
  const sum = Number((await store.get('insight-budget/2026-11-23/tokens'))!.value);
  await store.end();
  const out = got.reduce((a, b) => a + b);
  expect(got.filter((each) => each > 0).length).toBeGreaterThan(1);
  expect(out).toBeLessThanOrEqual(limit);
  // The dead one may have had one reservation that it did not live to tell of, and the refusals of the others one at a time.
  expect(out).toBeGreaterThanOrEqual(limit - 400);
  expect(sum).toBeGreaterThanOrEqual(out);
}, 60_000);
