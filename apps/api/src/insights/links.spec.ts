import { expect, test } from 'vitest';
import type { Evidence } from '@headwater/insight-rules';
import { hrefOf } from './links.ts';

const insight = { window: { start: '2026-11-22T09:00:00Z', end: '2026-11-22T09:15:00Z' }, subject: {} };
const RANGE = 'from=2026-11-22T09:00:00Z&to=2026-11-22T09:15:00Z';
const route = { service: 'shop', method: 'GET', route: '/a/{int}' };

test.each<[Partial<Evidence> & Pick<Evidence, 'kind'>, string]>([
  [{ kind: 'service', service: 'shop' }, `/services/shop?${RANGE}`],
  [{ kind: 'service', service: 'a/b?c#d' }, `/services/a%2Fb%3Fc%23d?${RANGE}`],
  [{ kind: 'service', service: 'a\ud800' }, `/services/a%EF%BF%BD?${RANGE}`],
  [{ kind: 'service' }, `/?${RANGE}`],
  [{ kind: 'endpoint', ...route }, `/services/shop?${RANGE}&method=GET&route=/a/{int}`],
  [{ kind: 'failure', ...route, status: 503 }, `/failures?${RANGE}&service=shop&kind=5xx&at=GET+/a/{int}+shop`],
  [{ kind: 'failure', ...route, status: 404 }, `/failures?${RANGE}&service=shop&kind=4xx&at=GET+/a/{int}+shop`],
  [{ kind: 'failure', ...route, status: 0 }, `/failures?${RANGE}&service=shop&kind=none&at=GET+/a/{int}+shop`],
  [{ kind: 'failure', ...route, status: 200, error_type: 'connection_reset' }, `/failures?${RANGE}&service=shop&at=GET+/a/{int}+shop`],
  [{ kind: 'failure' }, `/failures?${RANGE}`],
  [{ kind: 'header', service: 'shop', header: 'x-a', figures: { direction: 'response' } }, `/headers?${RANGE}&service=shop&header=response+x-a`],
  [{ kind: 'header', service: 'shop', header: 'x-a&b=c' }, `/headers?${RANGE}&service=shop&q=x-a%26b%3Dc`],
  [{ kind: 'host', host: 'web-1' }, `/fleet?${RANGE}&host=web-1`],
  [{ kind: 'alert', alert: 'ab', service: 'shop' }, `/alerts?${RANGE}&id=ab`],
  [{ kind: 'alert' }, '/alerts'],
  [{ kind: 'of a later version' as 'alert', service: '//evil.test' }, `/services/%2F%2Fevil.test?${RANGE}`],
])('%j', (evidence, href) => expect(hrefOf({ id: 'x', label: 'x', figures: {}, ...evidence }, insight)).toBe(href));

test('what does not say its service is of the service that the insight is on', () =>
  expect(hrefOf({ id: 'x', label: 'x', figures: {}, kind: 'service' }, { ...insight, subject: { service: 'shop' } })).toBe(`/services/shop?${RANGE}`));
