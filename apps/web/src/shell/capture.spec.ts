import { describe, expect, it } from 'vitest';
import { captureState } from './capture.ts';

const agent = (host: string, more: Partial<Parameters<typeof captureState>[0][number]> = {}) => ({ host, source: 'live' as const, alive: true, conflicts: [], ...more });

describe('what the capture says of itself', () => {
  it('is quiet when all is well', () => expect(captureState([agent('a'), agent('b')], 0)).toEqual({ level: 'good', sentences: ['2\u00a0hosts report, live, nothing lost.'] }));

  it('says that there is nobody', () => expect(captureState([], 0)).toMatchObject({ level: 'bad', sentences: [expect.stringContaining('No host reports')] }));

  it('names who is silent', () => {
    expect(captureState([agent('a'), agent('b', { alive: false })], 0)).toEqual({ level: 'bad', sentences: ['1\u00a0host silent: b.'] });
    expect(captureState([agent('b', { alive: false })], 0).sentences[0]).toBe('No host reports now: b.');
  });

  it('says what is lost', () => expect(captureState([agent('a')], 1200)).toMatchObject({ level: 'bad', sentences: [expect.stringContaining('1.2\u00a0k\u00a0exchanges lost')] }));

  it('never passes a replay off as live', () => {
    expect(captureState([agent('a', { source: 'replay' })], 0)).toEqual({ level: 'notice', sentences: ['Recorded traffic is replayed; nothing of it is live.'] });
    expect(captureState([agent('a', { source: 'replay' }), agent('b')], 0).sentences[0]).toBe('Recorded traffic is replayed by a.');
  });

  it('says that figures are estimates where exchanges are sampled', () =>
    expect(captureState([agent('a')], 0, { one_in: 10, exchanges: 100, kept: 12, reasons: ['policy'] })).toEqual({
      level: 'notice',
      sentences: ['Sampled in this range: 1\u00a0in\u00a010 by policy; figures are estimates.'],
    }));

  it('keeps the worst level and all sentences', () => {
    const state = captureState([agent('a', { source: 'replay', alive: false, conflicts: ['x'] })], 3);
    expect(state.level).toBe('bad');
    expect(state.sentences).toHaveLength(4);
  });
});
