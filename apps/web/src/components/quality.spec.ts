import { describe, expect, it } from 'vitest';
import { qualityOf } from './quality.ts';

const all = { complete: true, lost: 0, lost_by: {}, hosts: 2, coverage: 1 };

describe('from how much a figure comes', () => {
  it('says how many exchanges, hosts and losses', () =>
    expect(qualityOf(all, 1234)).toEqual({ counts: '1.2\u00a0k\u00a0exchanges, 2\u00a0hosts, 0\u00a0lost', state: 'complete', reasons: [] }));

  it('tells windows that are still open from loss', () => expect(qualityOf({ ...all, complete: false }).state).toBe('arriving'));

  it('says what was lost, the most first', () => {
    const { state, reasons } = qualityOf({ ...all, complete: false, lost: 12, lost_by: { a_b: 2, batch_queue_full: 10, none: 0 } });
    expect(state).toBe('lossy');
    expect(reasons).toEqual(['12\u00a0lost (10 the agent could not keep up, 2 a b)']);
  });

  it('is lossy where some could not be read, even when nothing was lost', () =>
    expect(qualityOf({ ...all, coverage: 0.9 })).toMatchObject({ state: 'lossy', reasons: ['10\u00a0% could not be read'] }));
});
