/** Settings that do not go together: each is named with its value and where it came from. */
import type { ConfigProblem } from './config-error.ts';
import type { Placement } from './placement.ts';
import { crossRulesOf, settingsOf } from './setting.ts';
import type { SettingsClass } from './setting.ts';

export function contradictions(target: SettingsClass, config: object, placement: Placement, above: string[] = []): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const values = config as Record<string, unknown>;
  for (const spec of settingsOf(target)) {
    const path = [...above, spec.key];
    const value = values[spec.key];
    const rule = spec.onlyWith ?? spec.neededWith;
    if (rule) {
      const sibling = values[rule.sibling];
      const other = [...above, rule.sibling];
      const fits = sibling === rule.value;
      if (!fits && spec.onlyWith && placement.given(path))
        problems.push({
          field: path.join('.'),
          message: `(from ${placement.origin(path)}) contradicts ${other.join('.')} = ${JSON.stringify(sibling)} (from ${placement.origin(other)}): it goes with ${rule.sibling} = ${rule.value}; leave one out`,
        });
      if (fits && spec.neededWith && value === undefined)
        problems.push({ field: path.join('.'), message: `is missing: ${other.join('.')} = ${JSON.stringify(sibling)} (from ${placement.origin(other)}) needs it` });
    }
    if (spec.part && spec.kind === 'part' && value && typeof value === 'object') problems.push(...contradictions(spec.part, value, placement, path));
    if (spec.part && spec.kind === 'part-list' && Array.isArray(value)) {
      const part = spec.part;
      value.forEach((item, i) => {
        if (item && typeof item === 'object') problems.push(...contradictions(part, item as object, placement, [...path, String(i)]));
      });
    }
  }
  return problems;
}

/** Rules written with `@Cross` on the app's class or one of its parts. */
export function crossProblems(target: SettingsClass, config: object, placement: Placement, above: string[] = []): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const check of crossRulesOf(target)) {
    const found = check(config as never);
    if (!found) continue;
    const [one, other] = found.fields.map((f) => [...above, ...f.split('.')]) as [string[], string[]];
    problems.push({ field: one.join('.'), message: `(from ${placement.origin(one)}) and ${other.join('.')} (from ${placement.origin(other)}): ${found.message}` });
  }
  for (const spec of settingsOf(target)) {
    const value = (config as Record<string, unknown>)[spec.key];
    if (spec.part && spec.kind === 'part' && value && typeof value === 'object') problems.push(...crossProblems(spec.part, value, placement, [...above, spec.key]));
  }
  return problems;
}
