/** Settings of one app: flag > environment > file > default; what is unknown or contradicts is refused with its origin. */
import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { ConfigError } from './config-error.ts';
import type { ConfigProblem } from './config-error.ts';
import { contradictions, crossProblems } from './contradictions.ts';
import { describeSettings } from './docs.ts';
import { fromEnvironment, fromFile, fromFlags } from './sources.ts';
import { Placement } from './placement.ts';
import type { SettingsClass } from './setting.ts';

export interface ConfigSources {
  /** without node and the script */
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** throws when the file cannot be read */
  readFile?: (path: string) => string;
}

/**
 * The settings of `target`, defaults filled in. Pure apart from reading the file named by `--config` or
 * `HEADWATER_CONFIG`.
 * @throws ConfigError with every problem: unknown keys, values that break a rule, contradictions.
 */
export function loadConfig<T extends object>(target: SettingsClass<T>, sources: ConfigSources): T {
  const readFile = sources.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const flags = fromFlags(sources.argv);
  const environment = fromEnvironment(sources.env);
  const file = flags.configFile ?? environment.configFile;
  const problems: ConfigProblem[] = [...flags.problems];
  const placement = new Placement(target);
  if (file !== null) {
    const read = fromFile(file, readFile);
    problems.push(...read.problems);
    problems.push(...placement.put(read.given));
  }
  problems.push(...placement.put(environment.given));
  problems.push(...placement.put(flags.given));

  const config = plainToInstance(target, placement.tree(), { exposeDefaultValues: true });
  for (const error of validateSync(config, { forbidUnknownValues: false })) problems.push(...validationProblems(error, [], placement));
  problems.push(...contradictions(target, config, placement));
  if (problems.length === 0) problems.push(...crossProblems(target, config, placement));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** For a main.ts: `--help` prints the settings and exits 0; a problem is printed on stderr and exits 2. */
export function loadConfigOrExit<T extends object>(target: SettingsClass<T>, program: string, argv: readonly string[] = process.argv.slice(2)): T {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(describeSettings(target, program));
    process.exit(0);
  }
  try {
    return loadConfig(target, { argv, env: process.env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${program}: the settings are not usable:\n${error.problems.map((p) => `  ${p.field}: ${p.message}\n`).join('')}`);
    process.exit(2);
  }
}

function validationProblems(error: ValidationError, above: string[], placement: Placement): ConfigProblem[] {
  const path = [...above, error.property];
  const own = error.constraints ? [...new Set(Object.values(error.constraints))] : [];
  const missing = `is missing; give --${path.join('.')} or HEADWATER_${path.join('__').toUpperCase()}`;
  const problems = own.slice(-1).map((fix) => ({ field: path.join('.'), message: error.value === undefined ? missing : `${placement.say(path, error.value)} ${fix}` }));
  return [...problems, ...(error.children ?? []).flatMap((child) => validationProblems(child, path, placement))];
}
