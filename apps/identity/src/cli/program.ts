import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ConfigError, IdentityConfig, loadConfig } from '@headwater/config';
import { parseClients } from '../clients.ts';
import { hashPassword } from '../login/password.ts';
import { PrivateFile, PrivateFileError } from '../private-file.ts';
import { ALL_SCOPES, READ_SCOPES } from '../scopes.ts';
import { parseUsers, USER_NAME, USER_NAME_RULE } from '../users.ts';
import { changeEntries, Refused } from './entries.ts';

export interface Terminal {
  out: (text: string) => void;
  err: (text: string) => void;
}

export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;
export const COMMANDS = ['add-user', 'add-client', 'remove-user', 'remove-client', 'list'];

interface Flags {
  config?: string;
  usersFile?: string;
  clientsFile?: string;
  passwordFile?: string;
  secretFile?: string;
  scopes?: string[];
  services?: string[];
  redirectUri?: string[];
  name?: string;
  replace?: boolean;
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '');
const more = (text: string, before: string[] = []): string[] => [...before, text];

/** The file a command is about: named itself, or in the settings of the server. */
function fileOf(flags: Flags, env: NodeJS.ProcessEnv, which: 'users' | 'clients'): string {
  const named = which === 'users' ? flags.usersFile : flags.clientsFile;
  if (named !== undefined) return named;
  if (flags.config === undefined && env['HEADWATER_CONFIG'] === undefined)
    throw new Refused(`which file? give --config FILE (settings of headwater-identity) or --${which}-file FILE`);
  const config = loadConfig(IdentityConfig, { argv: flags.config === undefined ? [] : ['--config', flags.config], env });
  if (which === 'clients') return config.clients_file;
  if (config.users_file === undefined) throw new Refused('users_file: the settings name no users file, so nobody can sign in; add users_file to them, or give --users-file FILE');
  return config.users_file;
}

function known(scopes: string[] | undefined): string[] | undefined {
  const foreign = scopes?.find((s) => !ALL_SCOPES.includes(s));
  if (foreign !== undefined) throw new Refused(`--scopes: "${foreign}" is no scope; there are ${ALL_SCOPES.join(', ')}`);
  return scopes;
}

function firstLine(file: string, what: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new Refused(`${what}: ${file} cannot be read: ${(error as Error).message}`);
  }
  if (/[\r\n]/.test(text)) throw new Refused(`${what}: ${file} holds more than one line`);
  return text;
}

async function addUser(name: string, flags: Flags, env: NodeJS.ProcessEnv, terminal: Terminal): Promise<void> {
  if (!USER_NAME.test(name)) throw new Refused(`"${name}": a user name ${USER_NAME_RULE}`);
  const file = fileOf(flags, env, 'users');
  const scopes = known(flags.scopes);
  const given = flags.passwordFile === undefined ? null : firstLine(flags.passwordFile, '--password-file');
  if (given !== null && given.length < 8) throw new Refused('--password-file: a password has at least 8 characters');
  if (given !== null && given.length > 1024) throw new Refused('--password-file: a password has at most 1024 characters');
  const plain = given ?? randomBytes(15).toString('base64url');
  const password = await hashPassword(plain);
  await changeEntries(file, 'users', parseUsers, (users) => {
    const there = users.some((u) => u['name'] === name);
    if (there && flags.replace !== true) throw new Refused(`${name} is in ${file} already; give --replace for a new password and new rights (ends the sessions of ${name})`);
    const entry = { name, password, ...(scopes === undefined ? {} : { scopes }), ...(flags.services === undefined ? {} : { services: flags.services }) };
    return [...users.filter((u) => u['name'] !== name), entry];
  });
  terminal.out(`${name} may sign in now (${file}).\n`);
  if (given === null) terminal.out(`Password, shown this once: ${plain}\n`);
}

async function addClient(id: string, flags: Flags, env: NodeJS.ProcessEnv, terminal: Terminal): Promise<void> {
  const file = fileOf(flags, env, 'clients');
  const given = flags.secretFile === undefined ? null : firstLine(flags.secretFile, '--secret-file');
  if (given !== null && given.length < 32) throw new Refused('--secret-file: a client secret has at least 32 random characters; leave the option out to have one made');
  const secret = given ?? randomBytes(32).toString('base64url');
  const entry = {
    client_id: id,
    ...(flags.name === undefined ? {} : { name: flags.name }),
    // A hash is enough to compare with: whoever reads the file cannot sign in with it.
    client_secret: `sha256:${createHash('sha256').update(secret).digest('hex')}`,
    scopes: known(flags.scopes) ?? [...READ_SCOPES],
    ...(flags.services === undefined ? {} : { services: flags.services }),
    ...(flags.redirectUri === undefined ? {} : { redirect_uris: flags.redirectUri }),
  };
  await changeEntries(file, 'clients', parseClients, (clients) => {
    const there = clients.some((c) => c['client_id'] === id);
    if (there && flags.replace !== true) throw new Refused(`${id} is in ${file} already; give --replace for a new secret and new rights`);
    return [...clients.filter((c) => c['client_id'] !== id), entry];
  });
  terminal.out(`${id} is a client now (${file}); ${flags.redirectUri === undefined ? 'it acts for itself (client_credentials)' : 'it acts for people who sign in'}.\n`);
  if (given === null) terminal.out(`Client secret, shown this once: ${secret}\n`);
}

async function remove(which: 'users' | 'clients', name: string, flags: Flags, env: NodeJS.ProcessEnv, terminal: Terminal): Promise<void> {
  const file = fileOf(flags, env, which);
  const key = which === 'users' ? 'name' : 'client_id';
  if (!existsSync(file)) throw new Refused(`${file} is not there`);
  await changeEntries(file, which, which === 'users' ? parseUsers : parseClients, (entries) => {
    if (!entries.some((e) => e[key] === name)) throw new Refused(`${name} is not in ${file}; see what is: headwater-identity list`);
    return entries.filter((e) => e[key] !== name);
  });
  terminal.out(`${name} is removed (${file}). Its refresh ends now; access tokens given out before live on for ten minutes at most by default (token_ttl_s).\n`);
}

function show(flags: Flags, env: NodeJS.ProcessEnv, terminal: Terminal): void {
  const rights = (e: { scopes?: string[]; services?: string[] }): string =>
    `${e.scopes === undefined ? 'all scopes of the client' : e.scopes.join(' ') || 'no scopes'}; ${e.services === undefined ? 'all services' : `services: ${e.services.join(', ') || 'none'}`}`;
  if (flags.config !== undefined || env['HEADWATER_CONFIG'] !== undefined || flags.clientsFile !== undefined) {
    const clients = new PrivateFile(fileOf(flags, env, 'clients'), parseClients).get();
    terminal.out(`Clients (${clients.size})\n`);
    for (const c of clients.values()) terminal.out(`  ${c.client_id}  ${rights(c)}${c.redirect_uris === undefined ? '' : `; comes back to ${c.redirect_uris.join(', ')}`}\n`);
  }
  if (flags.config === undefined && env['HEADWATER_CONFIG'] === undefined && flags.usersFile === undefined && flags.clientsFile !== undefined) return;
  const users = new PrivateFile(fileOf(flags, env, 'users'), parseUsers).get();
  terminal.out(`Users (${users.size})\n`);
  for (const u of users.values()) terminal.out(`  ${u.name}  ${rights(u)}\n`);
}

/** Runs one command line (without node and the script) and answers its exit code. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  const program = new Command('headwater-identity')
    .description('The authorization server of a standalone Headwater. Without a command it serves; headwater-identity --help lists its settings.')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError();
  const command = (usage: string, description: string, which: 'users' | 'clients'): Command =>
    program
      .command(usage)
      .description(description)
      .option('--config <file>', 'settings of headwater-identity, which name the file; also HEADWATER_CONFIG')
      .option(`--${which}-file <file>`, `the ${which} file itself`);
  const rights = (c: Command): Command =>
    c
      .option('--scopes <list>', `at most these: ${ALL_SCOPES.join(',')}`, list)
      .option('--services <list>', 'narrowed to these services', list)
      .option('--replace', 'write anew what is there by that name');
  rights(command('add-user <name>', 'let a person sign in', 'users'))
    .option('--password-file <file>', 'file with the password; without it one is made and shown once')
    .action((name: string, flags: Flags) => addUser(name, flags, env, terminal));
  rights(command('add-client <id>', 'let an application ask for tokens', 'clients'))
    .option('--name <text>', 'what people are shown when they are asked for consent')
    .option('--redirect-uri <url>', 'where people come back to after signing in; repeatable; with it the client acts for people', more)
    .option('--secret-file <file>', 'file with the client secret; without it one is made and shown once')
    .action((id: string, flags: Flags) => addClient(id, flags, env, terminal));
  command('remove-user <name>', 'end what a person began, at once', 'users').action((name: string, flags: Flags) => remove('users', name, flags, env, terminal));
  command('remove-client <id>', 'end what an application began, at once', 'clients').action((id: string, flags: Flags) => remove('clients', id, flags, env, terminal));
  command('list', 'who may sign in, and which applications there are', 'users')
    .option('--clients-file <file>', 'the clients file itself')
    .action((flags: Flags) => show(flags, env, terminal));
  program.command('serve').description('run the server; takes its settings (headwater-identity --help)');
  try {
    await program.parseAsync(argv, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.code === 'commander.helpDisplayed' || error.code === 'commander.help' ? EXIT.ok : EXIT.usage;
    if (error instanceof ConfigError) {
      terminal.err(`headwater-identity: the settings are not usable:\n${error.problems.map((p) => `  ${p.field}: ${p.message}\n`).join('')}`);
      return EXIT.usage;
    }
    if (error instanceof Refused || error instanceof PrivateFileError) {
      terminal.err(`headwater-identity: ${error.message}\n`);
      return EXIT.refused;
    }
    terminal.err(`headwater-identity: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}
