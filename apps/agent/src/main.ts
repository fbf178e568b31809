import { agentProgram } from './program.ts';

process.exit(await agentProgram(process.argv.slice(2)));
