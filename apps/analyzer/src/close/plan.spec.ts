import type { UnitStatus } from '@headwater/summary-store';
import { expect, it } from 'vitest';
import { planClose } from './plan.ts';

const unit = (partition: number, watermark: number, at: number): UnitStatus => ({ topic: 't', partition, epoch: 1, nextOffset: 1, watermark, silent: [], at });
const rules = { silentAfterMs: 30, closeAfterMs: 10 };

it('the slowest living partition decides; those without an owner are left out and named', () => {
  expect(planClose([unit(0, 500, 1000), unit(1, 400, 980), unit(2, 5, 900)], 4, new Map([[0, 520]]), 1000, rules)).toEqual({ before: 390, missing: [2, 3] });
});

it('an own partition counts although it has not committed yet', () => {
  expect(planClose([unit(1, 400, 1000)], 2, new Map([[0, 0]]), 1000, rules)).toEqual({ before: -10, missing: [] });
});

it('with nobody alive nothing closes', () => {
  expect(planClose([unit(0, 500, 1)], 1, new Map(), 1000, rules)).toEqual({ before: null, missing: [0] });
});
