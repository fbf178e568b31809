/** The three places settings come from, read into one shape: a path, a value, and the words that say where it stood. */
import { parse } from 'yaml';
import type { ConfigProblem } from './config-error.ts';

export interface Given {
  path: string[];
  value: unknown;
  /** `flag --bus.kind`, `environment HEADWATER_BUS__KIND`, `file /etc/headwater/agent.yaml` */
  origin: string;
  /** text from a flag or the environment is turned into the setting's kind; values of a file have theirs */
  text: boolean;
}

export interface ParsedFlags {
  given: Given[];
  configFile: string | null;
  help: boolean;
  problems: ConfigProblem[];
}

/** `--a.b value`, `--a.b=value`, `--a.b` alone for true, `--config FILE`, `--help`. */
export function fromFlags(argv: readonly string[]): ParsedFlags {
  const out: ParsedFlags = { given: [], configFile: null, help: false, problems: [] };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--help' || word === '-h') {
      out.help = true;
      continue;
    }
    if (!word.startsWith('--')) {
      out.problems.push({ field: word, message: 'is not an option; settings are written --name value (see --help)' });
      continue;
    }
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const next = argv[i + 1];
    let value = 'true';
    if (equals >= 0) value = word.slice(equals + 1);
    else if (next !== undefined && !next.startsWith('--')) {
      value = next;
      i++;
    }
    if (name === 'config') {
      if (out.configFile !== null && out.configFile !== value) out.problems.push({ field: 'config', message: `was given twice, ${out.configFile} and ${value}; give one file` });
      out.configFile = value;
      continue;
    }
    out.given.push({ path: name.split('.'), value, origin: `flag --${name}`, text: true });
  }
  return out;
}

const PREFIX = 'HEADWATER_';

/** `HEADWATER_BUS__KIND` is `bus.kind`. `HEADWATER_CONFIG` names the file. */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): { given: Given[]; configFile: string | null } {
  const given: Given[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || value === undefined || name === 'HEADWATER_CONFIG') continue;
    given.push({ path: name.slice(PREFIX.length).toLowerCase().split('__'), value, origin: `environment ${name}`, text: true });
  }
  return { given, configFile: env['HEADWATER_CONFIG'] ?? null };
}

/** YAML (so JSON too). Anchors work; a document that is not a mapping is a problem. */
export function fromFile(path: string, readFile: (path: string) => string): { given: Given[]; problems: ConfigProblem[] } {
  let tree: unknown;
  try {
    tree = parse(readFile(path));
  } catch (error) {
    const detail = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return { given: [], problems: [{ field: 'config', message: `${path} cannot be read: ${detail}; correct the file or the path given with --config` }] };
  }
  if (tree === null || tree === undefined) return { given: [], problems: [] };
  if (typeof tree !== 'object' || Array.isArray(tree)) return { given: [], problems: [{ field: 'config', message: `${path} must hold a mapping of settings (name: value)` }] };
  const given: Given[] = [];
  flatten(tree, [], `file ${path}`, given);
  return { given, problems: [] };
}

function flatten(value: unknown, path: string[], origin: string, into: Given[]): void {
  if (value !== null && typeof value === 'object') {
    const entries = Array.isArray(value) ? value.map((v, i) => [String(i), v] as const) : Object.entries(value);
    if (entries.length > 0 && !(Array.isArray(value) && value.every((v) => typeof v !== 'object'))) {
      for (const [key, item] of entries) flatten(item, [...path, key], origin, into);
      return;
    }
  }
  // `path:` without a value says nothing, so the default stays.
  if (value !== null && value !== undefined) into.push({ path, value, origin, text: false });
}
