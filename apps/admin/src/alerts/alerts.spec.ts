import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BUILT_IN_RULES, readRules } from '@headwater/alert-rules';
import { afterAll, expect, it } from 'vitest';
import { run } from '../program.ts';
import { upTo } from './commands.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-admin alerts-'));
afterAll(() => rmSync(dir, { recursive: true }));

async function admin(...argv: string[]) {
  let out = '';
  let err = '';
  const code = await run(['alerts', ...argv], {}, { out: (t) => void (out += t), err: (t) => void (err += t) });
  return { code, out, err };
}
function file(text: string): string {
  const path = join(dir, 'rules.yaml');
  writeFileSync(path, text);
  return path;
}

it('show prints the built-in rules, which check takes and tells in words, one a line', async () => {
  const { code, out } = await admin('show');
  expect([code, readRules(out, 'shown')]).toEqual([0, BUILT_IN_RULES]);
  const checked = await admin('check', file(out));
  expect(checked).toMatchObject({ code: 0, err: '' });
  const lines = checked.out.trimEnd().split('\n');
  expect(lines.map((l) => l.split(' ')[0])).toEqual([...BUILT_IN_RULES.map((r) => r.id), String(BUILT_IN_RULES.length)]);
  expect(lines[0]).toBe(
    'error-burn-page (error_burn): page for all services: more exchanges fail (5xx or broken) than 99.9 % allows, 14.4 times over 1 hour and over 5 minutes, or 6 times over 6 hours and over 30 minutes; from 30 exchanges and 10 failures in the short window. Resolved when it has not been so for 5 minutes.',
  );
  expect(lines.at(-1)).toBe('7 rules, nothing wrong');
});

it('what is piped in is read to its end, or until it is too much', async () => {
  const chunks = (n: number) => Array.from({ length: n }, () => Buffer.alloc(100));
  expect((await upTo(1000, Readable.from(chunks(7)))).length).toBe(700);
  expect((await upTo(1000, Readable.from(chunks(1e6)))).length).toBe(1100);
});

it('check says what is wrong by line and field, and exits 1', async () => {
  const path = file('schema: 1\nrules:\n  - id: a\n    kind: error_burn\n    objectiv: 99\n    severity: pager\n');
  expect(await admin('check', path)).toEqual({
    code: 1,
    out: '',
    err: `${path}:5:5: rules[0].objectiv: is unknown; did you mean objective?\n${path}:6:15: rules[0].severity: is "pager": must be one of page, ticket, info; did you mean page?\n`,
  });
  expect(await admin('check', join(dir, 'none.yaml'))).toMatchObject({ code: 1, err: expect.stringMatching(/none\.yaml: cannot be read .*ENOENT/) as string });
  expect(await admin('check', dir)).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be read .*EISDIR/) as string });
  expect(await admin('check', file(`# ${'x'.repeat(300_000)}`))).toMatchObject({ code: 1, err: expect.stringContaining('at most 262144') as string });
  expect(await admin('check')).toMatchObject({ code: 2 });
});

it('rules that are off or for some say so; none at all is said too', async () => {
  const { out } = await admin('check', file('schema: 1\nrules:\n  - { id: a, kind: agent_silent, enabled: false, subjects: ["web-*"], resolve_after_minutes: 0 }\n'));
  expect(out).toBe(
    'a (agent_silent): Off. ticket for hosts web-*: no heartbeat for 60 seconds from an agent that did not say that it ends; expired after 24 hours. Resolved as soon as that ends.\n1 rule, nothing wrong\n',
  );
  expect((await admin('check', file('schema: 1\nrules: []\n'))).out).toBe('no rules: nothing will alert\n');
});
