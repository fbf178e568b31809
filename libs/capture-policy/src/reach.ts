import type { Filter, HeaderRule, PolicyDocument } from './document.ts';
import type { Finding } from './sentences.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

/** Keys in one order, so that equal conditions are equal texts. */
function condition(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v,
  );
}

function repeated<T>(list: readonly T[], field: string, conditionOf: (entry: T) => unknown, catchAll: (entry: T) => boolean): Finding[] {
  const found: Finding[] = [];
  const first = new Map<string, number>();
  let all = -1;
  list.forEach((entry, i) => {
    const text = condition(conditionOf(entry));
    const before = first.get(text);
    if (before !== undefined) found.push({ path: [field, i], message: `is never reached: ${field}[${before}] asks for the same; leave one out` });
    else if (all >= 0) found.push({ path: [field, i], message: `is never reached: ${field}[${all}] matches everything; put it last` });
    else first.set(text, i);
    if (all < 0 && catchAll(entry)) all = i;
  });
  return found;
}

/** What the schema cannot say: rules and filters that never decide anything, and methods in the wrong case. */
export function unreachable(doc: PolicyDocument): Finding[] {
  const rule = (r: HeaderRule): unknown => ({ ...r, header: r.header.toLowerCase(), action: undefined });
  const everyHeader = (r: HeaderRule): boolean => r.header === '*' && r.direction === undefined && [undefined, '*'].includes(r.service) && [undefined, '*'].includes(r.route);
  const found = [
    ...repeated(doc.headers ?? [], 'headers', rule, everyHeader),
    ...repeated(
      doc.filters ?? [],
      'filters',
      (f: Filter) => f.match ?? {},
      (f) => Object.keys(f.match ?? {}).length === 0,
    ),
  ];
  doc.filters?.forEach((f, i) =>
    f.match?.method?.forEach((m, j) => {
      if (!METHODS.includes(m) && METHODS.includes(m.toUpperCase()))
        found.push({ path: ['filters', i, 'match', 'method', j], message: `is "${m}": methods are compared in their very case; write ${m.toUpperCase()}` });
    }),
  );
  return found;
}
