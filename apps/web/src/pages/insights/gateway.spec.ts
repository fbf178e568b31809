import { describe, expect, it } from 'vitest';
import type { Gateway } from '../../insights/insight.ts';
import { gatewayFacts, stateText, troubleText } from './gateway.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const iso = (secondsAgo: number) => new Date(NOW - secondsAgo * 1_000).toISOString();
const plain = (text: string | null) => text?.replaceAll('\u00a0', ' ');

const fine: Gateway = {
  configured: true,
  how: null,
  accepts_requests: true,
  gateway: { name: 'portkey', kind: 'openai-compatible', model: 'gpt-5-mini', host: '127.0.0.1:8787' },
  breaker: { state: 'closed', until: null },
  queued: 2,
  budget: { day: '2026-11-22', tokens: { used: 41_220, limit: 300_000, left: 258_780 }, usd: { used: 0.42, limit: 5, left: 4.58 } },
  last_success_at: iso(180),
  last_failure: null,
  processes: [],
};
const denied = { at: iso(60), reason: 'denied', detail: '401\u202e: bad key' } as const;
const facts = (more: Partial<Gateway>) => gatewayFacts({ ...fine, ...more }, NOW).map((f) => `${f.label}: ${plain(f.text)}`);

describe('the state of the gateway', () => {
  it('is its model, whether it answers, what is spent and what waits', () =>
    expect(facts({})).toEqual([
      'Model: gpt-5-mini',
      'Gateway: portkey at 127.0.0.1:8787',
      'State: answered 3 min ago',
      'Tokens today (UTC): 41.2 k of 300 k (13.7 %)',
      'Money today (UTC): $0.42 of $5.00 (8.4 %)',
      'Waiting: 2',
    ]));
  it('is nothing without one', () => expect(facts({ configured: false, gateway: null })).toEqual([]));
  it('says no more than is known: no host to who may not see it, no money where tokens are the only bound', () =>
    expect(facts({ gateway: { name: 'portkey', kind: 'openai-compatible', model: 'gpt-5-mini' }, budget: { day: '', tokens: { used: 0, limit: 0, left: 0 }, usd: null } })).toEqual(
      ['Model: gpt-5-mini', 'Gateway: portkey', 'State: answered 3 min ago', 'Tokens today (UTC): none allowed', 'Waiting: 2'],
    ));
  it('tells who answers, fails, is left alone and was never asked apart', () => {
    const state = (more: Partial<Gateway>) => plain(stateText({ ...fine, ...more }, NOW));
    expect(state({ last_failure: denied })).toBe('failed 1 min ago');
    expect(state({ last_failure: { ...denied, at: iso(600) } })).toBe('answered 3 min ago');
    expect(state({ last_success_at: null })).toBe('not asked yet');
    expect(state({ breaker: { state: 'open', until: iso(-60) } })).toMatch(/^left alone until \d\d:\d\d$/);
    expect(state({ breaker: { state: 'open', until: null } })).toBe('left alone for a while');
    expect(state({ breaker: { state: 'half_open', until: null } })).toBe('being tried again');
  });
});

describe('what is wrong with it', () => {
  it('is said while the last time went wrong, with its own words made safe to read', () => {
    expect(troubleText({ ...fine, last_failure: denied }, NOW)).toMatch(/^\d\d:\d\d: The gateway refused the key or the token\. Detail: “401‹U\+202E›: bad key”$/);
    expect(troubleText({ ...fine, last_success_at: null, last_failure: { ...denied, detail: '' } }, NOW)).toMatch(/token\.$/);
  });
  it('is nothing once it answered again', () => expect([troubleText(fine, NOW), troubleText({ ...fine, last_failure: { ...denied, at: iso(600) } }, NOW)]).toEqual([null, null]));
});
