import { AdminConfig, ConfigError, busSettings, loadConfig } from '@headwater/config';
import { BusError, openBus, topicsFor } from '@headwater/event-bus';
import { table } from './table.ts';

export interface ApplyFlags {
  dryRun?: boolean;
  config?: string;
  brokers?: string;
  path?: string;
  prefix?: string;
}

/** 0 done; 1 the bus did not do it; 2 the options or settings are not usable; 3 a topic exists with other settings */
export const EXIT = { ok: 0, failed: 1, usage: 2, differs: 3 } as const;

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** The short flags are words for settings, so a flag and a file that contradict are refused as everywhere. */
function settingsArgv({ config, brokers, path, prefix }: ApplyFlags): string[] {
  return [
    ...(config === undefined ? [] : [`--config=${config}`]),
    ...(brokers === undefined ? [] : ['--bus.kind=kafka', `--bus.brokers=${brokers}`]),
    ...(path === undefined ? [] : ['--bus.kind=embedded', `--bus.path=${path}`]),
    ...(prefix === undefined ? [] : [`--topic_prefix=${prefix}`]),
  ];
}

/** `headwater-admin topics apply`: creates the topics that are missing; never changes or removes one. */
export async function applyTopics(flags: ApplyFlags, env: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  if (flags.brokers !== undefined && flags.path !== undefined) {
    terminal.err(`--brokers ${flags.brokers} and --path ${flags.path} name two buses; give one\n`);
    return EXIT.usage;
  }
  let config: AdminConfig;
  try {
    config = loadConfig(AdminConfig, { argv: settingsArgv(flags), env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    terminal.err(`the settings are not usable:\n${error.problems.map((p) => `  ${p.field}: ${p.message}\n`).join('')}`);
    return EXIT.usage;
  }
  const dryRun = flags.dryRun === true;
  try {
    const bus = await openBus(busSettings(config.bus), (level, message) => level !== 'info' && terminal.err(`${message}\n`));
    try {
      const applied = await bus.applyTopics(topicsFor(config.bus.kind, config.topic_prefix), { dryRun });
      const word = { created: dryRun ? 'would create' : 'created', exists: 'exists', differs: 'DIFFERS' };
      terminal.out(
        table(
          ['TOPIC', 'ACTION', 'DETAIL'],
          applied.map((a) => [a.topic, word[a.action], a.detail]),
        ),
      );
      if (!applied.some((a) => a.action === 'differs')) return EXIT.ok;
      terminal.err('Topics that differ were left as they are; change them with the tools of your bus, or change the settings.\n');
      return EXIT.differs;
    } finally {
      await bus.close();
    }
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    terminal.err(`${error.message}\n`);
    return EXIT.failed;
  }
}
