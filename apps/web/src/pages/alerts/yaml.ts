import type { Rule } from './rule-words.ts';

/** A text that YAML takes for nothing but a text; JSON strings are YAML too. */
const scalar = (value: unknown): string =>
  typeof value === 'string' && /^[a-z][a-z0-9_-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/.test(value) ? value : JSON.stringify(value);

/** A rule as an entry of the rules' file. */
export function ruleYaml(rule: Rule): string {
  const lines = Object.entries(rule).flatMap(([key, value]): string[] => {
    if (!Array.isArray(value)) return [`${key}: ${scalar(value)}`];
    if (value.length === 0) return [`${key}: []`];
    return [
      `${key}:`,
      ...value.map(
        (entry: unknown) =>
          `  - ${
            typeof entry === 'object' && entry !== null
              ? `{ ${Object.entries(entry)
                  .map(([k, v]) => `${k}: ${scalar(v)}`)
                  .join(', ')} }`
              : scalar(entry)
          }`,
      ),
    ];
  });
  return lines.map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`).join('\n');
}
