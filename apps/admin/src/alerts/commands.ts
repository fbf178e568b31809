import { readFileSync } from 'node:fs';
import { BUILT_IN_RULES, MAX_RULES_BYTES, RulesError, describeRule, readRules, writeRules, type Rule } from '@headwater/alert-rules';
import type { Command } from 'commander';
import { EXIT, type Terminal } from '../bus.ts';

const HEAD = `# The built-in alert rules, to start from. A file replaces them all: set alerts.rules_file of the analyzer to it.
# What a rule does not say has the default of its kind; headwater-admin alerts check FILE says what a file means.
`;

/** `headwater-admin alerts ...`; `finish` gets the exit code. */
export function alertCommands(program: Command, terminal: Terminal, finish: (code: number) => void): void {
  const alerts = program.command('alerts').description('rules of the alerts');
  alerts
    .command('check')
    .description('say what is wrong with a file of rules, or what its rules mean')
    .argument('<file>', 'rules (YAML or JSON); - reads standard input')
    .action(async (file: string) => finish(await check(file, terminal)));
  alerts
    .command('show')
    .description('print the built-in rules as YAML, to start a file from')
    .action(() => {
      terminal.out(HEAD + writeRules(BUILT_IN_RULES));
      finish(EXIT.ok);
    });
}

/** Exit code 1 for a file that cannot be read or is not taken. */
async function check(file: string, terminal: Terminal): Promise<number> {
  let rules: Rule[];
  try {
    const text = file === '-' ? await upTo(MAX_RULES_BYTES, process.stdin) : readFileSync(file);
    rules = readRules(text.subarray(0, MAX_RULES_BYTES + 1), file === '-' ? 'standard input' : file);
  } catch (error) {
    const unread = !(error instanceof RulesError);
    if (unread && !(error instanceof Error && 'code' in error)) throw error;
    terminal.err(unread ? `${file}: cannot be read (${(error as Error).message})\n` : `${error.message}\n`);
    return EXIT.failed;
  }
  for (const rule of rules) terminal.out(`${rule.id} (${rule.kind}): ${describeRule(rule)}\n`);
  terminal.out(rules.length === 0 ? 'no rules: nothing will alert\n' : `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}, nothing wrong\n`);
  return EXIT.ok;
}

/** As much of a stream as tells that it is too much. A pipe may have nothing yet, so it is not read as a file. */
export async function upTo(most: number, stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    if ((bytes += chunk.length) > most) break;
  }
  return Buffer.concat(chunks);
}
