import { LATE_FAMILY, SERVICE_FAMILIES, lateSamples, serviceSamples, DURATION_BOUNDS_S, type Cumulative, type Family, type Sample } from '@headwater/fleet-series';
import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType, type DataPoint, type Histogram, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** `late_exchanges` and sizes keep their names; times are in seconds, sizes in bytes, by UCUM. */
const UNITS: Record<Family['unit'], string> = { s: 's', By: 'By', '': '{exchange}' };

const hr = (ms: number): HrTime => [Math.floor(ms / 1000), (ms % 1000) * 1e6];

/** Series of one service as OpenTelemetry's: cumulative since `startMs`, as of the end of the newest closed minute. */
export function resourceMetrics(service: string, series: Cumulative): ResourceMetrics {
  const metrics: MetricData[] = [];
  for (const role of ['server', 'client'] as const) {
    for (const key of Object.keys(SERVICE_FAMILIES[role]) as (keyof (typeof SERVICE_FAMILIES)['server'])[]) {
      const metric = metricOf(SERVICE_FAMILIES[role][key], [...serviceSamples(series, role, key)], series);
      if (metric) metrics.push(metric);
    }
  }
  const late = metricOf(LATE_FAMILY, [...lateSamples(series)], series);
  if (late) metrics.push(late);
  return { resource: resourceFromAttributes({ 'service.name': service }), scopeMetrics: [{ scope: { name: 'headwater' }, metrics }] };
}

function metricOf(family: Family, samples: Sample[], { startMs, endMs }: Cumulative): MetricData | null {
  if (samples.length === 0) return null;
  const descriptor = { name: family.name, description: family.help, unit: UNITS[family.unit] };
  const at = { startTime: hr(startMs), endTime: hr(endMs) };
  const attributes = (s: Sample) => Object.fromEntries(s.attributes);
  if (family.kind === 'counter') {
    const dataPoints = samples.flatMap((s) => (s.kind === 'distribution' ? [] : [{ ...at, attributes: attributes(s), value: s.value }]));
    const common = { aggregationTemporality: AggregationTemporality.CUMULATIVE, dataPointType: DataPointType.SUM as const, isMonotonic: true };
    return { descriptor: { ...descriptor, valueType: ValueType.INT }, ...common, dataPoints };
  }
  const dataPoints = samples.flatMap((s): DataPoint<Histogram>[] => {
    if (s.kind !== 'distribution') return [];
    // Sizes are known as count and sum alone: one bucket, no bound.
    const buckets = s.counts === null ? { boundaries: [], counts: [s.count] } : { boundaries: [...DURATION_BOUNDS_S], counts: s.counts };
    return [{ ...at, attributes: attributes(s), value: { buckets, sum: s.sum, count: s.count } }];
  });
  return {
    descriptor: { ...descriptor, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints,
  };
}
