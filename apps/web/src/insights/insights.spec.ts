import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowOf } from './ask.ts';
import { evidenceFigures, figuresLine } from './figures.ts';
import { eventsAddress, follow, type Events } from './follow.ts';
import { placeOfHref } from './href.ts';
import {
  cites,
  findingsAbout,
  findingsOnAlert,
  isOver,
  newestFirst,
  severityOf,
  sourceText,
  worstFirst,
  type Evidence,
  type Finding,
  type Insight,
  type ModelPart,
} from './insight.ts';
import { indented, visible } from './text.ts';
import { costText, droppedText, formatUsd, modelText, REASONS } from './words.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const evidence = (more: Partial<Evidence> = {}): Evidence => ({ id: 'svc_1', kind: 'service', label: 'shop', service: 'shop', figures: {}, href: '/services/shop', ...more });
const finding = (more: Partial<Finding> = {}): Finding => ({
  id: 'f1',
  source: 'rules',
  severity: 'ticket',
  title: 'shop fails',
  what_changed: '',
  likely_cause: null,
  check_next: [],
  confidence: 'high',
  evidence: [evidence()],
  ...more,
});
const model = (more: Partial<ModelPart> = {}): ModelPart => ({
  state: 'done',
  reason: null,
  detail: null,
  gateway: 'portkey',
  model: 'gpt-4o',
  input_sha256: null,
  sent_at: null,
  took_ms: 1_234,
  attempts: 1,
  repaired: false,
  format: 'json_schema',
  tokens: { input: 1_204, output: 300 },
  cost_usd: 0.0012,
  request_id: null,
  dropped: {},
  ...more,
});
const WINDOW = { start: '2026-11-22T12:00:00Z', end: '2026-11-22T12:15:00Z' };
const insight = (more: Partial<Insight> = {}): Insight => ({
  schema: 1,
  id: 'a',
  trigger: 'alert',
  subject: { service: 'shop' },
  state: 'done',
  failure: null,
  window: WINDOW,
  compared_with: null,
  created_at: '2026-11-22T12:15:30Z',
  updated_at: '2026-11-22T12:15:30Z',
  alerts: [],
  complete: true,
  findings: [finding()],
  model: model({ state: 'off', reason: 'no_gateway' }),
  requested_by: null,
  revision: 1,
  links: { self: '/v1/insights/a', events: '/v1/insights/a/events', sent: null },
  ...more,
});

describe('what others wrote', () => {
  it('has nothing in it that is not seen', () => {
    expect(visible('safe\u202etxt.exe\u2066\u200b\u0007\u{e0041}\u001b[31m')).toBe('safe‹U+202E›txt.exe‹U+2066›‹U+200B›‹U+0007›‹U+E0041›‹U+001B›[31m');
    expect(visible('<img src=x onerror=alert(1)>\n\t[a](javascript:alert(1)) é 漢 👩')).toBe('<img src=x onerror=alert(1)>\n\t[a](javascript:alert(1)) é 漢 👩');
  });
  it('whatever it is, and says it twice the same', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        expect(visible(shown)).toBe(shown);
      }),
    ));
  it('is indented where it is JSON', () => expect([indented('{"a":1}'), indented('{')]).toEqual(['{\n  "a": 1\n}', '{']));
});

describe('where an evidence leads', () => {
  const pages = [{ path: '/' }, { path: '/services/$service' }, { path: '/failures' }];
  it('is a page of ours, with its filters', () => {
    expect(placeOfHref('/services/my%20shop?from=2026-11-22T12:00:00Z&to=2026-11-22T12:15:00Z&route=/orders/{int}', pages)).toEqual({
      to: '/services/$service',
      params: { service: 'my shop' },
      search: { role: null, from: '2026-11-22T12:00:00Z', to: '2026-11-22T12:15:00Z', route: '/orders/{int}' },
    });
    expect(placeOfHref('/failures?at=GET+/x?y+shop#z', pages)).toEqual({ to: '/failures', params: {}, search: { role: null, at: 'GET /x?y shop' } });
    expect(placeOfHref('/', pages)?.to).toBe('/');
  });
  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,x',
    'https://evil.example/failures',
    '//evil.example/failures',
    '/\\evil.example/failures',
    '/\t/evil.example/failures',
    '/\n/failures',
    '\\\\evil.example',
    'failures',
    '../failures',
    '/failures/',
    '/v1/insights',
    '/bff/logout',
    '/services/..',
    '/services/%2e%2e',
    '/services/.',
    '/services/',
    '/services/%ff',
    '/services/a/b',
    '/failures\u202e',
    '',
  ])('never %j', (href) => expect(placeOfHref(href, pages)).toBeNull());
  it('never anywhere else, whatever it is', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((s) => `/${s}`),
          fc.string().map((s) => `/services/${s}`),
        ),
        (href) => {
          const place = placeOfHref(href, pages);
          if (place === null) return;
          expect(pages.map((p) => p.path)).toContain(place.to);
          expect(new URL(href, 'http://here.test').origin).toBe('http://here.test');
        },
      ),
    ));
});

describe('figures of an evidence', () => {
  it('have their units, and stand beside those of before', () =>
    expect(plain(figuresLine({ exchanges: '1.2e8', error_pct: 34, before_error_pct: 0.1, p99_ms: 1_234, statuses: '200:10; 502:5', exchanges_per_s: 12.3 }))).toBe(
      'Exchanges 120 M · Failed 34 %, was 0.1 % · p99 1.2 s · Statuses 200:10; 502:5 · Rate 12.3/s',
    ));
  it('one of before stands alone where there is no other', () =>
    expect(evidenceFigures({ before_share_pct: 12 }).map((f) => [f.label, plain(f.text), f.before])).toEqual([['Share before', '12 %', null]]));
  it('words are words, and what is said already is not said again', () =>
    expect(figuresLine({ name: 'x-key', method: 'GET', route: '/', status: 500, kind: 'credential_in_clear', direction: 'request', change: 'none' })).toBe(
      'Kind\u00a0credential in clear · Direction\u00a0request',
    ));
  it('texts show what cannot be seen', () => expect(figuresLine({ change: 'new\u202e' })).toContain('new‹U+202E›'));
});

describe('the order', () => {
  const worse = insight({ id: 'b', created_at: '2026-11-22T11:00:00Z', findings: [finding(), finding({ severity: 'page' })] });
  const none = insight({ id: 'c', created_at: '2026-11-22T13:00:00Z', findings: [] });
  it('is by time, or by severity and then by time', () => {
    expect([worse, insight(), none].toSorted(newestFirst).map((i) => i.id)).toEqual(['c', 'a', 'b']);
    expect([none, insight(), worse].toSorted(worstFirst).map((i) => i.id)).toEqual(['b', 'a', 'c']);
    expect([severityOf(worse), severityOf(none)]).toEqual(['page', null]);
  });
  it('is over when neither rules nor model have more to say', () =>
    expect(
      [insight({ state: 'queued' }), insight({ state: 'running' }), insight({ model: model({ state: 'pending' }) }), insight(), insight({ state: 'failed' })].map(isOver),
    ).toEqual([false, false, false, true, true]));
});

describe('findings about what is shown', () => {
  const failing = finding({ id: 'f2', severity: 'page', title: 'POST /orders fails', evidence: [evidence({ kind: 'failure', method: 'POST', route: '/orders', status: 502 })] });
  it('are those with an evidence that cites it', () => {
    expect(cites(failing, { service: 'shop' })).toBe(true);
    expect(cites(failing, { service: 'cart' })).toBe(false);
    expect(cites(failing, { kinds: ['header'] })).toBe(false);
    expect(cites(failing, { kinds: ['failure', 'endpoint'], service: 'shop', method: 'POST', route: '/orders' })).toBe(true);
    // one evidence has to have all of it
    expect(cites(finding({ evidence: [evidence(), evidence({ service: 'cart', route: '/orders' })] }), { service: 'shop', route: '/orders' })).toBe(false);
  });
  it('are listed the worst first, each once however often it was said', () => {
    const newer = insight({ id: 'n', created_at: '2026-11-22T12:30:00Z', findings: [finding()] });
    const both = insight({ findings: [failing, finding()] });
    expect(findingsAbout([both, newer], { service: 'shop' }).map((c) => [c.insight.id, c.finding.id])).toEqual([
      ['a', 'f2'],
      ['n', 'f1'],
    ]);
  });
});

describe('findings on an alert', () => {
  it('are those of the newest insight that looked at it and has any, the worst first', () => {
    const first = insight({ id: 'first', alerts: ['3f'], findings: [finding()] });
    const newer = insight({ id: 'newer', created_at: '2026-11-22T12:30:00Z', alerts: ['3f'], findings: [finding(), finding({ id: 'f2', severity: 'page' })] });
    const running = insight({ id: 'running', created_at: '2026-11-22T12:40:00Z', alerts: ['3f'], findings: [] });
    const citing = insight({ id: 'citing', findings: [finding({ evidence: [evidence({ kind: 'alert', alert: '4a' })] })] });
    const all = [first, newer, running, citing];
    expect(findingsOnAlert(all, '3f').map((c) => [c.insight.id, c.finding.id])).toEqual([
      ['newer', 'f2'],
      ['newer', 'f1'],
    ]);
    expect(findingsOnAlert(all, '4a').map((c) => c.insight.id)).toEqual(['citing']);
    expect(findingsOnAlert(all, '5b')).toEqual([]);
  });
});

describe('who says so', () => {
  it('is told of every finding', () =>
    expect([sourceText({ source: 'rules' }, model()), sourceText({ source: 'model' }, model()), sourceText({ source: 'model' }, model({ model: null }))]).toEqual([
      'by rules',
      'by model gpt-4o',
      'by a model',
    ]));
});

describe('what became of the model, in words', () => {
  const text = (more: Partial<ModelPart>) => plain(modelText(model(more)).text);
  it('answered', () => {
    expect(text({})).toBe('gpt-4o through portkey answered in 1.2 s (1.2 k tokens in, 300 out, $0.0012).');
    expect(text({ tokens: null, cost_usd: null, repaired: true, dropped: { unknown_evidence: 1, repeated: 1 } })).toBe(
      'gpt-4o through portkey answered in 1.2 s. Its answer had to be repaired once. 2 findings were left out: 1 cited what was not sent, 1 said the same again.',
    );
  });
  it('is being asked, was answered before, is off', () => {
    expect(text({ state: 'pending' })).toBe('gpt-4o through portkey is being asked.');
    expect(text({ state: 'reused' })).toMatch(/nothing was sent again/);
    expect(text({ state: 'off', reason: 'no_gateway' })).toBe(REASONS.no_gateway);
  });
  it('failed, for every reason there is, with what the gateway says', () => {
    for (const reason of Object.keys(REASONS) as (keyof typeof REASONS)[]) expect(text({ state: 'failed', reason })).toBe(REASONS[reason]);
    expect(text({ state: 'failed', reason: 'denied', detail: '401 \u202eyek' })).toBe('The gateway refused the key or the token. Detail: “401 ‹U+202E›yek”');
    expect(text({ state: 'failed', reason: 'no_finding_left', dropped: { of_later: 3 } })).toMatch(/3 findings were left out: 3 of later\.$/);
  });
  it('costs what it costs', () => {
    expect([0, 0.00001, 0.0012, 0.42, 1.2].map(formatUsd)).toEqual(['$0.00', '<$0.0001', '$0.0012', '$0.42', '$1.20']);
    expect([costText({ tokens: null, cost_usd: null }), droppedText({}), droppedText({ repeated: 0 })]).toEqual(['', '', '']);
    expect(plain(droppedText({ no_evidence: 1 }))).toBe('1 finding was left out: 1 cited nothing.');
  });
});

describe('what can be asked about', () => {
  const at = (text: string) => Date.parse(`2026-11-22T${text}Z`);
  it('is whole minutes that are over', () =>
    expect([at('12:00:40'), at('12:00:39'), at('14:00:00')].map((now) => windowOf({ start: at('11:45:12'), end: at('12:00:40') }, now))).toEqual([
      { start: '2026-11-22T11:45:00Z', end: '2026-11-22T12:00:00Z', cut: false },
      { start: '2026-11-22T11:45:00Z', end: '2026-11-22T11:59:00Z', cut: false },
      { start: '2026-11-22T11:45:00Z', end: '2026-11-22T12:01:00Z', cut: false },
    ]));
  it('at least one, at most a day, nothing to come', () =>
    fc.assert(
      fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), fc.integer({ min: 1, max: 10_000_000 }), (from, seconds) => {
        const now = at('12:00:40');
        const range = { start: now + from * 1_000, end: now + (from + seconds) * 1_000 };
        const asked = windowOf(range, now);
        const [start, end] = [Date.parse(asked.start), Date.parse(asked.end)];
        expect([start % 60_000, end % 60_000]).toEqual([0, 0]);
        expect(end).toBeLessThanOrEqual(now);
        expect(end - start).toBeGreaterThanOrEqual(60_000);
        expect(end - start).toBeLessThanOrEqual(86_400_000);
        if (asked.cut) expect(end - start).toBe(86_400_000);
        else if (range.start < now) expect(start).toBeLessThanOrEqual(range.start);
      }),
    ));
});

/** What a browser's EventSource does, by hand. */
class HandEvents extends EventTarget implements Events {
  readyState = 0;
  readonly address: string;
  constructor(address: string) {
    super();
    this.address = address;
  }
  close() {
    this.readyState = 2;
  }
  say(what: Insight) {
    this.dispatchEvent(new MessageEvent('insight', { data: JSON.stringify(what) }));
  }
  fail(readyState: number) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
}

describe('following an insight', () => {
  function start(reads: (Insight | Error)[] = []) {
    let events!: HandEvents;
    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    const stop = follow('a', {
      open: (address) => (events = new HandEvents(address)),
      read: () => {
        const next = reads.shift();
        return next instanceof Error ? Promise.reject(next) : next === undefined ? Promise.reject(new Error('asked too often')) : Promise.resolve(next);
      },
      again: (error) => (error as Error).message === 'away',
      onInsight: (i) => {
        seen.push(`${i.state} ${i.revision}`);
        if (isOver(i)) done.resolve();
      },
      everyMs: 1,
    });
    return { events, seen, stop, done: done.promise, reads };
  }
  const queued = insight({ state: 'queued', revision: 1 });
  const running = insight({ state: 'running', revision: 2 });
  const over = insight({ revision: 3 });

  it('goes by its events until it is over', () => {
    const { events, seen } = start();
    expect(events.address).toBe(eventsAddress('a'));
    events.say(queued);
    events.say(running);
    events.say(queued);
    events.say(insight({ id: 'another', revision: 9 }));
    expect(events.readyState).toBe(0);
    events.say(over);
    expect([seen, events.readyState]).toEqual([['queued 1', 'running 2', 'done 3'], 2]);
  });
  it('lets the browser try again, but not for ever', async () => {
    const { events, seen, done } = start([running, over]);
    events.fail(0);
    events.fail(0);
    expect(seen).toEqual([]);
    events.fail(0);
    await done;
    expect(seen).toEqual(['running 2', 'done 3']);
  });
  it('reads by itself where events are refused, as long as that may help', async () => {
    const { events, seen, done } = start([queued, new Error('away'), over]);
    events.fail(2);
    await done;
    expect(seen).toEqual(['queued 1', 'done 3']);
    const refused = start([new Error('forbidden'), over]);
    refused.events.fail(2);
    await new Promise((ok) => setTimeout(ok, 10));
    expect([refused.seen, refused.reads.length]).toEqual([[], 1]);
  });
  it('ends when nobody looks any more', async () => {
    const { events, seen, stop } = start([queued, over]);
    stop();
    events.say(over);
    events.fail(2);
    await new Promise((ok) => setTimeout(ok, 5));
    expect([seen, events.readyState]).toEqual([[], 2]);
  });
});
