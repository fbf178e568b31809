import type { Evidence, Finding } from '@headwater/insight-rules';

/** A figure this much larger or smaller is another one; below `SLIGHT` (percent, ms, per second) it is chance. */
const TIMES = 1.5;
const SLIGHT = 1;
const MEASURED = /(^|_)(pct|ms|per_s)$/;

/** What stood out at the last look, for the next one to tell whether there is news. */
export interface Picture {
  /** findings by rules by what they rest on, and alerts */
  what: string[];
  /** their figures, by place and name */
  figures: Record<string, number>;
}

export function pictureOf(findings: readonly Finding[], alerts: readonly string[]): Picture {
  const what = alerts.map((id) => `alert ${id}`);
  const figures: Record<string, number> = {};
  for (const { rule, severity, evidence } of findings) {
    what.push(`${rule ?? ''} ${severity} ${evidence.map(placeOf).join(', ')}`);
    for (const one of evidence) {
      // Those of an alert are as they were when it opened.
      if (one.kind === 'alert') continue;
      for (const [name, value] of Object.entries(one.figures))
        if (MEASURED.test(name) && !name.startsWith('before') && typeof value === 'number') figures[`${placeOf(one)} ${name}`] = value;
    }
  }
  return { what: what.sort(), figures };
}

/** Whether something stands out, or ended, that did not before, or a figure is another one by half. Windows move, so figures always do a little. */
export function isNews(before: Picture | null, now: Picture): boolean {
  if (before === null || before.what.join('\n') !== now.what.join('\n')) return true;
  return Object.entries(now.figures).some(([name, value]) => apart(before.figures[name] ?? 0, value));
}

function apart(a: number, b: number): boolean {
  const [less, more] = [Math.min(a, b), Math.max(a, b)];
  return more > SLIGHT && more >= TIMES * Math.max(less, SLIGHT);
}

function placeOf({ kind, service, method, route, status, error_type, header, host, alert }: Evidence): string {
  return JSON.stringify([kind, service, method, route, status, error_type, header, host, alert]);
}
