import { expect, it } from 'vitest';
import { insightId } from './id.ts';

const window = { start: '2026-11-23T08:00:00Z', end: '2026-11-23T08:15:00Z' };

it('is the same however the instants are spelled, and stays what it is', () => {
  const id = insightId('request', { service: 'shop' }, window);
  expect(id).toBe('dec8de4dae786b9b9767b2054718738b');
  expect(insightId('request', { service: 'shop' }, { start: '2026-11-23T09:00:00.000+01:00', end: '2026-11-23T08:15:00.000Z' })).toBe(id);
});

it('differs by trigger, subject and window', () => {
  const later = { start: window.start, end: '2026-11-23T08:16:00Z' };
  const ids = [
    insightId('request', { service: 'shop' }, window),
    insightId('alert', { service: 'shop' }, window),
    insightId('request', { host: 'shop' }, window),
    insightId('request', { service: 'fleet' }, window),
    insightId('request', {}, window),
    insightId('request', { service: 'shop' }, later),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

it.each([
  [{ start: window.start, end: window.start }, 'not after'],
  [{ start: '2026-11-23T08:00:30Z', end: window.end }, 'window.start must be'],
  [{ start: window.start, end: 'soon' }, 'window.end must be'],
])('refuses %o', (bad, says) => {
  expect(() => insightId('digest', {}, bad)).toThrow(says);
});

it('refuses a subject that is two things', () => {
  expect(() => insightId('alert', { service: 'shop', host: 'web-1' }, window)).toThrow('not both');
});
