import { expect, it } from 'vitest';
import { stepFor } from './step.ts';

it.each([
  ['now-15m', '10s'],
  ['now-1h', '30s'],
  ['now-6h', '300s'],
  ['now-24h', '1800s'],
  ['now-7d', '21600s'],
  ['now-90d', '86400s'],
])('%s in at most 120 points takes steps of %s', (from, step) => expect(stepFor({ from, to: 'now' }, 120, 1_795_341_600_000)).toBe(step));
