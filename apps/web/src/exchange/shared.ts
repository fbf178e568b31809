import { hasResponse, headersOf, textOf, type Exchange } from './exchange.ts';
import { shownValue, valueText } from './value.ts';

/** Where a property stands: what was asked with, what was answered with, or the exchange itself. */
export type Side = 'request' | 'response' | 'exchange';

export interface Feature {
  side: Side;
  /** header name in lower case, or the column */
  name: string;
  /** what of it: `demo-partner/0.3`, `expired`, `not sent` */
  text: string;
  kind: 'value' | 'fact' | 'present' | 'absent';
}

export interface Shared extends Feature {
  /** samples with it */
  failed: number;
  good: number;
}

export interface SharedAnswer {
  shared: Shared[];
  /** samples looked at */
  failed: number;
  good: number;
}

/** Differs in every exchange by its meaning; says nothing where there is only one sample to see that by. */
const PER_EXCHANGE = new Set(['date', 'x-request-id', 'x-correlation-id', 'traceparent', 'tracestate', 'age', 'etag', 'content-length', 'last-modified', 'if-none-match']);

/** Columns that can tell a bad group of requests, workers or addresses apart. */
const COLUMNS: Readonly<Record<string, string>> = {
  'url.query': 'query parameters',
  'network.protocol.version': 'HTTP version',
  'client.address': 'client address',
  'server.address': 'host asked for',
  'container.id': 'container',
  'k8s.pod.uid': 'pod',
  'headwater.unit': 'unit',
  'tls.protocol.version': 'TLS version',
};

function featuresOf(exchange: Exchange, names: ReadonlySet<string>): Map<string, Feature> {
  const out = new Map<string, Feature>();
  const add = (f: Feature): void => void out.set(`${f.side}\0${f.name}\0${f.kind}\0${f.text}`, f);
  for (const side of ['request', 'response'] as const) {
    const here = new Set<string>();
    for (const field of headersOf(exchange, side)) {
      const name = field.name.toLowerCase();
      here.add(name);
      add({ side, name, text: 'sent', kind: 'present' });
      const shown = shownValue(field);
      if (shown.kind === 'text' || shown.kind === 'shape') add({ side, name, text: valueText(field), kind: 'value' });
      if (shown.kind !== 'secret') continue;
      for (const fact of shown.facts) {
        if (fact.id === 'expiry') add({ side, name, text: fact.key === 'expired' ? 'token has expired' : 'token not yet expired', kind: 'fact' });
        else if (fact.id === 'scope' || fact.id === 'names')
          for (const one of fact.key.split(',')) add({ side, name, text: `${fact.id === 'scope' ? 'scope' : 'cookie'} ${one}`, kind: 'fact' });
        else add({ side, name, text: fact.id === 'scheme' ? `scheme ${fact.text}` : `${fact.label} ${fact.text}`, kind: 'fact' });
      }
    }
    for (const key of names) {
      const [at, name] = key.split(' ', 2) as [string, string];
      if (at === side && !here.has(name) && (side === 'request' || hasResponse(exchange))) add({ side, name, text: 'not sent', kind: 'absent' });
    }
  }
  for (const [column, name] of Object.entries(COLUMNS)) {
    const text = textOf(exchange, column);
    if (text !== null) add({ side: 'exchange', name, text, kind: 'value' });
  }
  return out;
}

const SIDES: Readonly<Record<Side, number>> = { request: 0, exchange: 1, response: 2 };
const KINDS: Readonly<Record<Feature['kind'], number>> = { value: 0, fact: 1, present: 2, absent: 3 };

/**
 * What most of the failed samples have (or lack) and none of the good ones: the strongest first, what was asked with
 * before what was answered with, which may be the failure itself. Empty without a sample on either side.
 */
export function findShared(failed: readonly Exchange[], good: readonly Exchange[]): SharedAnswer {
  const answer: SharedAnswer = { shared: [], failed: failed.length, good: good.length };
  if (failed.length === 0 || good.length === 0) return answer;
  const names = new Set<string>();
  for (const e of [...failed, ...good]) for (const side of ['request', 'response'] as const) for (const f of headersOf(e, side)) names.add(`${side} ${f.name.toLowerCase()}`);

  const counts = new Map<string, Shared>();
  const count = (list: readonly Exchange[], of: 'failed' | 'good'): void => {
    for (const e of list) {
      for (const [key, feature] of featuresOf(e, names)) {
        const known = counts.get(key) ?? { ...feature, failed: 0, good: 0 };
        known[of]++;
        counts.set(key, known);
      }
    }
  };
  count(failed, 'failed');
  count(good, 'good');

  const single = failed.length === 1;
  const telling = [...counts.values()].filter((s) => s.good === 0 && s.failed * 2 > failed.length && !(single && s.kind === 'value' && PER_EXCHANGE.has(s.name)));
  // "sent" says nothing new where a value of it is told that as many have.
  const better = new Map<string, number>();
  for (const s of telling) if (s.kind === 'value' || s.kind === 'fact') better.set(`${s.side} ${s.name}`, Math.max(better.get(`${s.side} ${s.name}`) ?? 0, s.failed));
  answer.shared = telling
    .filter((s) => s.kind !== 'present' || (better.get(`${s.side} ${s.name}`) ?? 0) < s.failed)
    .sort(
      (a, b) => b.failed - a.failed || SIDES[a.side] - SIDES[b.side] || KINDS[a.kind] - KINDS[b.kind] || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.text < b.text ? -1 : 1),
    );
  return answer;
}
