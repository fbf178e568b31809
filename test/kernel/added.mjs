// What the hooks add to one exchange, without a server's noise: node test/kernel/added.mjs [ROUNDS] [RING_BYTES]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { capture, programTimes } from './harness.mjs';

const [roundCount = 3, ring = 4194304] = process.argv.slice(2).map(Number);
const dir = mkdtempSync(join(tmpdir(), 'hw-added-'));
execFileSync('gcc', ['-O2', '-o', join(dir, 'added'), resolve(import.meta.dirname, 'added.c')]);
const port = 18191;
const run = () => JSON.parse(execFileSync('taskset', ['-c', '0', join(dir, 'added'), String(port), '40'], { encoding: 'utf8' }));
const kinds = { none: null, out_of_scope: 'port=1', captured: `port=${port}` };
const results = { none: [], out_of_scope: [], captured: [] };
const programs = {};
let lost = 0;
for (let i = 0; i < roundCount; i++) {
  for (const [kind, scope] of Object.entries(kinds)) {
    const cap = scope ? await capture([scope], { probeArgs: ['--ring-bytes', String(ring)], readerArgs: ['--quiet'] }) : null;
    results[kind].push(run());
    if (cap) for (const [name, ns] of Object.entries(await programTimes(cap.probe, run))) (programs[`${kind} ${name}`] ??= []).push(ns);
    if (cap) lost += (await cap.counters()).HW_C_LOST_RECORDS;
    await cap?.stop();
  }
}
rmSync(dir, { recursive: true });
const least = (kind, key) => Math.min(...results[kind].map((r) => r[key]));
const median = (kind, key) => results[kind].map((r) => r[key]).toSorted((a, b) => a - b)[roundCount >> 1];
for (const kind of Object.keys(kinds)) {
  console.log(
    kind.padEnd(13),
    'ns per exchange: min',
    least(kind, 'min_ns'),
    'quarter',
    median(kind, 'quarter_ns'),
    'median',
    median(kind, 'median_ns'),
    '| added: min',
    least(kind, 'min_ns') - least('none', 'min_ns'),
    'quarter',
    median(kind, 'quarter_ns') - median('none', 'quarter_ns'),
  );
}
for (const [name, ns] of Object.entries(programs))
  console.log(name.padEnd(26), 'ns per run (bpf_stats): min', Math.min(...ns), 'median', ns.toSorted((a, b) => a - b)[ns.length >> 1]);
console.log('4 socket calls an exchange, 2 of them in scope; lost records', lost);
