// wire.h, its TypeScript mirror and the compiled object agree on every size and offset.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { layout } from '../../bpf/gen-wire.mjs';
import { hasProgram, objectPath } from './harness.mjs';

const root = resolve(import.meta.dirname, '../..');
const bpftool = ['/usr/sbin/bpftool', '/usr/local/sbin/bpftool'].find((p) => existsSync(p));
const { structs, enums } = layout();

describe('wire.h', () => {
  it('is what its TypeScript mirror was generated from', () => {
    const check = spawnSync(process.execPath, [join(root, 'bpf/gen-wire.mjs'), '--check'], { encoding: 'utf8' });
    assert.equal(check.status, 0, check.stderr);
  });

  it('has the layout that the compiled programs have (BTF)', { skip: existsSync(objectPath) && bpftool ? false : 'bpf is not built or bpftool is not installed' }, () => {
    const types = JSON.parse(execFileSync(bpftool, ['-j', 'btf', 'dump', 'file', objectPath, 'format', 'raw'], { encoding: 'utf8', maxBuffer: 64 << 20 })).types;
    for (const name of ['hw_chunk', 'hw_conn', 'hw_close', 'hw_control']) {
      const type = types.find((t) => t.kind === 'STRUCT' && t.name === name);
      assert.ok(type, `${name} is in the object's BTF`);
      assert.equal(type.size, structs[name].size, name);
      assert.deepEqual(
        Object.fromEntries(type.members.map((m) => [m.name, m.bits_offset / 8])),
        Object.fromEntries(Object.entries(structs[name].fields).map(([k, f]) => [k, f.offset])),
        name,
      );
    }
  });

  it('has the layout that a C compiler gives every struct and enum', { skip: !hasProgram('gcc') && 'gcc is not installed' }, () => {
    const dir = mkdtempSync(join(tmpdir(), 'hw-wire-'));
    const lines = Object.entries(structs)
      .flatMap(([name, { size, fields }]) => [
        `_Static_assert(sizeof(struct ${name}) == ${size}, "${name}");`,
        ...Object.entries(fields).map(([field, f]) => `_Static_assert(offsetof(struct ${name}, ${field}) == ${f.offset}, "${name}.${field}");`),
      ])
      .concat(Object.values(enums).flatMap((e) => Object.entries(e).map(([k, v]) => `_Static_assert(${k} == ${v}, "${k}");`)));
    assert.ok(lines.length > 120);
    writeFileSync(join(dir, 'layout.c'), `#include <stddef.h>\n#include "wire.h"\n${lines.join('\n')}\n`);
    const result = spawnSync('gcc', ['-fsyntax-only', `-I${join(root, 'bpf/include')}`, join(dir, 'layout.c')], { encoding: 'utf8' });
    rmSync(dir, { recursive: true });
    assert.equal(result.status, 0, result.stderr);
  });
});
