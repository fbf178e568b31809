// The import rule really fires: each forbidden kind of import, in a copy of the rooms, and the allowed ones do not.
import assert from 'node:assert/strict';
import test from 'node:test';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkRooms, importTable } from '../../tools/lint/rooms.mjs';
import { ROOT } from '../../tools/repo.mjs';

/** The rooms with their package.json and no sources, where imports can be tried. */
function rooms(t) {
  const dir = mkdtempSync(join(tmpdir(), 'hw rooms-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const file of ['package.json', 'ARCHITECTURE.md']) cpSync(join(ROOT, file), join(dir, file));
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  for (const group of ['libs', 'apps']) {
    for (const name of readdirSync(join(ROOT, group))) {
      mkdirSync(join(dir, group, name, 'src'), { recursive: true });
      cpSync(join(ROOT, group, name, 'package.json'), join(dir, group, name, 'package.json'));
    }
  }
  return {
    dir,
    write(path, text) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    },
  };
}

const FORBIDDEN = [
  ['a package the table does not allow', 'libs/sketch/src/a.ts', "import { x } from '@headwater/config';", /libs\/sketch may not import config/],
  ['a type of it', 'apps/identity/src/a.ts', "import type { x } from '@headwater/event-bus';", /apps\/identity may not import event-bus/],
  ['export from', 'apps/api/src/a.ts', "export { x } from '@headwater/capture';", /apps\/api may not import capture/],
  ['a dynamic import', 'apps/agent/src/a.ts', "const x = await import('@headwater/state-store');", /apps\/agent may not import state-store/],
  ['an import type', 'libs/state-store/src/a.ts', "let x: import('@headwater/sketch').Y;", /libs\/state-store may not import sketch/],
  ['a subpath', 'libs/capture/src/a.ts', "import { x } from '@headwater/event-bus/nest';", /libs\/capture may not import event-bus/],
  ['an app', 'libs/config/src/a.ts', "import { x } from '@headwater/agent';", /libs\/config may not import agent/],
  ['a deep relative path into another room', 'libs/summary-store/src/redis/a.ts', "import { x } from '../../../sketch/src/hash.ts';", /leaves libs\/summary-store/],
  ['the same into a room that is allowed', 'apps/analyzer/src/a.ts', "import { x } from '../../../libs/sketch/src/hash.ts';", /leaves apps\/analyzer/],
  ['a package that is not a dependency', 'libs/header-event/src/a.ts', "import x from 'kafkajs';", /kafkajs is not among the dependencies of libs\/header-event/],
  ['a test package outside a test', 'libs/sketch/src/a.ts', "import x from 'vitest';", /vitest is not among the dependencies/],
];

for (const [what, path, text, expected] of FORBIDDEN) {
  test(`refused: ${what}`, (t) => {
    const { dir, write } = rooms(t);
    assert.deepEqual(checkRooms(dir), []);
    write(path, `// a line before\n${text}\n`);
    const problems = checkRooms(dir);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0], expected);
    assert.ok(problems[0].startsWith(`${path}:2: `), problems[0]);
  });
}

test('refused: a stage that imports another stage; pipeline.ts may', (t) => {
  const { dir, write } = rooms(t);
  write('apps/agent/src/publish/queue.ts', 'export const queue = 1;\n');
  write('apps/agent/src/pipeline.ts', "import { queue } from './publish/queue.ts';\nexport { queue };\n");
  assert.deepEqual(checkRooms(dir), []);
  write('apps/agent/src/report/a.ts', "import { queue } from '../publish/queue.ts';\nexport { queue };\n");
  write('apps/agent/src/report/b.ts', "import type { queue } from '../publish/queue.ts';\nexport type Q = typeof queue;\n");
  assert.deepEqual(checkRooms(dir), ['apps/agent/src/report/a.ts:1: stage report/ may not import stage publish/; pipeline.ts joins them']);
});

test('refused: a dependency in package.json that the table does not allow', (t) => {
  const { dir, write } = rooms(t);
  const manifest = JSON.parse(readFileSync(join(dir, 'libs/sketch/package.json'), 'utf8'));
  write('libs/sketch/package.json', JSON.stringify({ ...manifest, dependencies: { '@headwater/config': '0.1.0' } }));
  assert.match(checkRooms(dir).join('\n'), /libs\/sketch may not depend on config/);
});

test('allowed imports pass, and imports in comments and strings are none', (t) => {
  const { dir, write } = rooms(t);
  write('apps/agent/src/a.ts', "import { x } from '@headwater/event-bus';\nimport pino from 'pino';\nimport { readFileSync } from 'node:fs';\n");
  write('libs/sketch/src/a.spec.ts', "import { it } from 'vitest';\n// import x from '@headwater/config'\nconst s = \"import x from '@headwater/config'\";\n");
  assert.deepEqual(checkRooms(dir), []);
});

test('every room is in the table, and the table names only rooms that exist', () => {
  const table = importTable(readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8'));
  assert.ok(table.size >= 12, `${table.size} rooms`);
  const names = new Set([...table.keys()].map((r) => r.split('/')[1]));
  for (const [room, allowed] of table) for (const a of allowed) assert.ok(names.has(a), `${room}: ${a}`);
});
