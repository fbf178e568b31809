import type { Check } from './facts.ts';

/** Aligned lines: status, name, what was found; below a line that is not ok, what to do. */
export function showChecks(checks: readonly Check[], colour: boolean): string {
  const width = Math.max(...checks.map((c) => c.name.length));
  const paint = (status: Check['status']): string => {
    const text = status.padEnd(4);
    return colour && status === 'fail' ? `\u001b[31m${text}\u001b[39m` : text;
  };
  const lines = checks.flatMap(({ name, status, detail, fix }) => [
    `${paint(status)}  ${name.padEnd(width)}  ${detail}`,
    ...(fix === '' ? [] : [`${' '.repeat(6 + width)}  -> ${fix}`]),
  ]);
  const count = (status: Check['status']): number => checks.filter((c) => c.status === status).length;
  return `${lines.join('\n')}\n${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failed\n`;
}

/** What `--json` prints; its shape is told in apps/agent/README.md and only grows. */
export function checksJson(checks: readonly Check[], version: string): string {
  return `${JSON.stringify({ schema: 1, version, ok: checks.every((c) => c.status !== 'fail'), checks }, null, 2)}\n`;
}
