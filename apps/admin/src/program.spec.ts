import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus } from '@headwater/event-bus';
import { TOPICS } from '@headwater/header-event';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from './program.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'headwater-admin-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function admin(...argv: string[]) {
  let out = '';
  let err = '';
  const code = await run(argv, {}, { out: (t) => void (out += t), err: (t) => void (err += t) });
  return { code, out, err };
}
const all = Object.keys(TOPICS).length;
const lines = (text: string, word: string) => text.split('\n').filter((l) => l.includes(word)).length;

it('plans, creates once, and then finds everything there', async () => {
  const path = join(dir, 'bus.sqlite');
  const plan = await admin('topics', 'apply', '--dry-run', '--path', path, '--prefix', 'test');
  expect(plan).toMatchObject({ code: 0, err: '' });
  expect(lines(plan.out, 'would create')).toBe(all);
  expect(lines((await admin('topics', 'apply', '--path', path, '--prefix', 'test')).out, 'test.')).toBe(all);
  const again = await admin('topics', 'apply', '--path', path, '--prefix', 'test');
  expect(again.code).toBe(0);
  expect(lines(again.out, 'exists')).toBe(all);
});

it('says what differs, leaves it alone and exits 3', async () => {
  const path = join(dir, 'differs.sqlite');
  const bus = await openBus({ kind: 'embedded', path, retentionMs: 1e9, retentionBytes: 1e9 });
  await bus.applyTopics([{ name: 'headwater.alerts.v1', partitions: 2, cleanup: 'compact', retentionMs: -1 }], { dryRun: false });
  await bus.close();
  const { code, out } = await admin('topics', 'apply', '--path', path);
  expect(code).toBe(3);
  expect(out).toMatch(/headwater\.alerts\.v1 +DIFFERS +partitions is 2, wanted 1/);
});

it('refuses unknown options, two buses, bad settings and an unreadable file', async () => {
  expect(await admin('topics', 'apply', '--nonsense')).toMatchObject({ code: 2, err: expect.stringContaining("unknown option '--nonsense'") as string });
  expect(await admin('topics', 'destroy')).toMatchObject({ code: 2 });
  expect(await admin('topics', 'apply', '--brokers', 'a:1', '--path', 'x')).toMatchObject({ code: 2, err: expect.stringMatching(/a:1.*x/) as string });
  const file = join(dir, 'admin.yaml');
  writeFileSync(file, 'topic_prefx: a\n');
  expect(await admin('topics', 'apply', '--config', file)).toMatchObject({ code: 2, err: expect.stringContaining('topic_prefx') as string });
});

it('exits 1 and says so when Kafka does not answer', async () => {
  const { code, err } = await admin('topics', 'apply', '--brokers', '127.0.0.1:1');
  expect(code).toBe(1);
  expect(err).toContain('the bus does not answer');
});
