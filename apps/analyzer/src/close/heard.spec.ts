import { expect, it } from 'vitest';
import { Heard } from './heard.ts';

const units = (...at: number[]) => at.map((ms, partition) => ({ topic: 't', partition, epoch: 1, nextOffset: 1, watermark: 0, silent: [], at: ms }));
const times = (heard: Heard, at: number[], nowMs: number) => heard.look(units(...at), nowMs).map((u) => u.at);

it('a store whose owners speak of an earlier time was put back: they count as heard when that was seen, until they speak again', () => {
  const heard = new Heard();
  expect(times(heard, [50_000, 50_000], 51_000)).toEqual([50_000, 50_000]);
  expect(times(heard, [52_000, 50_000], 53_000)).toEqual([52_000, 50_000]);
  expect(times(heard, [52_000, 30_000], 54_000)).toEqual([52_000, 54_000]);
  expect(times(heard, [54_000, 30_000], 63_000)).toEqual([54_000, 54_000]);
  expect(times(heard, [54_000, 64_000], 65_000)).toEqual([54_000, 64_000]);
});

it('two owners whose clocks differ a little follow each other', () => {
  const heard = new Heard();
  times(heard, [50_000], 50_000);
  expect(times(heard, [49_200], 50_500)).toEqual([49_200]);
});
