/**
 * Decorators that declare a setting once: its kind (for flags and environment, which are text), its rule
 * (class-validator) and its documentation (CONFIG.md). A field's initialiser is its default.
 */
import 'reflect-metadata';
import { Type } from 'class-transformer';
import { ArrayMinSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';

export type SettingKind = 'text' | 'whole' | 'switch' | 'text-list' | 'part' | 'part-list';

export type SettingsClass<T extends object = object> = new () => T;

/** This setting means something only beside that value of a sibling; elsewhere it is a contradiction. */
export interface OnlyWith {
  sibling: string;
  value: string;
}

export interface SettingSpec {
  key: string;
  kind: SettingKind;
  doc: string;
  /** for CONFIG.md: `1 to 65535`, `embedded | kafka` */
  allowed: string;
  optional: boolean;
  /** its value is never printed */
  secret: boolean;
  onlyWith?: OnlyWith;
  neededWith?: OnlyWith;
  part?: SettingsClass;
}

interface Options {
  optional?: boolean;
  secret?: boolean;
  onlyWith?: OnlyWith;
  neededWith?: OnlyWith;
}

const registry = new Map<object, SettingSpec[]>();

/** The settings of a class, those of its base class first, in the order they are written. */
export function settingsOf(target: SettingsClass): readonly SettingSpec[] {
  const specs: SettingSpec[] = [];
  for (let at: object | null = target; at; at = Object.getPrototypeOf(at) as object | null) specs.unshift(...(registry.get(at) ?? []));
  return specs;
}

function declare(kind: SettingKind, doc: string, allowed: string, rules: PropertyDecorator[], options: Options, part?: SettingsClass): PropertyDecorator {
  return (prototype, property) => {
    const owner = prototype.constructor;
    const specs = registry.get(owner) ?? [];
    registry.set(owner, specs);
    specs.push({
      key: String(property),
      kind,
      doc,
      allowed,
      optional: options.optional === true,
      secret: options.secret === true,
      ...(options.onlyWith ? { onlyWith: options.onlyWith } : {}),
      ...(options.neededWith ? { neededWith: options.neededWith } : {}),
      ...(part ? { part } : {}),
    });
    if (options.optional) IsOptional()(prototype, property);
    for (const rule of rules) rule(prototype, property);
  };
}

export function Text(doc: string, options: Options & { matches?: RegExp; fix?: string; max?: number } = {}): PropertyDecorator {
  const fix = options.fix ?? 'must be text and not empty';
  const rules = [IsString({ message: fix }), MinLength(1, { message: fix }), MaxLength(options.max ?? 4096, { message: `must have at most ${options.max ?? 4096} characters` })];
  if (options.matches) rules.push(Matches(options.matches, { message: fix }));
  return declare('text', doc, 'text', rules, options);
}

export function Url(doc: string, options: Options & { protocols?: string[] } = {}): PropertyDecorator {
  const protocols = options.protocols ?? ['http', 'https'];
  const fix = `must be a URL that begins with ${protocols.map((p) => `${p}://`).join(' or ')}`;
  return declare('text', doc, `${protocols.join(' or ')} URL`, [IsUrl({ protocols, require_protocol: true, require_tld: false }, { message: fix })], options);
}

export function Choice(doc: string, values: readonly string[], options: Options = {}): PropertyDecorator {
  return declare('text', doc, values.join(' \\| '), [IsIn([...values], { message: `must be one of: ${values.join(', ')}` })], options);
}

export function Whole(doc: string, min: number, max: number, options: Options = {}): PropertyDecorator {
  const message = `must be a whole number from ${min} to ${max}`;
  return declare('whole', doc, `${min} to ${max}`, [IsInt({ message }), Min(min, { message }), Max(max, { message })], options);
}

export function Port(doc: string): PropertyDecorator {
  return Whole(doc, 0, 65_535);
}

export function Switch(doc: string, options: Options = {}): PropertyDecorator {
  return declare('switch', doc, 'true \\| false', [IsBoolean({ message: 'must be true or false' })], options);
}

export function TextList(doc: string, options: Options & { values?: readonly string[] } = {}): PropertyDecorator {
  const message = options.values ? `must be a list of: ${options.values.join(', ')}` : 'must be a list of text';
  const rules = [IsArray({ message }), IsString({ each: true, message }), MinLength(1, { each: true, message })];
  if (options.values) rules.push(IsIn([...options.values], { each: true, message }));
  if (!options.optional) rules.push(ArrayMinSize(1, { message: 'must have at least one entry' }));
  return declare('text-list', doc, options.values ? `list of ${options.values.join(', ')}` : 'list of text', rules, options);
}

/** A nested group of settings. */
export function Part(part: SettingsClass, doc: string, options: Options = {}): PropertyDecorator {
  return declare('part', doc, 'group', [Type(() => part), ValidateNested()], options, part);
}

/** A list of groups; may be empty. */
export function PartList(part: SettingsClass, doc: string, options: Options = {}): PropertyDecorator {
  const message = 'must be a list';
  return declare('part-list', doc, 'list of groups', [IsArray({ message }), Type(() => part), ValidateNested({ each: true })], options, part);
}

export interface CrossRule {
  check(config: never): { fields: [string, string]; message: string } | null;
}

const crossRules = new Map<object, CrossRule['check'][]>();

/** A rule over two settings of a class; it names both and the fix. */
export function Cross<T extends object>(check: (config: T) => { fields: [string, string]; message: string } | null) {
  return (target: SettingsClass<T>): void => {
    crossRules.set(target, [...(crossRules.get(target) ?? []), check as CrossRule['check']]);
  };
}

export function crossRulesOf(target: SettingsClass): readonly CrossRule['check'][] {
  return crossRules.get(target) ?? [];
}
