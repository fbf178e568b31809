import { formatBytes, formatMs } from '../format/numbers.ts';
import { formatDay, formatSeconds } from '../format/times.ts';
import { numberOf, outcomeOf, textOf, type Exchange } from './exchange.ts';

export interface ExchangeFact {
  id: string;
  label: string;
  value: string;
  /** by which a difference is judged: undefined by the text, null never (it differs between any two exchanges) */
  amount?: Amount | null;
}

/** Times and sizes differ between any two exchanges; they tell something when one is `factor` times the other. */
interface Amount {
  n: number;
  factor: number;
}

type Told = [value: string | null, amount?: Amount | null];

function time(exchange: Exchange, column: string): Told {
  const ns = numberOf(exchange, column);
  return ns === null ? [null] : [formatMs(ns / 1e6), { n: ns, factor: 5 }];
}

function size(exchange: Exchange, column: string): Told {
  const bytes = numberOf(exchange, column);
  return bytes === null ? [null] : [formatBytes(bytes), { n: bytes, factor: 2 }];
}

/** What is known to be imperfect in an exchange, in words. */
const FLAGS: Readonly<Record<string, string>> = {
  request_head_truncated: 'request headers cut',
  response_head_truncated: 'response headers cut',
  end_inferred: 'end inferred',
  gap: 'bytes missing',
  mid_connection: 'connection older than the capture',
  trailer_unseen: 'trailers not seen',
  resync: 'after a loss',
  body_unreadable: 'body not read',
  early_response: 'answered before the request was over',
  peer_unknown: 'peer not known',
  interim_seen: 'interim response before',
  upgraded: 'upgraded',
  replayed: 'replayed recording',
  head_malformed: 'malformed head',
};

/** The exchange itself, without its headers; what is not known is left out. */
export function exchangeFacts(exchange: Exchange): ExchangeFact[] {
  const began = Date.parse(exchange.start_time);
  const flags = Array.isArray(exchange['headwater.flags']) ? (exchange['headwater.flags'] as string[]).map((f) => FLAGS[f] ?? f.replaceAll('_', ' ')) : [];
  // A long exchange whose end had not come, or of which only the end was kept: it has no headers.
  const phase = textOf(exchange, 'headwater.phase');
  const version = textOf(exchange, 'network.protocol.version');
  const facts: [id: string, label: string, ...told: Told][] = [
    ['outcome', 'Outcome', outcomeOf(exchange)],
    ['time', phase === 'end' ? 'Ended' : 'Began', Number.isNaN(began) ? exchange.start_time : `${formatDay(began)} ${formatSeconds(began)}`, null],
    ['ttfb', 'First byte after', ...time(exchange, 'headwater.ttfb_ns')],
    ['total', 'Took', ...(phase === 'begin' ? (['still open when it was kept', null] satisfies Told) : time(exchange, 'headwater.total_ns'))],
    ['query', 'Query parameters', textOf(exchange, 'url.query')],
    ['request', 'Request', ...size(exchange, 'http.request.size')],
    ['response', 'Response', ...size(exchange, 'http.response.size')],
    ['server', 'Host asked for', textOf(exchange, 'server.address')],
    ['client', 'Client', textOf(exchange, 'client.address')],
    [
      'protocol',
      'Protocol',
      version === null ? null : `HTTP/${version}${textOf(exchange, 'url.scheme') === 'https' ? `, TLS ${textOf(exchange, 'tls.protocol.version') ?? ''}`.trimEnd() : ''}`,
    ],
    ['program', 'Program', textOf(exchange, 'process.executable.name')],
    ['container', 'Container', textOf(exchange, 'container.id')?.slice(0, 12) ?? null],
    ['unit', 'Unit', textOf(exchange, 'headwater.unit')],
    ['grpc', 'gRPC status', numberOf(exchange, 'rpc.grpc.status_code')?.toString() ?? null],
    ['flags', 'Imperfect', flags.length === 0 ? null : flags.join(', ')],
  ];
  return facts.flatMap(([id, label, value, amount]) => (value === null ? [] : [{ id, label, value, ...(amount === undefined ? {} : { amount }) }]));
}

/** The facts of two exchanges beside each other, in the order of the first. */
export function pairFacts(left: Exchange, right: Exchange): { id: string; label: string; left: string | null; right: string | null; differs: boolean }[] {
  const a = exchangeFacts(left);
  const b = exchangeFacts(right);
  const ids = [...a.map((f) => f.id), ...b.map((f) => f.id).filter((id) => !a.some((f) => f.id === id))];
  return ids.map((id) => {
    const l = a.find((f) => f.id === id);
    const r = b.find((f) => f.id === id);
    const one = (l ?? r)!;
    return { id, label: one.label, left: l?.value ?? null, right: r?.value ?? null, differs: one.amount !== null && differ(l, r) };
  });
}

function differ(a: ExchangeFact | undefined, b: ExchangeFact | undefined): boolean {
  if (a?.amount && b?.amount) return Math.max(a.amount.n, b.amount.n) >= a.amount.factor * Math.min(a.amount.n, b.amount.n) && a.amount.n !== b.amount.n;
  return a?.value !== b?.value;
}
