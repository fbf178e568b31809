import type { components } from '../../api/types.generated.ts';
import type { HeatmapPoint } from '../../charts/Heatmap.tsx';

/** What /v1/latency answers with view=heatmap. */
export type HeatAnswer = components['schemas']['LatencyHeatmapPointList'];

export interface Heat {
  points: HeatmapPoint[];
  le: readonly number[];
  range: { start: number; end: number };
  arrivingFrom: number | null;
}

/** As the heatmap draws it; the points at the end that are not final begin the band of what still arrives. */
export function heatOf(answer: HeatAnswer): Heat {
  const points = answer.data.map((p) => ({ t: Date.parse(p.t), exchanges: p.exchanges, counts: p.counts }));
  let first = answer.data.length;
  while (first > 0 && answer.data[first - 1]?.complete === false) first--;
  return {
    points,
    le: answer.data[0]?.le_ms ?? [],
    range: { start: Date.parse(answer.range.start), end: Date.parse(answer.range.end) },
    arrivingFrom: points[first]?.t ?? null,
  };
}

/** An answer with next to nothing in it, for the room that the real one will take. */
export const NO_HEAT: HeatAnswer = {
  range: { start: '1970-01-01T00:00:00Z', end: '1970-01-01T01:00:00Z', step: 10 },
  data: [{ t: '1970-01-01T00:00:00Z', exchanges: 0, le_ms: [1, 2], counts: [0, 0], complete: true }],
  quality: { complete: true, lost: 0, lost_by: {}, lost_batches: 0, lost_exchanges: 0, sampling: null, hosts: 0, coverage: 1 },
};
