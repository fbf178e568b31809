import { Command, CommanderError } from 'commander';
import { alertCommands } from './alerts/commands.ts';
import { applyTopics } from './apply.ts';
import type { ApplyFlags } from './apply.ts';
import { EXIT } from './bus.ts';
import type { Terminal } from './bus.ts';
import { policyCommands } from './policy/commands.ts';

/** The flags that name a bus. */
function onBus(command: Command): Command {
  return command
    .option('--config <file>', 'settings (YAML); also HEADWATER_CONFIG and HEADWATER_* variables')
    .option('--brokers <list>', 'Kafka brokers, host:port,host:port')
    .option('--path <file>', 'file of an embedded bus, instead of Kafka')
    .option('--prefix <text>', 'first part of every topic name (default: headwater)');
}

/** Runs one command line (without node and the script) and answers its exit code. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command('headwater-admin')
    .description('Topics, policies and alert rules of a Headwater fleet')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError();
  const topics = program.command('topics').description('the topics of the event bus');
  onBus(topics.command('apply').description('create the topics that are missing; never changes or removes one').option('--dry-run', 'only say what would be done'))
    .addHelpText('after', '\nExit code: 0 done, 1 the bus did not do it, 2 bad options or settings, 3 a topic exists with other settings.')
    .action(async (flags: ApplyFlags) => {
      code = await applyTopics(flags, env, terminal);
    });
  alertCommands(program, terminal, (n) => (code = n));
  policyCommands(program, onBus, env, terminal, (n) => (code = n));
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.code === 'commander.helpDisplayed' ? EXIT.ok : EXIT.usage;
  }
  return code;
}
