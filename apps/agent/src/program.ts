import { Command, CommanderError } from 'commander';
import { doctorCommand } from './doctor/command.ts';
import { policyCommand } from './policy/check-command.ts';
import { tailCommand } from './tail-command.ts';
import { VERSION } from './version.ts';

/**
 * `headwater-agent [run] [settings] | tail | doctor | policy check`. Settings without a command mean `run`, whose options are the
 * names of the settings and not commander's. Answers the exit status.
 */
export async function agentProgram(argv: readonly string[]): Promise<number> {
  const [first] = argv;
  if (first === 'run' || (first?.startsWith('--') && !['--help', '--version'].includes(first)) || first === undefined) {
    if (first === 'run') process.argv.splice(2, 1);
    const { run } = await import('./run.ts');
    return run();
  }
  let status = 0;
  const finish = (n: number): void => void (status = n);
  const program = new Command('headwater-agent')
    .description('The part of Headwater that runs on each host: captures HTTP exchanges and publishes them')
    .version(VERSION, '--version')
    .exitOverride()
    .addHelpText('after', '\nThe settings of run: headwater-agent run --help');
  program.command('run', { isDefault: true }).description('capture and publish; takes settings: run --config FILE').helpOption(false);
  for (const command of [tailCommand(finish), doctorCommand(finish), policyCommand(finish)]) program.addCommand(command.copyInheritedSettings(program));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}
