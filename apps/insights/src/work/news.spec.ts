import type { Evidence, Finding } from '@headwater/insight-rules';
import { expect, it } from 'vitest';
import { isNews, pictureOf } from './news.ts';

const endpoint = (figures: Evidence['figures']): Evidence => ({ id: 'ep_1', kind: 'endpoint', label: 'x', service: 'shop', method: 'GET', route: '/', figures });
const finding = (rule: string, ...evidence: Evidence[]): Finding => ({
  ...{ id: 'r1', source: 'rules', rule, severity: 'page', title: `${Math.random()}`, what_changed: '', likely_cause: null, check_next: [], confidence: 'high' },
  evidence,
});
const failing = (figures: Evidence['figures']) => pictureOf([finding('failing', endpoint(figures))], ['a']);
const before = failing({ error_pct: 10, p99_ms: 200, exchanges: 1_000, before_error_pct: 0 });

it.each([
  ['figures that moved a little', failing({ error_pct: 14, p99_ms: 150, exchanges: 1_300, before_error_pct: 9 }), false],
  ['counts, which go with the traffic', failing({ error_pct: 10, p99_ms: 200, exchanges: 90_000, before_error_pct: 0 }), false],
  ['half as many failures again', failing({ error_pct: 15, p99_ms: 200, exchanges: 1_000 }), true],
  ['far fewer of them', failing({ error_pct: 5, p99_ms: 200, exchanges: 1_000 }), true],
  ['another latency', failing({ error_pct: 10, p99_ms: 400, exchanges: 1_000 }), true],
  ['another alert', pictureOf([finding('failing', endpoint({ error_pct: 10, p99_ms: 200 }))], ['a', 'b']), true],
  ['an alert that ended', pictureOf([finding('failing', endpoint({ error_pct: 10, p99_ms: 200 }))], []), true],
  ['another finding', pictureOf([finding('failing', endpoint({ error_pct: 10, p99_ms: 200 })), finding('slow', endpoint({}))], ['a']), true],
  ['the same finding elsewhere', pictureOf([finding('failing', { ...endpoint({ error_pct: 10, p99_ms: 200 }), route: '/other' })], ['a']), true],
])('%s', (_, now, news) => {
  expect(isNews(before, now)).toBe(news);
});

it('is news where nothing was known, and never between nothing and hardly anything', () => {
  expect(isNews(null, before)).toBe(true);
  expect(isNews(failing({ error_pct: 0 }), failing({ error_pct: 0.9 }))).toBe(false);
  expect(isNews(failing({ error_pct: 0 }), failing({ error_pct: 1.4 }))).toBe(false);
  expect(isNews(failing({ error_pct: 0 }), failing({ error_pct: 1.6 }))).toBe(true);
});

it('does not read the figures of an alert, which are those of its opening', () => {
  const alert = (value: number): Evidence => ({ id: 'alert_1', kind: 'alert', label: 'x', alert: 'a', figures: { p99_ms: value } });
  expect(isNews(pictureOf([finding('alerts', alert(1))], ['a']), pictureOf([finding('alerts', alert(900))], ['a']))).toBe(false);
});
