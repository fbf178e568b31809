import { describe, expect, it } from 'vitest';
import { instantText, isMoving, normalised, parseInstant, PRESETS, rangeProblem, resolveRange, shift, zoomOut, zoomTo } from './range.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 7);

describe('time range', () => {
  it('reads what the API reads', () => {
    expect(parseInstant('now', NOW)).toBe(NOW);
    expect(parseInstant('now-15m', NOW)).toBe(NOW - 900_000);
    expect(parseInstant('now+1d', NOW)).toBe(NOW + 86_400_000);
    expect(parseInstant('2026-11-22T10:00:00Z', NOW)).toBe(Date.UTC(2026, 10, 22, 10));
    expect(parseInstant('1795341600', NOW)).toBe(1_795_341_600_000);
  });

  it('takes a date without zone as local', () => {
    expect(parseInstant('2026-11-22 10:00', NOW)).toBe(new Date(2026, 10, 22, 10).getTime());
  });

  it.each(['', 'yesterday', 'now-', 'now-5', '2026-13-40T10:00:00Z', '12'])('refuses %j', (text) => expect(parseInstant(text, NOW)).toBeNull());

  it('says what is wrong, and with which field', () => {
    expect(rangeProblem({ from: 'noon', to: 'now' }, NOW)).toMatchObject({ field: 'from' });
    expect(rangeProblem({ from: 'now-1h', to: 'noon' }, NOW)).toMatchObject({ field: 'to' });
    expect(rangeProblem({ from: 'now', to: 'now-1h' }, NOW)?.text).toBe('From must be before to');
    expect(rangeProblem({ from: 'now-91d', to: 'now' }, NOW)?.text).toContain('90 days');
    for (const { from } of PRESETS) expect(rangeProblem({ from, to: 'now' }, NOW)).toBeNull();
  });

  it('keeps relative texts, makes instants of the rest', () => {
    expect(normalised(' now-90m ', NOW)).toBe('now-90m');
    expect(normalised('2026-11-22T10:00:00+01:00', NOW)).toBe('2026-11-22T09:00:00Z');
  });

  it('moves only while it ends at now', () => {
    expect(isMoving({ from: 'now-1h', to: 'now' })).toBe(true);
    expect(isMoving({ from: 'now-1h', to: '2026-11-22T10:00:00Z' })).toBe(false);
  });

  it('zooms to whole windows, whichever way the brush went', () => {
    const t = Date.UTC(2026, 10, 22, 10);
    const zoomed = { from: '2026-11-22T10:00:00Z', to: '2026-11-22T10:05:10Z' };
    expect(zoomTo(t + 3_000, t + 301_000)).toEqual(zoomed);
    expect(zoomTo(t + 301_000, t + 3_000)).toEqual(zoomed);
  });

  it('zooms to a minute at least', () => {
    const { start, end } = resolveRange(zoomTo(NOW, NOW), NOW) ?? { start: 0, end: 0 };
    expect(end - start).toBe(60_000);
    expect(start).toBeLessThanOrEqual(NOW);
    expect(end).toBeGreaterThan(NOW);
  });

  it('zooms out to twice the length, and to now rather than into the future', () => {
    expect(zoomOut({ from: 'now-1h', to: 'now' }, NOW)).toEqual({ from: 'now-7200s', to: 'now' });
    expect(zoomOut({ from: '2026-11-22T10:00:00Z', to: '2026-11-22T10:10:00Z' }, NOW)).toEqual({ from: '2026-11-22T09:55:00Z', to: '2026-11-22T10:15:00Z' });
  });

  it('shifts by its own length', () => {
    const range = { from: '2026-11-22T10:00:00Z', to: '2026-11-22T10:10:00Z' };
    expect(shift(range, -1, NOW)).toEqual({ from: '2026-11-22T09:50:00Z', to: '2026-11-22T10:00:00Z' });
    expect(shift({ from: 'now-1h', to: 'now' }, 1, NOW)).toEqual({ from: 'now-3600s', to: 'now' });
  });

  it('writes instants without a fraction', () => expect(instantText(NOW)).toBe('2026-11-22T12:00:07Z'));
});
