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
/** Steps under way: `{ title, began, detail, next }`. */
const active = new Set();
let timer = null;

/**
 * Runs `work`, prints `✓ title  1.2 s` (or the note it answers). Meanwhile a terminal has one line that says how long
 * it takes and what it is at (`work` is given a function to say so); without one there is a line after a second, and
 * then now and again. Steps may overlap: they share that line.
 */
export async function step(title, work) {
  const me = { title, began: performance.now(), detail: '', next: 1 };
  active.add(me);
  timer ??= setInterval(show, 250);
  if (tty) show();
  try {
    const note = await work((text) => {
      // Control characters of a child would move the line.
      me.detail = text.replaceAll(/\u001b\[[\d;]*\w|[\u0000-\u001f]/g, ' ').trim();
    });
    over(me, `${green('✓')} ${title}${typeof note === 'string' ? `: ${note}` : ''} ${dim(`${seconds(me).toFixed(1)} s`)}`);
    return note;
  } catch (error) {
    over(me, `${red('✗')} ${title}`);
    throw error;
  }
}

const seconds = ({ began }) => (performance.now() - began) / 1_000;
const CLEAR = '\r\u001b[K';

function over(one, text) {
  active.delete(one);
  if (active.size === 0) {
    clearInterval(timer);
    timer = null;
  }
  process.stdout.write(`${tty ? CLEAR : ''}${text}\n`);
  if (tty && active.size > 0) show();
}

function show() {
  if (tty) {
    const parts = [...active].map((one) => `${one.title}  ${seconds(one).toFixed(0)} s`);
    // What a child says fits only where it is alone.
    const detail = active.size === 1 ? `  ${[...active][0].detail}` : '';
    process.stdout.write(`${CLEAR}${dim(`… ${parts.join(' · ')}${detail}`.slice(0, (process.stdout.columns || 80) - 1))}`);
    return;
  }
  for (const one of active) {
    if (seconds(one) < one.next) continue;
    line(`… ${one.title}${one.next > 1 ? `  ${seconds(one).toFixed(0)} s` : ''}`);
    one.next = one.next === 1 ? SIGN_OF_LIFE_S : one.next + SIGN_OF_LIFE_S;
  }
}

/** Waits for all, then throws the first failure: none is left running behind it. */
export async function together(...works) {
  const results = await Promise.allSettled(works.map((work) => work()));
  const failed = results.find((r) => r.status === 'rejected');
  if (failed) throw failed.reason;
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
