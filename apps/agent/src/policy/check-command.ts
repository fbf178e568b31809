import { isIP } from 'node:net';
import type { HeaderField } from '@headwater/capture';
import { Command, InvalidArgumentError, Option } from 'commander';
import { checkPolicies } from './check.ts';
import { sampleOf } from './sample.ts';
import type { SampleFlags } from './sample.ts';
import { checkJson, showCheck } from './show-check.ts';

interface Flags extends SampleFlags {
  narrowing?: string;
  json?: boolean;
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < min || n > max) throw new InvalidArgumentError(`give a whole number from ${min} to ${max}`);
    return n;
  };
}

function header(text: string, before: HeaderField[]): HeaderField[] {
  const parts = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/s.exec(text);
  if (!parts) throw new InvalidArgumentError("give 'Name: value'");
  return [...before, { name: parts[1]!, value: parts[2]! }];
}

function status(text: string): number {
  return text === '0' ? 0 : whole(100, 999)(text);
}

function method(text: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(text)) throw new InvalidArgumentError('give a method, such as GET');
  return text;
}

function address(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('give an IPv4 or IPv6 address');
  return text;
}

function target(text: string): string {
  if (!/^\/[^\0-\x20\x7f]*$/.test(text)) throw new InvalidArgumentError('give a path, such as /orders/7?page=2');
  return text;
}

const EXAMPLES = `
Exit status: 0 valid, 1 not valid (every error is listed), 2 wrong usage.

Examples:
  headwater-agent policy check policy.yaml
  headwater-agent policy check policy.yaml --path '/orders/7?coupon=x' --request-header 'Authorization: Bearer abc'
  headwater-agent policy check policy.yaml --narrowing fleet.yaml --route '/orders/{int}' --status 503 --json
`;

/** `headwater-agent policy`; `finish` gets the exit status. */
export function policyCommand(finish: (status: number) => void): Command {
  const policy = new Command('policy').description('policies: what may leave this host').exitOverride();
  policy
    .command('check')
    .description('say whether a policy file is valid and, of an exchange that is described, what would leave')
    .argument('<file>', 'policy file (YAML or JSON)')
    .option('--narrowing <file>', "a second policy that narrows it, such as the fleet's")
    .option('--method <method>', 'method of the exchange (default: GET)', method)
    .addOption(new Option('--route <route>', 'a route template, such as /orders/{int}').argParser(target).conflicts('path'))
    .addOption(new Option('--path <path>', 'the path as sent, with its query').argParser(target))
    .option('--status <n>', 'status of the response; 0: none came (default: 200)', status)
    .option('--service <name>', 'name of the service')
    .addOption(new Option('--role <role>', 'the side of this host (default: server)').choices(['server', 'client']))
    .option('--port <n>', 'port of the server side (default: 80)', whole(1, 65_535))
    .option('--host <host>', 'the host that is asked')
    .option('--client-address <ip>', 'address of the client (default: 203.0.113.9)', address)
    .option('--total-ms <n>', 'how long the exchange took (default: 0)', whole(0, 86_400_000))
    .option('--request-header <field>', "'Name: value'; repeatable", header, [])
    .option('--response-header <field>', "'Name: value'; repeatable", header, [])
    .option('--json', 'answer as JSON')
    .addHelpText('after', EXAMPLES)
    .action((file: string, { narrowing, json, ...flags }: Flags) => {
      const checked = checkPolicies(file, narrowing, sampleOf(flags));
      if (json) process.stdout.write(checkJson(checked));
      else if (checked.valid) process.stdout.write(showCheck(file, checked));
      else process.stderr.write(`${checked.text}\n`);
      finish(checked.valid ? 0 : 1);
    });
  return policy;
}
