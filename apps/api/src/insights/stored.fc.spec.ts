// What another version wrote, or a hand, is shown or left out, and never breaks an answer.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GatewayStatus, SentRecord } from '@headwater/insight-rules';
import { findingOf, insightOf } from '../testing/insights.ts';
import { gatewayAnswer } from './gateway.ts';
import { insightRow, insightRows, seesPlace } from './rows.ts';
import { parseInsight, parseSent, parseStatus } from './stored.ts';

const RUNS = { numRuns: 200 * Number(process.env['HW_PROPERTY_RUNS'] ?? 1) };
const AT = Date.UTC(2026, 10, 22, 10);
const WHO = { issuer: 'i', subject: 's', clientId: 'c', expiresAt: 0, services: null, scopes: new Set(['insights:read', 'fleet:read']) };

const INSIGHT = insightOf(1, AT, {
  findings: [
    findingOf('f1'),
    findingOf('m1', { source: 'model', evidence: [{ id: 'hdr_1', kind: 'header', label: 'h', service: 'shop', header: 'x-a', figures: { direction: 'request' } }] }),
  ],
});
const AT_TEXT = '2026-11-22T10:00:00Z';
const STATUS: GatewayStatus = {
  schema: 1,
  instance: 'a',
  at: AT_TEXT,
  gateway: { name: 'g', kind: 'wealthsimple', host: 'h:1', model: 'm' },
  breaker: { state: 'open', until: AT_TEXT },
  queued: 1,
  budget: { day: '2026-11-22', tokens: { used: 1, limit: 2 }, usd: { used: 1, limit: 2 } },
  last_success_at: AT_TEXT,
  last_failure: { at: AT_TEXT, reason: 'timeout', detail: 'd' },
};
const SENT: SentRecord = {
  schema: 1,
  input_sha256: 'a',
  insight: 'b',
  sent_at: AT_TEXT,
  gateway: 'g',
  host: 'h',
  model: 'm',
  input: '{}',
  requests: [{ at: AT_TEXT, body: '{}', status: 200, answer: '', error: null }],
  aliases: { svc_1: { kind: 'service', label: 'x', service: 'shop' } },
};

type Path = (string | number)[];
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([k, v]) => pathsOf(v, [...at, Array.isArray(value) ? Number(k) : k]))];
}
/** The document with one place of it gone or another. */
const damaged = (document: object): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...pathsOf(document).slice(1)), fc.oneof(fc.constant(undefined), fc.jsonValue())).map(([path, value]) => {
    const copy = structuredClone(document) as Record<string, unknown>;
    let place: Record<string | number, unknown> = copy;
    for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
    const last = path.at(-1) as string | number;
    if (value === undefined && !Array.isArray(place)) delete place[last];
    else place[last] = value ?? null;
    return JSON.stringify(copy);
  });

test('insights', () => {
  expect(parseInsight(JSON.stringify(INSIGHT))).toEqual(INSIGHT);
  fc.assert(
    fc.property(damaged(INSIGHT), (text) => {
      const insight = parseInsight(text);
      if (insight === null) return;
      const wanted = { range: { start: 0, end: AT }, service: 'shop', host: 'h', triggers: null, states: null, severity: 'page', source: 'model', alert: 'a' } as const;
      insightRows([insight], wanted, WHO);
      insightRows([insight], { ...wanted, service: null, host: null, alert: null }, WHO);
      expect(insightRow(insight, WHO).links.self).toContain(insight.id);
    }),
    RUNS,
  );
});
test('what was sent', () => {
  expect(parseSent(JSON.stringify(SENT))).toEqual(SENT);
  fc.assert(
    fc.property(damaged(SENT), (text) => {
      for (const place of Object.values(parseSent(text)?.aliases ?? {})) seesPlace({ ...WHO, services: ['shop'] }, place);
    }),
    RUNS,
  );
});
test('the gateway', () => {
  expect(parseStatus(JSON.stringify(STATUS))).toEqual(STATUS);
  fc.assert(
    fc.property(damaged(STATUS), (text) => {
      const statuses = [STATUS, parseStatus(text)].filter((s) => s !== null);
      expect(gatewayAnswer(statuses, true, WHO).configured).toBe(true);
      gatewayAnswer(statuses.slice(1), true, WHO);
    }),
    RUNS,
  );
});
