import { HEADER_ACTIONS, PHASES, nsToMs } from '@headwater/header-event';
import type { Row } from './row.ts';

const RED = '\u001b[31m';
const OFF = '\u001b[39m';
/** Columns left of the path and right of it, gaps included. */
const FIXED = 12 + 1 + 14 + 1 + 3 + 1 + 7 + 1 + (1 + 6 + 1 + 7 + 1 + 7 + 1 + 7);
const PATH_MIN = 20;
const WIDTH_DEFAULT = 110;

export interface ColumnsOptions {
  /** of the terminal, in characters */
  width?: number | undefined;
  colour: boolean;
  headers: boolean;
}

/** Exchanges as aligned lines. What comes from the wire cannot steer the terminal: control characters are replaced. */
export class Columns {
  private readonly path: number;
  private readonly o: ColumnsOptions;

  constructor(options: ColumnsOptions) {
    this.o = options;
    this.path = Math.max(PATH_MIN, (options.width ?? WIDTH_DEFAULT) - FIXED);
  }

  get heading(): string {
    return this.line('TIME', 'SERVICE', 'DIR', 'METHOD', 'PATH', 'STATUS', 'TTFB', 'TOTAL', 'BYTES', '');
  }

  /** The exchange's line, and with `headers` its header fields below; ends with a newline. */
  exchange(row: Row): string {
    const status = row.number('http.response.status_code');
    const error = row.text('error.type');
    const phase = PHASES[row.number('headwater.phase')];
    const start = row.columns.columns['start_time']!;
    let text = this.line(
      clock(nsToMs(start, row.index)),
      row.text('service.name') || '-',
      row.role === 'client' ? 'out' : 'in',
      row.text('http.request.method'),
      row.text('url.path') || row.text('http.route') || '-',
      status === 0 ? '-' : String(status),
      duration(row.wide('headwater.ttfb_ns')),
      phase === 'begin' ? 'open' : duration(row.wide('headwater.total_ns')),
      // Of a tunnel only the bytes through it are known.
      bytes(row.wide(row.wide('http.response.size') < 0 ? 'http.response.body.size' : 'http.response.size')),
      // Its beginning was shown before, at its own time.
      phase === 'end' ? `ended${error === '' ? '' : `: ${error}`}` : error,
    );
    if (this.o.colour && status >= 500) text = RED + text.slice(0, -1) + OFF + '\n';
    if (!this.o.headers) return text;
    for (const [list, mark] of [
      ['http.request.headers', '>'],
      ['http.response.headers', '<'],
    ] as const) {
      for (const { name, value, action } of row.headers(list)) {
        const how = HEADER_ACTIONS[action] ?? 'unknown';
        const shown = how === 'keep' ? ` ${value}` : value === '' ? ` (${how})` : ` ${value} (${how})`;
        text += `    ${mark} ${printable(name)}:${printable(shown)}\n`;
      }
    }
    return text;
  }

  private line(time: string, service: string, side: string, method: string, path: string, status: string, ttfb: string, total: string, size: string, error: string): string {
    const left = `${time.padEnd(12)} ${fit(service, 14)} ${side.padEnd(3)} ${fit(method, 7)} ${fit(path, this.path)}`;
    return `${left} ${status.padStart(6)} ${ttfb.padStart(7)} ${total.padStart(7)} ${size.padStart(7)}${error === '' ? '' : `  ${printable(error)}`}\n`;
  }
}

function fit(text: string, width: number): string {
  const clean = printable(text);
  return clean.length <= width ? clean.padEnd(width) : `${clean.slice(0, width - 1)}…`;
}

/** Control characters (C0, DEL, C1) and direction marks as `\xNN` or `\u{...}`. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (c) => {
    const code = c.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Local time of day with ms. */
function clock(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** Three digits and a unit; `-` when unknown. */
export function duration(ns: number): string {
  if (ns < 0) return '-';
  if (ns < 999.5e3) return `${three(ns / 1e3)}us`;
  if (ns < 999.5e6) return `${three(ns / 1e6)}ms`;
  return ns < 9_999.5e9 ? `${three(ns / 1e9)}s` : `${Math.round(ns / 3_600e9)}h`;
}

export function bytes(n: number): string {
  if (n < 0) return '-';
  if (n < 1_000) return String(n);
  for (const [unit, size] of [
    ['k', 1e3],
    ['M', 1e6],
    ['G', 1e9],
  ] as const) {
    if (n < 999.5 * size) return `${three(n / size)}${unit}`;
  }
  return `${three(n / 1e12)}T`;
}

function three(n: number): string {
  return n >= 99.95 ? String(Math.round(n)) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2);
}
