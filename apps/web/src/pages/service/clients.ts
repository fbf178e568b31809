import type { RowOf } from '../../api/client.ts';
import { formatCount } from '../../format/numbers.ts';
import { statusText } from './routes.ts';

export type Client = RowOf<'/v1/clients'>;

/** Classes of status in the order they are stacked: what went well first, what has no status at the end. */
export const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'none'] as const;
export type StatusClass = (typeof CLASSES)[number];

/** `404` and `4xx` are of 4xx; `0` is no response. */
export function classOf(status: string): StatusClass {
  const digit = status.slice(0, 1);
  return digit === '0' ? 'none' : (CLASSES.find((c) => c.startsWith(digit)) ?? 'none');
}

export interface ClassShare {
  class: StatusClass;
  exchanges: number;
  /** of all of them */
  share: number;
}

/** What share each class has, in the order of the classes; classes without exchanges are left out. */
export function sharesOf(statuses: Readonly<Record<string, number>>): ClassShare[] {
  const sums = new Map<StatusClass, number>();
  let all = 0;
  for (const [status, n] of Object.entries(statuses)) {
    const c = classOf(status);
    sums.set(c, (sums.get(c) ?? 0) + n);
    all += n;
  }
  return CLASSES.flatMap((c) => {
    const exchanges = sums.get(c) ?? 0;
    return exchanges === 0 ? [] : [{ class: c, exchanges, share: exchanges / all }];
  });
}

/** Failures first, as that is what is looked for; within them and the rest the most frequent. */
export function codesOf(statuses: Readonly<Record<string, number>>): { code: string; text: string; failed: boolean; exchanges: number }[] {
  const bad = (code: string) => !['1xx', '2xx', '3xx'].includes(classOf(code));
  return Object.entries(statuses)
    .filter(([, n]) => n > 0)
    .map(([code, exchanges]) => ({ code: code === '0' ? 'none' : code, text: statusText(Number(code)), failed: bad(code), exchanges }))
    .toSorted((a, b) => Number(b.failed) - Number(a.failed) || b.exchanges - a.exchanges);
}

/** `429 310, 503 3, 200 9.1 k`: for readers and the CSV. */
export const codesText = (statuses: Readonly<Record<string, number>>): string =>
  codesOf(statuses)
    .map(({ code, exchanges }) => `${code === 'none' ? 'no response' : code} ${formatCount(exchanges)}`)
    .join(', ');

export const failuresOf = (c: Client): number => c.client_errors + c.server_errors + c.transport_errors;
