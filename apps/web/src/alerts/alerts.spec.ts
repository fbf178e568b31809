import { describe, expect, it } from 'vitest';
import { byService, openSentence, placeOf, subjectText, worstFirst, type Alert, type Mute } from './alert.ts';
import { alertFigures, figureLabel } from './figures.ts';
import { matchOf, matchParameter, matchText, mutedText, muteFor, muteOf, parseMatch, untilChoices } from './mute.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const iso = (ms: number) => new Date(ms).toISOString();
const minutes = (n: number) => n * 60_000;

const alert = (more: Partial<Alert> = {}): Alert =>
  ({
    id: 'a',
    rule: 'error-burn-page',
    kind: 'error_burn',
    severity: 'page',
    subject: { service: 'shop' },
    state: 'open',
    title: 'shop burns',
    opened_at: iso(NOW - minutes(90)),
    opening_window: { start: iso(NOW - minutes(91)), end: iso(NOW - minutes(90)) },
    resolved_at: null,
    muted: false,
    muted_by: null,
    ...more,
  }) as Alert;

describe('what is open', () => {
  const ticket = alert({ id: 'b', severity: 'ticket', title: 'cart is slow', subject: { service: 'cart' }, opened_at: iso(NOW - minutes(200)) });
  const muted = alert({ id: 'c', muted: true, title: 'pay burns', subject: { service: 'pay' } });

  it('is ordered by how bad it is, muted ones last, then by age', () => {
    const older = alert({ id: 'd', opened_at: iso(NOW - minutes(300)) });
    expect([muted, ticket, alert(), older].toSorted(worstFirst).map((a) => a.id)).toEqual(['d', 'a', 'b', 'c']);
  });
  it('is said in a line that names the worst', () => {
    expect(openSentence([ticket, alert(), muted], NOW)).toMatch(/^3\u00a0alerts are open, 1 of them muted\. Worst, since \d\d:\d\d: shop burns$/);
    expect(openSentence([muted], NOW)).toMatch(/^1\u00a0alert is open, muted\. Since \d\d:\d\d: pay burns$/);
    expect(openSentence([], NOW)).toBe('No alert is open.');
  });
  it('is found by service', () => {
    const found = byService([ticket, alert({ id: 'e', severity: 'info' }), alert(), alert({ subject: { host: 'web-1' } })]);
    expect([...found.keys()].toSorted()).toEqual(['cart', 'shop']);
    expect(found.get('shop')?.map((a) => a.severity)).toEqual(['page', 'info']);
  });
});

describe('where an alert leads', () => {
  const around = { from: '2026-11-22T09:59:00Z', to: '2026-11-22T11:00:00Z' };
  it('to its service at the time it opened', () =>
    expect(placeOf(alert(), NOW)).toEqual({ to: '/services/$service', params: { service: 'shop' }, search: { ...around, role: null } }));
  it('to now while that is not over', () => expect(placeOf(alert({ opened_at: iso(NOW - minutes(5)) }), NOW).search).toMatchObject({ to: 'now' }));
  it('to the failed exchanges of a route that began to fail', () =>
    expect(placeOf(alert({ kind: 'new_failing_route', subject: { service: 'shop', method: 'GET', route: '/a/{int}' } }), NOW)).toEqual({
      to: '/failures',
      search: { ...around, role: null, at: 'GET /a/{int} shop' },
    }));
  it('to the host', () => expect(placeOf(alert({ subject: { host: 'web-1' } }), NOW)).toEqual({ to: '/fleet', search: { ...around, host: 'web-1' } }));
  it('is said by its subject', () =>
    expect([{ service: 'shop' }, { service: 'shop', method: 'GET', route: '/a' }, { host: 'web-1' }, {}].map(subjectText)).toEqual([
      'shop',
      'GET /a of shop',
      'host web-1',
      'the fleet',
    ]));
});

describe('figures of an alert', () => {
  it('have the unit of their name, and what they are now where that differs', () => {
    const said = alertFigures({ error_ratio: 0.0757, long_burn_rate: 15.2, exchanges: 4_120 }, { error_ratio: 0.0757, long_burn_rate: 9, p99_ms: 1_234 });
    expect(said.map((f) => [f.label, f.opened, f.last].join('|').replaceAll('\u00a0', ' '))).toEqual([
      'Error rate|7.6 %|',
      'Burn rate, long window|15.2×|9×',
      'Exchanges|4.1 k|',
      'p99|–|1.2 s',
    ]);
  });
  it('are named without their unit', () =>
    expect(['silent_seconds', 'lost_ratio', 'within_minutes', 'rate_per_s'].map(figureLabel)).toEqual(['Silent', 'Lost', 'Within', 'Rate a second']));
});

describe('mutes', () => {
  const mute = (more: Partial<Mute> = {}): Mute =>
    ({ id: 'm', match: { service: 'sh*' }, starts_at: iso(NOW), ends_at: iso(NOW + minutes(60)), comment: 'why', state: 'active', ...more }) as Mute;

  it('match what an alert is about, or its rule too', () => {
    const subject = { service: 'shop', method: 'GET', route: '/a' };
    expect(matchOf(subject, null)).toEqual({ service: 'shop', route: '/a' });
    expect(matchText(matchOf(subject, 'r'))).toBe('service shop, route /a, rule r');
    expect(parseMatch(matchParameter(matchOf(subject, 'r')))).toEqual({ service: 'shop', route: '/a', rule: 'r' });
  });
  it('last an hour, four, or until nine tomorrow', () => {
    const [hour, four, morning] = untilChoices(NOW).map((u) => u.at);
    expect([hour, four]).toEqual([NOW + minutes(60), NOW + minutes(240)]);
    const nine = new Date(morning ?? 0);
    expect([nine.getHours(), nine.getMinutes(), nine.getDate()]).toEqual([9, 0, new Date(NOW + minutes(24 * 60)).getDate()]);
  });
  it('are found for an alert by name, else by what they match', () => {
    const other = mute({ id: 'n', match: { service: 'shop', severity: 'info' } });
    const quiet = alert({ muted: true, muted_by: 'n' });
    expect(muteFor(quiet, [mute(), other])?.id).toBe('n');
    expect(muteFor({ ...quiet, muted_by: null }, [other, mute()])?.id).toBe('m');
    expect(muteFor(alert(), [mute()])).toBeUndefined();
    expect(muteFor(quiet, [mute({ state: 'ended' })])).toBeUndefined();
    expect([mutedText(mute(), NOW), mutedText(undefined, NOW)]).toEqual([expect.stringMatching(/^muted until \d\d:\d\d$/), 'muted']);
  });
  it('by globs', () => {
    const hit = (service: string) => muteFor(alert({ muted: true }), [mute({ match: { service } })]) !== undefined;
    expect(['shop', '*', 's*p', 'sh*op', '*shop*', 'sho', 'shop-*', 's*shop', 'x*'].map(hit)).toEqual([true, true, true, true, true, false, false, false, false]);
  });
  it('say which field is wrong', () => {
    const draft = { from: '2026-11-22T10:00Z', to: '2026-11-22T14:00Z', match: { service: ' shop ', route: '' }, comment: ' release ' };
    expect(muteOf(draft, NOW)).toEqual({ mute: { match: { service: 'shop' }, starts_at: '2026-11-22T10:00:00Z', ends_at: '2026-11-22T14:00:00Z', comment: 'release' } });
    const wrong = (more: object) => (muteOf({ ...draft, ...more }, NOW) as { field: string }).field;
    expect([{ from: '' }, { to: '' }, { to: '2026-11-22T09:00Z' }, { to: '2026-11-22T11:00Z' }, { match: {} }, { comment: ' ' }].map(wrong)).toEqual([
      'from',
      'to',
      'to',
      'to',
      'match',
      'comment',
    ]);
  });
});
