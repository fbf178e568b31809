import { formatBytes, formatMs } from '../format/numbers.ts';
import { formatDay, formatSeconds } from '../format/times.ts';
import { numberOf, outcomeOf, textOf, type Exchange } from './exchange.ts';

export interface ExchangeFact {
  id: string;
  label: string;
  value: string;
  /** differs between any two exchanges, so a difference says nothing */
  always: boolean;
}

const ns = (exchange: Exchange, column: string): string | null => {
  const value = numberOf(exchange, column);
  return value === null ? null : formatMs(value / 1e6);
};
const bytes = (exchange: Exchange, column: string): string | null => {
  const value = numberOf(exchange, column);
  return value === null ? null : formatBytes(value);
};

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
  const time = Date.parse(exchange.start_time);
  const flags = Array.isArray(exchange['headwater.flags']) ? (exchange['headwater.flags'] as string[]).map((f) => FLAGS[f] ?? f.replaceAll('_', ' ')) : [];
  const version = textOf(exchange, 'network.protocol.version');
  const facts: [id: string, label: string, value: string | null, always?: boolean][] = [
    ['outcome', 'Outcome', outcomeOf(exchange)],
    ['time', 'Began', Number.isNaN(time) ? exchange.start_time : `${formatDay(time)} ${formatSeconds(time)}`, true],
    ['ttfb', 'First byte after', ns(exchange, 'headwater.ttfb_ns'), true],
    ['total', 'Took', ns(exchange, 'headwater.total_ns'), true],
    ['query', 'Query parameters', textOf(exchange, 'url.query')],
    ['request', 'Request', bytes(exchange, 'http.request.size')],
    ['response', 'Response', bytes(exchange, 'http.response.size')],
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
  return facts.flatMap(([id, label, value, always]) => (value === null ? [] : [{ id, label, value, always: always ?? false }]));
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
    return { id, label: one.label, left: l?.value ?? null, right: r?.value ?? null, differs: !one.always && l?.value !== r?.value };
  });
}
