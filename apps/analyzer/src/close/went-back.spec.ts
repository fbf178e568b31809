import { expect, it } from 'vitest';
import { WentBack } from './went-back.ts';

const units = (...at: number[]) => at.map((ms, partition) => ({ topic: 't', partition, epoch: 1, nextOffset: 1, watermark: 0, silent: [], at: ms }));

it('a store whose owners speak of an earlier time was put back; after ten seconds those who live were heard', () => {
  const back = new WentBack();
  expect(back.look(units(50_000, 50_000), 51_000)).toBe(false);
  expect(back.look(units(52_000, 50_000), 53_000)).toBe(false);
  expect(back.look(units(52_000, 30_000), 54_000)).toBe(true);
  expect(back.look(units(54_000, 54_000), 63_900)).toBe(true);
  expect(back.look(units(63_000, 63_000), 64_000)).toBe(false);
});

it('two owners whose clocks differ a little follow each other', () => {
  const back = new WentBack();
  back.look(units(50_000), 50_000);
  expect(back.look(units(49_200), 50_500)).toBe(false);
});
