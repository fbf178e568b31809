import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CAPTURE_OPTIONS, openLive, openReplay } from '@headwater/capture';
import type { CaptureOptions } from '@headwater/capture';
import { AgentConfig, ConfigError, loadConfig } from '@headwater/config';
import { Command, InvalidArgumentError, Option } from 'commander';
import { fingerprintKeys } from './capture/fingerprint-key.ts';
import { hostIdFrom } from './host-id.ts';
import { captureOptions } from './capture/options.ts';
import { storedLayers } from './policy/stored.ts';
import { busSource } from './tail/bus-source.ts';
import { captureSource } from './tail/capture-source.ts';
import { Columns } from './tail/columns.ts';
import { FileSink } from './tail/file-sink.ts';
import { tailOwnCapture } from './tail/own-capture.ts';
import type { TailSource } from './tail/source.ts';
import { StreamSink, openStdout } from './tail/stream-sink.ts';
import { tail } from './tail/tail.ts';
import { UsageError } from './tail/usage-error.ts';
import { byteCount, parseWhere } from './tail/where.ts';

interface Options {
  stateDir?: string;
  config?: string;
  scope: string[];
  iMeanAll?: boolean;
  replay?: string;
  probeSocket?: string;
  where: string[];
  since?: number;
  limit: number;
  format?: 'json' | 'columns';
  headers?: boolean;
  output?: string;
  rotateSize: number;
  rotateKeep: number;
}

const list = (value: string, before: string[]): string[] => [...before, value];

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < min || n > max) throw new InvalidArgumentError(`give a whole number from ${min} to ${max}`);
    return n;
  };
}

function size(text: string): number {
  const n = byteCount(text);
  if (n === null || n < 4_096) throw new InvalidArgumentError('give a size of at least 4k, such as 100M');
  return n;
}

function span(text: string): number {
  const parts = /^(\d+)(s|m|h|d)$/.exec(text);
  if (!parts) throw new InvalidArgumentError('give a time before now, such as 30s, 5m, 2h');
  return Number(parts[1]) * { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 }[parts[2] as 's' | 'm' | 'h' | 'd'];
}

const EXAMPLES = `
Examples:
  headwater-agent tail                                        what a running \`npm start\` captures
  headwater-agent tail --where status=5xx --where 'latency>1s'   failed or slow
  headwater-agent tail --where 'path=/v1/*,method!=GET' --headers
  sudo headwater-agent tail --scope port=8080                 capture here, without a bus
  headwater-agent tail --config agent.yaml --output /var/log/headwater/exchanges.ndjson
`;

/** `headwater-agent tail`; `finish` gets the exit status. */
export function tailCommand(finish: (status: number) => void): Command {
  return new Command('tail')
    .description('show exchanges as they happen')
    .addOption(new Option('--state-dir <dir>', 'read the bus of the set-up that runs there (npm start); default ./.headwater'))
    .addOption(new Option('--config <file>', "read the bus of an agent's settings; with --scope or --replay, use their policy and services"))
    .addOption(new Option('--scope <scope>', 'capture here and now: port=N, pid=N, exe=PATH, cgroup=PATH, netns=self; repeatable').argParser(list).default([], 'none'))
    .option('--i-mean-all', 'needed with --scope all')
    .addOption(new Option('--replay <file>', 'play a recording (*.hwrec)').conflicts(['scope', 'stateDir']))
    .addOption(new Option('--probe-socket <socket>', 'capture from a probe that runs already and has no agent').conflicts(['scope', 'replay', 'stateDir']))
    .option('--where <terms>', 'show only what matches: FIELD=VALUE,... (comma: and; repeated: or)', list, [])
    .option('--since <span>', 'begin so long ago, from the bus: 30s, 5m, 2h', span)
    .option('--limit <n>', 'end after so many exchanges', whole(1, Number.MAX_SAFE_INTEGER), Infinity)
    .addOption(new Option('--format <format>', 'json (one header event v1 a line) or columns; default: columns on a terminal, else json').choices(['json', 'columns']))
    .option('--headers', 'with columns: the header fields below each exchange')
    .option('--output <file>', 'write there instead of standard output')
    .option('--rotate-size <bytes>', 'put the output file aside when it would grow over this', size, 100 << 20)
    .option('--rotate-keep <n>', 'how many files put aside are kept', whole(0, 1000), 5)
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options, command: Command) => finish(await runTail(options, argumentsWithoutScope(command))));
}

/** What the unprivileged part is called with: everything but what the privileged one has done. */
function argumentsWithoutScope(command: Command): string[] {
  const args: string[] = [];
  for (const option of command.options) {
    const name = option.attributeName();
    if (name === 'scope' || name === 'iMeanAll' || command.getOptionValueSource(name) !== 'cli') continue;
    const value: unknown = command.getOptionValue(name);
    if (value === true) args.push(option.long!);
    else for (const one of Array.isArray(value) ? value : [value]) args.push(option.long!, raw(name, one));
  }
  return args;
}

/** Parsed values as they can be parsed again. */
function raw(name: string, value: unknown): string {
  return name === 'since' ? `${Math.round(Number(value) / 1000)}s` : String(value);
}

async function runTail(o: Options, args: readonly string[]): Promise<number> {
  const complain = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const where = parseWhere(o.where);
    const own = o.scope.length > 0 || o.replay !== undefined || o.probeSocket !== undefined;
    if (own && o.since !== undefined) throw new UsageError('--since reads what the bus holds; leave it out with --scope, --replay and --probe-socket');
    if (o.scope.length > 0) {
      if (o.stateDir !== undefined) throw new UsageError('--scope captures here and --state-dir reads the bus of a set-up: leave one out');
      return await tailOwnCapture(o.scope, o.iMeanAll === true, args, complain);
    }
    const terminal = o.output === undefined && process.stdout.isTTY;
    const format = o.format ?? (terminal ? 'columns' : 'json');
    const source = sourceOf(o, complain);
    const out = o.output === undefined ? openStdout() : null;
    const sink = out ? new StreamSink(out) : new FileSink({ path: o.output!, rotateSize: o.rotateSize, rotateKeep: o.rotateKeep, say: complain });
    // Beside the rows where a person reads them; where a program does, lines that are no rows go to standard error.
    const say = terminal && format === 'columns' ? (line: string): void => void sink.write(`${line}\n`) : complain;
    const columns = new Columns({ width: terminal ? process.stdout.columns : undefined, colour: terminal && !process.env['NO_COLOR'], headers: o.headers === true });
    if (format === 'columns') sink.write(columns.heading);
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
    await tail(source, sink, { format, columns, where, limit: o.limit, say, onReading: () => complain(`-- ${source.title}`) }, stop.signal);
    if (sink instanceof StreamSink && sink.trouble) throw sink.trouble;
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) complain(`headwater-agent tail: the settings are not usable:\n${error.problems.map((p) => `  ${p.field}: ${p.message}`).join('\n')}`);
    else complain(`headwater-agent tail: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
  }
}

function sourceOf(o: Options, say: (line: string) => void): TailSource {
  if (o.replay !== undefined || o.probeSocket !== undefined) {
    const config = o.config === undefined ? null : agentConfig(o.config);
    const host = config?.host_id ?? hostId();
    const keys = config ? fingerprintKeys(config.fingerprints, false) : {};
    const options = config ? captureOptions(config, keys, storedLayers(config, host, keys.key !== undefined)) : DEFAULT_CAPTURE_OPTIONS;
    const quick: CaptureOptions = { ...options, batch: { ...options.batch, lingerMs: Math.min(options.batch.lingerMs, 100) } };
    if (o.replay !== undefined) {
      const file = o.replay;
      if (!existsSync(file)) throw new UsageError(`--replay ${file}: there is no such file`);
      return captureSource(`replay of ${file}`, host, () => openReplay({ file, options: quick }));
    }
    const socketPath = o.probeSocket!;
    return captureSource('capturing', host, () => openLive({ socketPath, options: quick }));
  }
  if (o.config !== undefined && o.stateDir !== undefined) throw new UsageError('--config and --state-dir both name a bus: leave one out');
  const stateDir = o.stateDir ?? '.headwater';
  const file = o.config ?? join(stateDir, 'config/agent.yaml');
  if (o.config === undefined && !existsSync(file))
    throw new UsageError(`no Headwater runs on ${stateDir} (there is no ${file}): start one with npm start, name its --state-dir, or capture here with --scope port=N`);
  return busSource({ config: agentConfig(file, o.config === undefined ? {} : process.env), sinceMs: o.since === undefined ? null : Date.now() - o.since, say });
}

function agentConfig(file: string, env: Readonly<Record<string, string | undefined>> = process.env): AgentConfig {
  return loadConfig(AgentConfig, { argv: ['--config', file], env });
}

function hostId(): string {
  try {
    return hostIdFrom(readFileSync('/etc/machine-id', 'utf8'));
  } catch {
    return 'unknown';
  }
}
