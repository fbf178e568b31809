// What capture adds, in both modes: to one exchange without a server's noise, and to system calls that have nothing to
// do with it (their tax).    node test/kernel/added.mjs [ROUNDS] [RING_BYTES]      (root; gcc, taskset)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { capture, modes, programTimes } from './harness.mjs';

const [rounds = 3, ring = 4194304] = process.argv.slice(2).map(Number);
const dir = mkdtempSync(join(tmpdir(), 'hw-added-'));
for (const name of ['added', 'tax']) execFileSync('gcc', ['-O2', '-o', join(dir, name), resolve(import.meta.dirname, `${name}.c`)]);
const port = 18191;
const json = (name, ...args) => JSON.parse(execFileSync('taskset', ['-c', '0', join(dir, name), ...args], { encoding: 'utf8' }));
const exchange = () => json('added', String(port), '40');
const kinds = { none: {} };
for (const hooks of modes) {
  kinds[`${hooks} out of scope`] = { hooks, scope: 'port=1' };
  kinds[`${hooks} captured`] = { hooks, scope: `port=${port}` };
}
const exchanges = {};
const taxes = {};
const programs = {};
let lost = 0;
for (let i = 0; i < rounds; i++) {
  // each round the other way round: a machine that warms up or is shared favours neither
  for (const [kind, { hooks, scope }] of i % 2 ? Object.entries(kinds).toReversed() : Object.entries(kinds)) {
    const cap = scope ? await capture([scope], { hooks, probeArgs: ['--ring-bytes', String(ring)], readerArgs: ['--quiet'] }) : null;
    (exchanges[kind] ??= []).push(exchange());
    if (!kind.endsWith('captured')) (taxes[kind] ??= []).push(json('tax', '8'));
    if (cap) for (const [name, ns] of Object.entries(await programTimes(cap.probe, exchange))) (programs[`${kind}: ${name}`] ??= []).push(ns);
    if (cap) lost += (await cap.counters()).HW_C_LOST_RECORDS;
    await cap?.stop();
  }
}
rmSync(dir, { recursive: true });

const least = (list, key) => Math.min(...list.map((r) => r[key]));
const median = (list, key) => list.map((r) => r[key]).toSorted((a, b) => a - b)[list.length >> 1];
const added = (list, none, key) => `+${Math.round(least(list, key) - least(none, key))}`;
console.log(`ns per exchange of 4 socket calls (one side in scope when captured), ${rounds} interleaved rounds`);
for (const [kind, list] of Object.entries(exchanges))
  console.log(
    `  ${kind.padEnd(22)} min ${least(list, 'min_ns')} (${added(list, exchanges.none, 'min_ns')})  quarter ${median(list, 'quarter_ns')}  median ${median(list, 'median_ns')}`,
  );
console.log('ns per system call out of scope, least (and what is added)');
for (const [kind, list] of Object.entries(taxes))
  console.log(
    `  ${kind.padEnd(22)}`,
    Object.keys(list[0])
      .map((name) => `${name} ${least(list, name)} (${added(list, taxes.none, name)})`)
      .join('  '),
  );
console.log('ns per program run (bpf_stats, about 75 of them the measurement)');
for (const [name, ns] of Object.entries(programs)) console.log(`  ${name.padEnd(34)} min ${Math.min(...ns)} median ${ns.toSorted((a, b) => a - b)[ns.length >> 1]}`);
console.log('lost records', lost);
