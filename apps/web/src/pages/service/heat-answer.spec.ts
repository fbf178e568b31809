import { describe, expect, it } from 'vitest';
import { heatOf, type HeatAnswer } from './heat-answer.ts';

const answer = (...complete: boolean[]): HeatAnswer => ({
  range: { start: '2026-11-22T10:00:00Z', end: '2026-11-22T10:00:30Z', step: 10 },
  data: complete.map((c, i) => ({ t: `2026-11-22T10:00:${i}0Z`, exchanges: i, le_ms: [1, 2], counts: [i, 0], complete: c })),
  quality: { complete: false, lost: 0, lost_by: {}, lost_batches: 0, lost_exchanges: 0, sampling: null, hosts: 1, coverage: 1 },
});

describe('the answer of the heatmap', () => {
  it('is drawn as it is', () =>
    expect(heatOf(answer(true, true, true))).toMatchObject({ le: [1, 2], points: [{ counts: [0, 0] }, { counts: [1, 0] }, { counts: [2, 0], exchanges: 2 }], arrivingFrom: null }));

  it('still arrives from the first open point of its end, not from one in the middle', () =>
    expect(heatOf(answer(false, true, false)).arrivingFrom).toBe(Date.parse('2026-11-22T10:00:20Z')));

  it('may be empty', () => expect(heatOf(answer())).toMatchObject({ points: [], le: [], arrivingFrom: null }));
});
