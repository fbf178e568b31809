// What `npm run uninstall` would take away, from given facts; and that set-up and start write down what they put where.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { addedBy } from '../../tools/debian.mjs';
import { readRecords, recordDebian, recordDirectory } from '../../tools/outside.mjs';
import { ROOT } from '../../tools/repo.mjs';
import { planUninstall } from '../../tools/uninstall/plan.mjs';

/** `needs`: package -> packages that go with it when it goes. */
function facts({ records = [], have = [], needs = {}, live = {}, dirs = [] } = {}) {
  return {
    records,
    root: '/clone',
    liveStart: (dir) => live[dir] ?? null,
    installed: (names) => names.filter((n) => have.includes(n)),
    removedWith: (names) => [...new Set(names.flatMap((n) => [n, ...(needs[n] ?? [])]))],
    exists: (dir) => dirs.includes(dir),
    listDirectory: () => ['bus.db'],
  };
}
const debian = (...packages) => ({ kind: 'debian', packages, asked: packages });

test('only what set-up installed and is still there, once', () => {
  const plan = planUninstall(facts({ records: [debian('clang', 'llvm'), debian('clang', 'wrk')], have: ['clang', 'wrk', 'bash'] }));
  assert.deepEqual(plan, { packages: ['clang', 'wrk'], kept: [], directories: [] });
});

test('a package that something else needs by now stays, and what stays because of it too', () => {
  const plan = planUninstall(
    facts({
      records: [debian('clang', 'libclang', 'libllvm', 'wrk')],
      have: ['clang', 'libclang', 'libllvm', 'wrk'],
      needs: { libllvm: ['libclang', 'clang', 'mesa'], libclang: ['clang'] },
    }),
  );
  assert.deepEqual(plan.packages, ['clang', 'libclang', 'wrk']);
  assert.deepEqual(plan.kept, [{ name: 'libllvm', because: 'mesa would go with it' }]);
});

test('needed by packages only together: none is taken', () => {
  const together = facts({ records: [debian('a', 'b')], have: ['a', 'b'] });
  together.removedWith = (names) => (names.length > 1 ? [...names, 'foreign'] : names);
  assert.deepEqual(planUninstall(together).packages, []);
  assert.deepEqual(
    planUninstall(together).kept.map((k) => k.name),
    ['a', 'b'],
  );
});

test('directories: all of one that start made, only our names in one that was there, nothing of one that is gone', () => {
  const records = [
    { kind: 'state-dir', dir: '/made', made: true },
    { kind: 'state-dir', dir: '/there', made: false },
    { kind: 'temporary', dir: '/gone', made: true },
  ];
  assert.deepEqual(planUninstall(facts({ records, dirs: ['/made', '/there'] })).directories, [
    { dir: '/made', made: true, files: [] },
    { dir: '/there', made: false, files: ['bus.db'] },
  ]);
});

test('refused while a start lives, in the clone or elsewhere', () => {
  const records = [{ kind: 'state-dir', dir: '/there', made: true }];
  assert.throws(() => planUninstall(facts({ live: { '/clone/.headwater': 7 } })), /runs on \/clone\/\.headwater \(pid 7\); stop it first: kill 7/);
  assert.throws(() => planUninstall(facts({ records, live: { '/there': 8 } })), /runs on \/there \(pid 8\)/);
});

test('records: new packages and directories outside the clone, forgotten when they are gone', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hw outside-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const records = join(dir, 'records');
  recordDebian(['clang'], [], records);
  assert.deepEqual(readRecords(records), []);
  recordDebian(['clang'], ['clang', 'libclang'], records);
  const state = join(dir, 'state');
  mkdirSync(state);
  recordDirectory('state-dir', state, true, records);
  recordDirectory('state-dir', state, false, records);
  recordDirectory('state-dir', join(ROOT, '.headwater'), true, records);
  const read = readRecords(records).map(({ kind, dir: d, made, packages }) => ({ kind, d, made, packages }));
  assert.deepEqual(read, [
    { kind: 'debian', d: undefined, made: undefined, packages: ['clang', 'libclang'] },
    { kind: 'state-dir', d: state, made: true, packages: undefined },
  ]);
  rmSync(state, { recursive: true });
  recordDirectory('temporary', dir, true, records);
  assert.deepEqual(
    readRecords(records).map((r) => r.kind),
    ['debian', 'temporary'],
  );
  assert.ok(existsSync(records) && readdirSync(records).length === 2);
});

test("apt's simulation: what is new, not what is upgraded", () => {
  assert.deepEqual(addedBy('Inst clang (1:14.0 Debian:12 [amd64]) []\nInst libc6 [2.36-1] (2.36-2 Debian:12 [amd64])\nInst zlib1g-dev:i386 (1 x)\nConf clang (1)\n'), [
    'clang',
    'zlib1g-dev:i386',
  ]);
});
