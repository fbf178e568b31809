// What a person sees: one line for each step, with its time; the output of a step only when it fails.
import { spawn } from 'node:child_process';
import { ROOT, toolEnv } from './repo.mjs';

const tty = process.stdout.isTTY === true;
const paint = (code, text) => (tty ? `\u001b[${code}m${text}\u001b[0m` : text);
export const green = (t) => paint('32', t);
export const red = (t) => paint('31', t);
export const bold = (t) => paint('1', t);
export const dim = (t) => paint('2', t);

export function line(text = '') {
  process.stdout.write(`${text}\n`);
}

/** A failure that has been explained in words; the stack would add nothing. */
export class Told extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Ends the script: what was Told as it is, everything else with its stack. */
export function endWith(error) {
  process.stderr.write(`${red('✗')} ${error instanceof Told ? error.message : error.stack}\n`);
  process.exit(error instanceof Told ? error.exitCode : 1);
}

/** Seconds between two signs of life of a long step without a terminal. */
const SIGN_OF_LIFE_S = 15;

/**
 * Runs `work`, prints `✓ title  1.2 s` (or the note it answers). Meanwhile a terminal has one line that says how long
 * it takes and what it is at (`work` is given a function to say so); without one there is a line after a second, and
 * then now and again.
 */
export async function step(title, work) {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const clear = tty ? '\r\u001b[K' : '';
  let detail = '';
  let next = 1;
  const show = () => {
    if (tty) {
      const width = process.stdout.columns || 80;
      const text = `… ${title}  ${seconds().toFixed(0)} s${detail ? `  ${detail}` : ''}`;
      process.stdout.write(`${clear}${dim(text.slice(0, width - 1))}`);
    } else if (seconds() >= next) {
      line(`… ${title}${next > 1 ? `  ${seconds().toFixed(0)} s` : ''}`);
      next = next === 1 ? SIGN_OF_LIFE_S : next + SIGN_OF_LIFE_S;
    }
  };
  if (tty) process.stdout.write(dim(`… ${title}`));
  const timer = setInterval(show, tty ? 250 : 100);
  try {
    const note = await work((text) => {
      // Control characters of a child would move the line.
      detail = text.replaceAll(/\u001b\[[\d;]*\w|[\u0000-\u001f]/g, ' ').trim();
    });
    process.stdout.write(`${clear}${green('✓')} ${title}${typeof note === 'string' ? `: ${note}` : ''} ${dim(`${seconds().toFixed(1)} s`)}\n`);
    return note;
  } catch (error) {
    process.stdout.write(`${clear}${red('✗')} ${title}\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Runs a command; its output comes back, and is in the message when it fails. */
export function run(command, args, { cwd = ROOT, env = {}, input, onLine } = {}) {
  return new Promise((ok, bad) => {
    const child = spawn(command, args, { cwd, env: toolEnv(env), stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let stdout = '';
    let rest = '';
    const take = (chunk) => {
      output += chunk;
      if (output.length > 4_000_000) output = output.slice(-2_000_000);
      if (!onLine) return;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const l of lines) onLine(l);
    };
    child.stdout.setEncoding('utf8').on('data', (d) => {
      stdout += d;
      take(d);
    });
    child.stderr.setEncoding('utf8').on('data', take);
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    child.once('error', (e) => bad(new Told(`${command} cannot be started: ${e.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) ok(stdout);
      else bad(Object.assign(new Told(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${tail(output, 60)}`), { code, output }));
    });
  });
}

export function tail(text, lines) {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** A yes or no on the terminal; without one, `without`. */
export async function ask(question, without) {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return without;
  const { createInterface } = await import('node:readline/promises');
  const io = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await io.question(`${question} [Y/n] `);
  io.close();
  return !/^\s*n/i.test(answer);
}
