import type { Verdict } from './judge.ts';

/** How soon each kind of fault was found, as Markdown. */
export function tableOf(faulty: readonly Verdict[], quiet: readonly Verdict[]): string {
  const rows = new Map<string, { within: number[]; after: number[]; missed: number }>();
  const row = (name: string) => rows.get(name) ?? rows.set(name, { within: [], after: [], missed: 0 }).get(name)!;
  for (const { found, missed } of faulty) {
    for (const { fault, wanted, after } of found) {
      const r = row(`${fault.kind} | ${wanted.rule}`);
      r.after.push(after);
      r.within.push(wanted.within!);
    }
    for (const { fault, wanted } of missed) row(`${fault.kind} | ${wanted.rule}`).missed++;
  }
  const one = (n: number) => n.toFixed(1);
  const lines = [...rows].sort().map(([name, { after, within, missed }]) => {
    const sorted = [...after].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
    const used = after.map((a, i) => a / within[i]!);
    return `| ${name} | ${after.length + missed} | ${after.length} | ${one(sorted[0] ?? NaN)} | ${one(median)} | ${one(sorted.at(-1) ?? NaN)} | ${Math.min(...within)} to ${Math.max(...within)} | ${Math.round(100 * Math.max(...used))} % |`;
  });
  const sum = (of: (v: Verdict) => number, all: readonly Verdict[]) => all.reduce((n, v) => n + of(v), 0);
  return [
    `# Scenarios: ${faulty.length} seeds`,
    '',
    'Minutes from the begin of a fault to the end of the minute whose closing opened its alert (the alert itself comes about 35 s later).',
    '',
    '| fault | found by | planted | found | soonest | median | latest | allowed | most used of it |',
    '|---|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
    `Alerts opened with faults: ${sum((v) => v.opened.length, faulty)}, of which not explained by a fault: ${sum((v) => v.invented.length, faulty)}.`,
    `Alerts opened in the quiet variants of the same seeds: ${sum((v) => v.opened.length, quiet)}.`,
    '',
  ].join('\n');
}
