/** The settings as text: `--help` of every app, and CONFIG.md. */
import { settingsOf } from './setting.ts';
import type { SettingSpec, SettingsClass } from './setting.ts';

interface Row {
  name: string;
  env: string;
  spec: SettingSpec;
  fallback: string;
}

function rows(target: SettingsClass, above: string[] = []): Row[] {
  const defaults = new target() as Record<string, unknown>;
  return settingsOf(target).flatMap((spec) => {
    const path = [...above, spec.key];
    if (spec.part) {
      const below = rows(spec.part, spec.kind === 'part-list' ? [...path, 'N'] : path);
      return spec.kind === 'part-list' ? [row(path, spec, defaults[spec.key]), ...below] : below;
    }
    return [row(path, spec, defaults[spec.key])];
  });
}

function row(path: string[], spec: SettingSpec, value: unknown): Row {
  const fallback =
    value === undefined ? (spec.neededWith ? `needed with ${spec.neededWith.sibling} = ${spec.neededWith.value}` : spec.optional ? '-' : 'required') : JSON.stringify(value);
  return { name: path.join('.'), env: `HEADWATER_${path.join('__').toUpperCase()}`, spec, fallback };
}

export function describeSettings(target: SettingsClass, program: string): string {
  const lines = rows(target).map((r) => `  --${r.name}\n      ${r.spec.doc} (${r.spec.allowed.replaceAll('\\|', '|')}; default: ${r.fallback})`);
  return `${program}: settings by flag, environment (HEADWATER_BUS__KIND for bus.kind) or --config FILE (YAML); a flag wins over the environment, that over the file.\n\n${lines.join('\n')}\n`;
}

/** One section of CONFIG.md. */
export function renderSection(target: SettingsClass, title: string, intro: string): string {
  const table = rows(target).map((r) => `| \`${r.name}\` | ${r.spec.doc} | ${r.spec.allowed} | ${r.fallback.replaceAll('|', '\\|')} |`);
  return `## ${title}\n\n${intro}\n\n| setting | what it does | allowed | default |\n|---|---|---|---|\n${table.join('\n')}\n`;
}
