import { COMMANDS, run } from './cli/program.ts';
import { serve } from './serve.ts';

// Without a command it serves, so that settings alone are enough in a unit file.
const [first, ...rest] = process.argv.slice(2);
if (first === 'serve') await serve(rest);
else if (first !== undefined && (COMMANDS.includes(first) || first === 'help')) {
  process.exitCode = await run(process.argv.slice(2), process.env, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
} else await serve(process.argv.slice(2));
