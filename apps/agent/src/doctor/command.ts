import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { VERSION } from '../version.ts';
import { gather } from './gather.ts';
import { judge } from './judge.ts';
import { checksJson, showChecks } from './show.ts';

/** Where `npm start` keeps the agent's settings. */
const STANDALONE = '.headwater/config/agent.yaml';

/** `headwater-agent doctor`; `finish` gets the exit status: 0 all well (warnings allowed), 1 something fails. */
export function doctorCommand(finish: (status: number) => void): Command {
  return new Command('doctor')
    .description('check what capture and publishing need on this host, and say what to do')
    .option('--json', 'print the checks as JSON')
    .option('--config <file>', `settings of the agent; default: ${STANDALONE} if there is one`)
    .option('--socket <socket>', 'socket of a running headwater-probe, instead of the one in the settings')
    .action(async ({ json, config, socket }: { json?: boolean; config?: string; socket?: string }) => {
      const checks = judge(await gather({ configFile: config ?? (existsSync(STANDALONE) ? STANDALONE : null), socket: socket ?? null }));
      process.stdout.write(json ? checksJson(checks, VERSION) : showChecks(checks, process.stdout.isTTY && !process.env['NO_COLOR']));
      finish(checks.some((c) => c.status === 'fail') ? 1 : 0);
    });
}
