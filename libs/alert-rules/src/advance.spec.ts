import { describe, expect, it } from 'vitest';
import type { Alert, Mute } from './alert.ts';
import { MAX_OPEN, advance, advanceService, alertId, emptyMemory, keyOf } from './advance.ts';
import { BUILT_IN_RULES } from './built-in.ts';
import { MINUTE_MS } from './history.ts';
import { isMuted } from './mute.ts';
import type { Finding, Memory } from './port.ts';
import { ERRORS, ROUTES, T, end, historyOf, minute } from './testing/facts.ts';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const finding = (more: Partial<Finding> = {}): Finding => ({
  rule: ERRORS,
  subject: { service: 'shop' },
  title: 't',
  description: 'd',
  values: { failed: 1 },
  complete: true,
  ...more,
});
const steps = (memory: Memory, minutes: number[], findings: Finding[], rules = [ERRORS]) =>
  minutes.reduce<{ memory: Memory; said: string[] }>(
    ({ memory: m, said }, n) => {
      const step = advance(m, findings, rules, end(n));
      return { memory: step.memory, said: [...said, ...step.transitions.map((t) => `${n} ${t.event} ${t.alert.resolution ?? ''}`.trim())] };
    },
    { memory, said: [] },
  );

describe('advance', () => {
  it('opens once, is resolved after its quiet minutes in a row, and opens anew under another id', () => {
    const first = steps(emptyMemory(T), [0, 1, 2], [finding()]);
    expect(first.said).toEqual(['0 opened']);
    const quiet = steps(first.memory, [3, 4, 5, 6], []);
    expect(quiet.said).toEqual([]);
    expect(steps(steps(quiet.memory, [7], [finding()]).memory, [8, 9, 10, 11], []).said).toEqual([]);
    const done = steps(quiet.memory, [7], []);
    expect(done.said).toEqual(['7 resolved recovered']);
    const [before, after] = [first.memory, steps(done.memory, [9], [finding()]).memory].map((m) => Object.values(m.open)[0]!.alert.id);
    expect([before, after]).toEqual([alertId('errors', { service: 'shop' }, T), alertId('errors', { service: 'shop' }, T + 9 * MINUTE_MS)]);
    expect(before).toMatch(/^[0-9a-f]{32}$/);
    expect(before).not.toBe(after);
  });

  it('an instant that was evaluated already changes nothing; a gap counts as one minute; the memory given stays as it is', () => {
    const { memory } = steps(emptyMemory(T), [5], [finding()]);
    const frozen = JSON.stringify(memory);
    expect(advance(memory, [], [ERRORS], end(5))).toEqual({ memory, transitions: [], updated: [] });
    expect(advance(memory, [], [ERRORS], end(2)).memory).toBe(memory);
    expect(steps(memory, [500], []).said).toEqual([]);
    expect(steps(memory, [500, 501, 502, 503, 504], []).said).toEqual(['504 resolved recovered']);
    expect(JSON.stringify(memory)).toBe(frozen);
  });

  it('tells figures that changed, and only those; lost data stays said', () => {
    const { memory } = steps(emptyMemory(T), [0], [finding()]);
    expect(advance(memory, [finding()], [ERRORS], end(1)).updated).toEqual([]);
    const next = advance(memory, [finding({ values: { failed: 2 }, complete: false })], [ERRORS], end(1));
    expect(next.updated).toMatchObject([{ revision: 2, values: { failed: 1 }, last_values: { failed: 2 }, complete: false }]);
    expect(advance(next.memory, [finding()], [ERRORS], end(2)).updated).toMatchObject([{ revision: 3, complete: false }]);
  });

  it('a rule that is gone, off, of another kind or no longer for the subject takes its alerts along', () => {
    const { memory } = steps(emptyMemory(T), [0], [finding()]);
    for (const rules of [[], [{ ...ERRORS, enabled: false }], [{ ...ROUTES, id: 'errors' }], [{ ...ERRORS, subjects: ['mail'] }]])
      expect(advance(memory, [], rules, end(1)).transitions).toMatchObject([
        { event: 'resolved', alert: { resolution: 'rule_removed', resolved_at: new Date(end(1)).toISOString() } },
      ]);
  });

  it('what only holds opens nothing; no rule opens more than its share', () => {
    const route = (i: number, more: Partial<Finding> = {}) => finding({ rule: ROUTES, subject: { service: 'shop', method: 'GET', route: `/${i}` }, ...more });
    expect(steps(emptyMemory(T), [0], [route(1, { holds_only: true })], [ROUTES] as never).said).toEqual([]);
    const many = range(0, 50).map((i) => route(i));
    const { memory, said } = steps(emptyMemory(T), [0, 1], many, [ROUTES] as never);
    expect(said).toHaveLength(MAX_OPEN);
    expect(Object.keys(memory.open)).toHaveLength(MAX_OPEN);
    expect(
      steps(
        memory,
        range(2, 60),
        many.map((f) => ({ ...f, holds_only: true as const })),
        [ROUTES] as never,
      ).said,
    ).toEqual([]);
  });
});

it('page and ticket for one cause: the page opens and says so, the ticket only for what burns on after it', () => {
  const [page, ticket] = BUILT_IN_RULES as [typeof ERRORS, typeof ERRORS];
  const rules = [ticket, page];
  const outage = [...range(0, 120).map((m) => minute(m, 1000)), ...range(120, 150).map((m) => minute(m, 1000, 1000))];
  const said = (facts: Parameters<typeof historyOf>[1], until: number) =>
    advanceService(emptyMemory(end(360)), historyOf(rules, facts), rules, end(until)).transitions.map(
      (t) => `${(Date.parse(t.alert.opened_at) - T) / MINUTE_MS} ${t.event} ${t.alert.rule}`,
    );
  const live = advanceService(emptyMemory(T), historyOf(rules, outage), rules, end(360));
  expect(live.transitions.map((t) => `${t.event} ${t.alert.rule}`)).toEqual(['opened error-burn-page', 'resolved error-burn-page']);
  expect(live.transitions[0]!.alert.description).toContain('error-burn-ticket holds for the same failures and is not opened beside it');
  const creeping = [...range(0, 120).map((m) => minute(m, 1000)), ...range(120, 150).map((m) => minute(m, 1000, 500))];
  const crept = advanceService(emptyMemory(T), historyOf(rules, creeping), rules, end(149)).transitions;
  expect(crept.map((t) => t.alert.rule)).toEqual(['error-burn-ticket', 'error-burn-page']);
  expect(crept[1]!.alert.description).toContain(`error-burn-ticket holds for the same failures and is open since ${crept[0]!.alert.opened_at}`);
  // A slow burn that begins hours later, and one that went on.
  const slow = [...outage, ...range(150, 1200).map((m) => minute(m, 1000, 4))];
  const on = advanceService(live.memory, historyOf(rules, slow.slice(0, 720)), rules, end(719));
  expect(on.transitions.map((t) => `${t.event} ${t.alert.rule}`)).toEqual(['opened error-burn-ticket']);
  expect(
    said(
      range(0, 719).map((m) => minute(m, 1000, 4)),
      719,
    )[0],
  ).toMatch(/opened error-burn-ticket/);
});

it('mutes: all that is named must match, within its time; globs', () => {
  const mute = (match: Mute['match'], more: Partial<Mute> = {}): Mute => ({
    schema: 1,
    id: 'm1',
    match,
    starts_at: new Date(T).toISOString(),
    ends_at: new Date(T + 1000).toISOString(),
    comment: '',
    created_by: '',
    created_at: '',
    ...more,
  });
  const alert: Pick<Alert, 'rule' | 'severity' | 'subject'> = { rule: 'errors', severity: 'page', subject: { service: 'shop-eu', route: '/pay/{int}' } };
  const muted = (match: Mute['match'], at = T) => isMuted([mute(match)], alert, at) !== null;
  expect([muted({}), muted({ rule: 'errors', severity: 'page', service: 'shop-*', route: '/pay/*' })]).toEqual([true, true]);
  expect([muted({ service: 'mail' }), muted({ service: 'shop-*', rule: 'x' }), muted({ severity: 'info' }), muted({ host: '*' }), muted({ route: '/' })]).toEqual(
    Array(5).fill(false),
  );
  expect([muted({}, T - 1), muted({}, T + 999), muted({}, T + 1000)]).toEqual([false, true, false]);
  expect(isMuted([mute({}), mute({}, { id: 'm2', ends_at: new Date(T + 5000).toISOString() })], alert, T)).toBe('m2');
  expect(isMuted([mute({ service: `${'*a'.repeat(200)}b` })], { ...alert, subject: { service: 'a'.repeat(5000) } }, T)).toBeNull();
});

it('rule and subject make one key; no name can make that of another', () => {
  expect(keyOf('r', { service: 'a","b' })).not.toBe(keyOf('r', { service: 'a', method: 'b' }));
});
