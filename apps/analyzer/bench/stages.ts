/**
 * Where an analyzer's time goes, from CPU profiles that `kafka.ts --profile` or `quiet.ts --profile` kept: the share of each stage of
 * the samples in which the main thread worked. `node --conditions=@headwater/source bench/stages.ts FILE.cpuprofile...` prints a Markdown table.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

interface Frame {
  functionName: string;
  url: string;
}
interface Profile {
  nodes: { id: number; callFrame: Frame; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/** The first that matches a frame, or one of its callers, names the stage. */
const STAGES: [string, (frame: Frame) => boolean][] = [
  ['garbage collection', (f) => f.functionName === '(garbage collector)'],
  ['start-up (modules)', (f) => /node:internal\/(modules|bootstrap|process\/pre)/.test(f.url)],
  ['zstd', (f) => f.url.endsWith('/kafka/zstd.ts')],
  ['checksum', (f) => f.functionName === 'crc32' || f.functionName === 'recordCrc'],
  ['decode, account', (f) => /header-event\/src\/(codec|record|account)/.test(f.url) || f.url.endsWith('/consume/inspect.ts')],
  ['fold: patterns', (f) => f.url.endsWith('/fold-patterns.ts')],
  ['fold: headers', (f) => f.url.endsWith('/fold-headers.ts')],
  ['fold: clients', (f) => f.url.endsWith('/fold-clients.ts')],
  ['flush: agents', (f) => f.url.endsWith('/aggregate/agents.ts') && f.functionName === 'encode'],
  ['flush: encode', (f) => f.url.endsWith('/windows.ts') && f.functionName === 'changed'],
  ['samples', (f) => /analyzer\/src\/sample\//.test(f.url)],
  ['close, roll up', (f) => /analyzer\/src\/close\//.test(f.url)],
  ['fold: the rest', (f) => /analyzer\/src\/aggregate\//.test(f.url)],
  ['store (Redis)', (f) => /libs\/(summary-store|store-connection|state-store)\/|\/redis/.test(f.url)],
  ['kafkajs, bus', (f) => /kafkajs|libs\/event-bus/.test(f.url)],
  ['pipeline', (f) => /analyzer\/src\//.test(f.url)],
];

function sharesOf(profile: Profile): Map<string, number> {
  const parent = new Map<number, number>();
  const frames = new Map(profile.nodes.map((n) => [n.id, n.callFrame]));
  for (const n of profile.nodes) for (const child of n.children ?? []) parent.set(child, n.id);
  const stageOf = new Map<number, string>();
  for (const { id } of profile.nodes) {
    let stage = "sockets, timers, the bench's own";
    for (let at: number | undefined = id; at !== undefined; at = parent.get(at)) {
      const found = STAGES.find(([, is]) => is(frames.get(at!)!));
      if (!found) continue;
      stage = found[0];
      break;
    }
    stageOf.set(id, frames.get(id)!.functionName === '(idle)' ? '' : stage);
  }
  const sums = new Map<string, number>();
  let all = 0;
  profile.samples.forEach((id, i) => {
    const stage = stageOf.get(id)!;
    if (stage === '') return;
    all += profile.timeDeltas[i]!;
    sums.set(stage, (sums.get(stage) ?? 0) + profile.timeDeltas[i]!);
  });
  return new Map([...sums].map(([stage, t]) => [stage, t / all]));
}

const files = process.argv.slice(2);
const all = files.map((file) => sharesOf(JSON.parse(readFileSync(file, 'utf8')) as Profile));
const stages = [...new Set(all.flatMap((s) => [...s.keys()]))].sort((a, b) => (all.at(-1)!.get(b) ?? 0) - (all.at(-1)!.get(a) ?? 0));
console.log(`| stage | ${files.map((f) => basename(f, '.cpuprofile')).join(' | ')} |\n|---|${files.map(() => '---|').join('')}`);
for (const stage of stages) console.log(`| ${stage} | ${all.map((s) => `${(100 * (s.get(stage) ?? 0)).toFixed(1)} %`).join(' | ')} |`);
