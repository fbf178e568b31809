import { AdminConfig, ConfigError, busSettings, loadConfig } from '@headwater/config';
import { BusError, openBus } from '@headwater/event-bus';
import type { EventBus } from '@headwater/event-bus';

/** The short flags are words for settings, so a flag and a file that contradict are refused as everywhere. */
export interface BusFlags {
  config?: string;
  brokers?: string;
  path?: string;
  prefix?: string;
}

/** 0 done; 1 not done; 2 the options or settings are not usable; 3 what is there differs from what should be */
export const EXIT = { ok: 0, failed: 1, usage: 2, differs: 3 } as const;

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

function settingsArgv({ config, brokers, path, prefix }: BusFlags): string[] {
  return [
    ...(config === undefined ? [] : [`--config=${config}`]),
    ...(brokers === undefined ? [] : ['--bus.kind=kafka', `--bus.brokers=${brokers}`]),
    ...(path === undefined ? [] : ['--bus.kind=embedded', `--bus.path=${path}`]),
    ...(prefix === undefined ? [] : [`--topic_prefix=${prefix}`]),
  ];
}

/** Does the work on the bus that flags and settings name, and closes it; says what is wrong and answers the exit code. */
export async function withBus(flags: BusFlags, env: NodeJS.ProcessEnv, terminal: Terminal, work: (bus: EventBus, config: AdminConfig) => Promise<number>): Promise<number> {
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
  try {
    const bus = await openBus(busSettings(config.bus), (level, message) => level !== 'info' && terminal.err(`${message}\n`));
    try {
      return await work(bus, config);
    } finally {
      await bus.close();
    }
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    terminal.err(`${error.message}\n`);
    return EXIT.failed;
  }
}
