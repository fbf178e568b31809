import { addon } from './addon.ts';
import { CaptureError } from './errors.ts';
import { checkRules } from './options.ts';
import type { CaptureRules, HeaderDecision } from './port.ts';

export interface HeaderField {
  name: string;
  value: string;
}

/** Headers of one message, as they would cross a socket. */
export interface HeaderSample {
  direction: 'request' | 'response';
  service: string;
  /** the route template, such as `/orders/{int}` */
  route: string;
  headers: readonly HeaderField[];
}

/** One exchange as it would cross a socket. */
export interface ExchangeSample {
  method: string;
  /** origin form (`/a?b=c`) or absolute form */
  target: string;
  /** 0: no response */
  status: number;
  service?: string;
  role: 'server' | 'client';
  /** server.port */
  port: number;
  totalMs: number;
  /** default 203.0.113.9 */
  clientAddress?: string;
  requestHeaders: readonly HeaderField[];
  responseHeaders: readonly HeaderField[];
}

/** What filters and policy make of an exchange. */
export interface ExchangeDecision {
  logged: boolean;
  /** exchanges that a row of this kind stands for: N where a filter keeps one of N at random; 0 when not logged */
  weight: number;
  /** `shop@3 filter 2`, `no filter matches`, `an error: never sampled`, `slower than 1000 ms: never sampled`; two policies' answers joined by `; ` */
  by: string;
  route: string;
  /** url.path as it would leave */
  path: string;
  /** url.query as it would leave */
  query: string;
  clientAddress: string;
  /** by the same rules as `explainHeaders` */
  requestHeaders: HeaderDecision[];
  responseHeaders: HeaderDecision[];
}

/**
 * What would leave of these headers, and why, by the very code that redacts captured ones. Rules are counted from 1.
 * @throws CaptureError HW_CAPTURE_OPTION, HW_CAPTURE_ADDON
 */
export function explainHeaders(rules: CaptureRules, sample: HeaderSample): HeaderDecision[] {
  checkRules(rules);
  return addon().explainHeaders(rules, sample);
}

/**
 * Whether an exchange would be logged, and what of it would leave. Nothing is drawn at random: a sampled one is told
 * with its weight.
 * @throws CaptureError HW_CAPTURE_OPTION, HW_CAPTURE_ADDON
 */
export function explainExchange(rules: CaptureRules, sample: ExchangeSample): ExchangeDecision {
  checkRules(rules);
  const bad = [...sample.requestHeaders, ...sample.responseHeaders].find((h) => /[\r\n\0]/.test(h.name + h.value));
  if (bad) throw new CaptureError('HW_CAPTURE_OPTION', `header ${JSON.stringify(bad.name.slice(0, 40))} has a line break in it: give a value of one line`);
  try {
    return addon().explainExchange(rules, sample);
  } catch (cause) {
    throw new CaptureError('HW_CAPTURE_OPTION', `${(cause as Error).message}: give what a client and a server would send`, { cause });
  }
}
