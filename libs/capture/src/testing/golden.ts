import { KernelModel, RX, TX, type Direction, type ModelRecord } from './kernel-model.ts';

/**
 * Golden cases as Markdown, described in test/golden/README.md: `## title`, then fenced blocks in the order of time,
 * then one `json expect` block.
 */
export interface GoldenCase {
  title: string;
  records: Uint8Array[];
  expect: Expectation;
}

export interface Expectation {
  /** a subset of each exchange's columns, in order; their number is exact */
  exchanges: Record<string, unknown>[];
  /** "request.reason": count, exact */
  filtered?: Record<string, number>;
  lost?: Record<string, number>;
  /** `end` rows that could not be written */
  ends_lost?: number;
  in_flight?: { request: number; response: number };
}

interface Block {
  words: string[];
  text: string;
}

const REASONS: Record<string, number> = { kthread: 1, sendfile: 4, splice: 5, uring: 6, trunc: 8 };

/** Every line ends with CRLF, but a line that ends with a backslash; \xNN, \r, \n, \t and \\ are those bytes; {N*c} is c N times. */
export function wireText(text: string): string {
  const lines = text === '' ? [] : text.split('\n');
  return lines
    .map((line) => (line.endsWith('\\') && !line.endsWith('\\\\') ? line.slice(0, -1) : line + '\r\n'))
    .join('')
    .replace(/\\x([0-9a-fA-F]{2})|\\([rnt\\])/g, (_, hex?: string, c?: string) => (hex ? String.fromCharCode(parseInt(hex, 16)) : ({ r: '\r', n: '\n', t: '\t' }[c!] ?? '\\')))
    .replace(/\{(\d+)\*(.)\}/g, (_, n: string, c: string) => c.repeat(Number(n)));
}

export function parseGolden(markdown: string): GoldenCase[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const title = section.slice(0, section.indexOf('\n')).trim();
      const blocks: Block[] = [...section.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info, text]) => ({ words: info!.trim().split(/\s+/), text: text!.replace(/\n$/, '') }));
      const expected = blocks.find((b) => b.words[0] === 'json');
      if (!expected) throw new Error(`golden case "${title}" expects nothing`);
      return { title, records: build(blocks.filter((b) => b !== expected)), expect: JSON.parse(expected.text) as Expectation };
    });
}

function build(blocks: Block[]): Uint8Array[] {
  const option = (b: Block, name: string) =>
    b.words
      .find((w) => w === name || w.startsWith(name + '='))
      ?.split('=')
      .slice(1)
      .join('=');
  const setup = blocks.find((b) => b.words[0] === 'setup');
  const client = setup?.words.includes('client') ?? false;
  const mid = setup && option(setup, 'mid');
  const budget = setup && option(setup, 'budget');
  const model = new KernelModel(77n, { ...(mid ? { mid: Number(mid) } : {}), ...(budget ? { budget: Number(budget) } : {}) });
  const out: ModelRecord[] = [];
  let delayed: ModelRecord[] = [];
  let ts = 1_000_000_000n;
  for (const b of blocks) {
    ts += BigInt(Math.round(Number(option(b, 'after') ?? 1) * 1e6));
    if (b.words[0] === 'close') {
      out.push(model.close(b.words[1] as 'fin' | 'rst', ts));
      continue;
    }
    if (b.words[0] === 'wait') {
      out.push(model.elsewhere(ts));
      continue;
    }
    if (b.words[0] !== 'http') continue;
    const dir: Direction = (b.words[1] === 'request') === client ? TX : RX;
    const bytes = wireText(b.text);
    if (b.words.includes('unseen')) {
      model.unseen(dir, bytes.length);
      continue;
    }
    const size = Number(option(b, 'chunks') ?? bytes.length);
    const losses = option(b, 'lose')?.split(',').map(Number);
    const unread = option(b, 'unread');
    const made: ModelRecord[] = [];
    for (let i = 0, n = 1; i < bytes.length; i += size, n++) {
      ts += 1000n;
      const lose = b.words.includes('lose') || losses?.includes(n) === true;
      made.push(...model.chunk(dir, bytes.slice(i, i + size), ts, { lose, ...(unread ? { unread: REASONS[unread]! } : {}) }));
    }
    if (b.words.includes('reversed')) made.reverse();
    if (b.words.includes('twice')) made.push(...made.filter((r) => r.bytes[0] === 1));
    if (b.words.includes('late')) {
      delayed.push(...made);
      continue;
    }
    out.push(...made, ...delayed);
    delayed = [];
  }
  return [...out, ...delayed].map((r) => r.bytes);
}
