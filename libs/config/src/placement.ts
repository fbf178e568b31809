/** Where every setting stands in the tree, with which value and from where. Knows the settings class, so it refuses unknown names. */
import { parse } from 'yaml';
import type { ConfigProblem } from './config-error.ts';
import { settingsOf } from './setting.ts';
import type { SettingSpec, SettingsClass } from './setting.ts';
import type { Given } from './sources.ts';

export class Placement {
  private readonly values = new Map<string, { value: unknown; origin: string }>();
  private readonly target: SettingsClass;

  constructor(target: SettingsClass) {
    this.target = target;
  }

  /** Later calls win over earlier ones; within one source the same name twice is a contradiction (a list adds up). */
  put(given: readonly Given[]): ConfigProblem[] {
    const problems: ConfigProblem[] = [];
    const fresh = new Map<string, { value: unknown; origin: string }>();
    for (const item of given) {
      const name = item.path.join('.');
      const spec = this.find(item.path);
      if (typeof spec === 'string') {
        problems.push({ field: name, message: `is not a setting (from ${item.origin})${spec}` });
        continue;
      }
      const value = item.text ? fromText(spec, String(item.value)) : item.value;
      const before = fresh.get(name);
      if (before && spec.kind === 'text-list' && Array.isArray(before.value) && Array.isArray(value)) before.value = [...(before.value as unknown[]), ...(value as unknown[])];
      else if (before && before.value !== value)
        problems.push({ field: name, message: `contradicts itself: ${show(before.value, spec)} (from ${before.origin}) and ${show(value, spec)} (from ${item.origin}); give one` });
      else fresh.set(name, { value, origin: item.origin });
    }
    for (const [name, entry] of fresh) {
      // A list or group given whole replaces what a weaker source said below it.
      for (const known of this.values.keys()) if (known.startsWith(`${name}.`)) this.values.delete(known);
      this.values.set(name, entry);
    }
    return problems;
  }

  /** The plain object for class-transformer; digit keys make lists. */
  tree(): Record<string, unknown> {
    const root: Record<string, unknown> = {};
    for (const [name, { value }] of this.values) {
      const path = name.split('.');
      let node = root;
      for (const step of path.slice(0, -1)) node = (node[step] ??= {}) as Record<string, unknown>;
      const last = path.at(-1) ?? '';
      node[last] = value;
    }
    return asLists(root) as Record<string, unknown>;
  }

  given(path: readonly string[]): boolean {
    return this.values.has(path.join('.')) || [...this.values.keys()].some((k) => k.startsWith(`${path.join('.')}.`));
  }

  origin(path: readonly string[]): string {
    for (let n = path.length; n > 0; n--) {
      const entry = this.values.get(path.slice(0, n).join('.'));
      if (entry) return entry.origin;
    }
    return 'default';
  }

  /** `"embeded" (from file a.yaml)` */
  say(path: readonly string[], value: unknown): string {
    const spec = this.find([...path]);
    return `${show(value, typeof spec === 'string' ? null : spec)} (from ${this.origin(path)})`;
  }

  private find(path: readonly string[]): SettingSpec | string {
    let specs = settingsOf(this.target);
    for (let i = 0; i < path.length; i++) {
      const step = path[i] ?? '';
      const spec = specs.find((s) => s.key === step);
      if (!spec) return nearest(step, specs);
      if (i === path.length - 1) return spec;
      if (!spec.part) return `; ${path.slice(0, i + 1).join('.')} has no settings below it`;
      specs = settingsOf(spec.part);
      if (spec.kind === 'part-list') {
        i++;
        if (!/^\d{1,3}$/.test(path[i] ?? '')) return `; ${path.slice(0, i).join('.')} is a list, so a number comes next`;
        if (i === path.length - 1) return spec;
      }
    }
    return '';
  }
}

function fromText(spec: SettingSpec, text: string): unknown {
  if (spec.kind === 'whole') return /^-?\d+$/.test(text.replaceAll('_', '')) ? Number(text.replaceAll('_', '')) : text;
  if (spec.kind === 'switch') return text === 'true' ? true : text === 'false' ? false : text;
  if (spec.kind === 'text-list') return text.split(',').map((s) => s.trim());
  if (spec.kind !== 'text') {
    try {
      return parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

function show(value: unknown, spec: SettingSpec | null): string {
  return spec?.secret ? '(not shown)' : JSON.stringify(value);
}

function asLists(node: unknown): unknown {
  if (node === null || typeof node !== 'object' || Array.isArray(node)) return node;
  const entries = Object.entries(node).map(([k, v]) => [k, asLists(v)] as const);
  if (entries.length > 0 && entries.every(([k]) => /^\d+$/.test(k))) return entries.toSorted((a, b) => Number(a[0]) - Number(b[0])).map(([, v]) => v);
  return Object.fromEntries(entries);
}

/** `; did you mean port?` for one slip, else the list of what there is. */
function nearest(word: string, specs: readonly SettingSpec[]): string {
  const near = specs.find((s) => distance(s.key, word) <= 2);
  return near ? `; did you mean ${near.key}?` : `; known here: ${specs.map((s) => s.key).join(', ')}`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
