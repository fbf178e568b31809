import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS } from './build.ts';
import { INPUT_SCHEMA } from './input-schema.ts';
import { DROP_REASONS } from './resolve.ts';
import { THRESHOLDS } from './rules/thresholds.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
}

it('what a model is told is listed to the field', () => {
  const table = readme.split('## What a model is told')[1]!.split('**Never told**')[0]!;
  const rows = new Map([...table.matchAll(/^\| (.*?) \| (.*) \|$/gm)].flatMap(([, parts, text]) => [...parts!.matchAll(/`(\w+)(?:\[\])?`/g)].map((m) => [m[1]!, text!] as const)));
  const { properties } = INPUT_SCHEMA as Schema;
  expect([...rows.keys(), 'schema'].sort()).toEqual([...Object.keys(properties!), 'before'].sort());
  for (const [part, schema] of Object.entries(properties!)) {
    const own = schema.items ?? schema.anyOf?.[0] ?? schema;
    for (const field of Object.keys(own.properties ?? {})) expect(rows.get(part), `${part}.${field}`).toContain(`\`${field}\``);
  }
  expect(table).toContain(
    `At most ${DEFAULT_LIMITS.services} services, ${DEFAULT_LIMITS.endpoints} endpoints, ${DEFAULT_LIMITS.failures} failures, ${DEFAULT_LIMITS.headers}\nheaders, ${DEFAULT_LIMITS.hosts} hosts, ${DEFAULT_LIMITS.alerts} alerts and ${DEFAULT_LIMITS.bytes / 1000} kB`,
  );
});

it('reasons and thresholds are those of the code', () => {
  expect([...readme.matchAll(/^\| `(\w+)` \| (?:none|it cites|the title|beyond)/gm)].map((m) => m[1])).toEqual([...DROP_REASONS]);
  const says = (text: string) => expect(readme.replace(/\s+/g, ' ')).toContain(text);
  says(`${THRESHOLDS.failed} failed, a point more and twice as often`);
  says(`${THRESHOLDS.page_pct} % of the service's exchanges and ${THRESHOLDS.page_failed} of them`);
  says(
    `the median ${THRESHOLDS.p50_times} times and ${THRESHOLDS.p50_ms} ms more, of ${THRESHOLDS.least_exchanges} exchanges in both windows; or p99 twice and ${THRESHOLDS.p99_ms} ms more, of ${THRESHOLDS.least_for_p99}`,
  );
  says(`${THRESHOLDS.client_errors} answers 401/403, 429, 404 or another 4xx, ${THRESHOLDS.client_points} points more`);
  says(`${THRESHOLDS.traffic_times} times as much or as little, of ${THRESHOLDS.traffic_least} exchanges`);
  says(`no heartbeat for ${THRESHOLDS.silent_s} s`);
  says(`${THRESHOLDS.lost_pct} % of exchanges lost, or less than ${THRESHOLDS.coverage_pct} % read`);
});
