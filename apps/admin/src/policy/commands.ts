import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Terminal } from '../bus.ts';
import { keygen } from './keygen.ts';
import type { KeygenFlags } from './keygen.ts';
import { publish } from './publish.ts';
import type { PublishFlags } from './publish.ts';
import { show } from './show.ts';
import type { ShowFlags } from './show.ts';
import { sign } from './sign.ts';
import type { SignFlags } from './sign.ts';

const list = (value: string, before: string[]): string[] => [...before, value];

function id(text: string): string {
  if (!/^[\w.-]{1,64}$/.test(text)) throw new InvalidArgumentError('give 1 to 64 letters, digits, dots, dashes or underscores');
  return text;
}

/** `headwater-admin policy ...`; `bus` adds the flags that name one, `finish` gets the exit code. */
export function policyCommands(program: Command, bus: (command: Command) => Command, env: NodeJS.ProcessEnv, terminal: Terminal, finish: (code: number) => void): void {
  const policy = program.command('policy').description('policies that narrow what hosts let leave');
  policy
    .command('keygen')
    .description('make a pair of keys to sign policies with (Ed25519): ID.key.pem and ID.pub.pem')
    .requiredOption('--key-id <id>', 'name of the key, as records and hosts will call it', id)
    .option('--dir <dir>', 'where to', '.')
    .action((flags: KeygenFlags) => finish(keygen(flags, terminal)));
  policy
    .command('sign')
    .description('sign a policy file; writes the record to publish')
    .argument('<file>', 'policy (YAML or JSON)')
    .requiredOption('--key <file>', 'private key, readable by you alone')
    .requiredOption('--key-id <id>', 'how hosts call that key', id)
    .option('--for <host>', "fleet, or one host's id, for which it takes the place of the fleet's", 'fleet')
    .option('--out <file>', 'write there instead of standard output')
    .action((file: string, flags: SignFlags) => finish(sign(file, flags, terminal)));
  bus(
    policy
      .command('publish')
      .description('put a signed record on the topic; refuses what hosts would refuse')
      .argument('<record>', 'what policy sign wrote')
      .requiredOption('--public-key <file>', 'the public key it is signed with; repeatable, for records of other keys on the topic', list, []),
  ).action(async (file: string, flags: PublishFlags) => finish(await publish(file, flags, env, terminal)));
  bus(
    policy
      .command('show')
      .description('what the topic holds')
      .option('--public-key <file>', 'check signatures with this key; repeatable', list, [])
      .option('--hosts', 'instead, what each host has in force and what it refused, by its last heartbeat')
      .option('--all', 'also what later records replaced')
      .option('--json', 'with the documents, as JSON'),
  ).action(async (flags: ShowFlags) => finish(await show(flags, env, terminal)));
}
