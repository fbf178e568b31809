import { readFileSync } from 'node:fs';
import type { OtlpConfig } from '@headwater/config';
import type { Cumulative } from '@headwater/fleet-series';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { SeriesCounts } from './counts.ts';
import { resourceMetrics } from './otlp.ts';

const TIMEOUT_MS = 10_000;

/**
 * Sends the series of the services that are ours to an OTLP receiver, each service as a resource of its own. The exporter tries
 * again within its ten seconds; what is not taken then is in the next push, because sums are cumulative.
 */
export class SeriesPush {
  private readonly exporter: OTLPMetricExporter;
  private readonly services: () => Iterable<[string, Cumulative]>;
  private readonly counts: SeriesCounts;

  /** @throws Error when headers_file or ca_file cannot be read, or a line is no header */
  constructor(config: OtlpConfig, services: () => Iterable<[string, Cumulative]>, counts: SeriesCounts) {
    this.services = services;
    this.counts = counts;
    this.exporter = new OTLPMetricExporter({
      url: config.endpoint,
      headers: config.headers_file === undefined ? {} : readHeaders(config.headers_file),
      timeoutMillis: TIMEOUT_MS,
      ...(config.ca_file === undefined ? {} : { httpAgentOptions: { keepAlive: true, ca: read('series.otlp.ca_file', config.ca_file) } }),
    });
  }

  /** One at a time; after the first that fails the rest waits for the next push: a receiver that is away costs one time-out, not one a service. */
  async push(stop: AbortSignal): Promise<void> {
    for (const [service, series] of this.services()) {
      if (stop.aborted) return;
      const failure = await Promise.race([this.send(resourceMetrics(service, series)), aborted(stop)]);
      if (stop.aborted) return;
      this.counts.pushed(failure === null ? 'sent' : 'failed', failure ?? '');
      if (failure !== null) return;
    }
  }

  async end(): Promise<void> {
    await this.exporter.shutdown();
  }

  /** null: taken */
  private send(metrics: ResourceMetrics): Promise<string | null> {
    return new Promise((resolve) => this.exporter.export(metrics, ({ code, error }) => resolve(code === 0 ? null : (error?.message ?? 'not taken'))));
  }
}

/** A receiver that is away must not hold up the analyzer's end. */
function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopping'), { once: true }));
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`${setting}: ${file} cannot be read`, { cause });
  }
}

/** One `name: value` a line; empty lines and those that begin with # are passed over. */
export function readHeaders(file: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [i, line] of read('series.otlp.headers_file', file).split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*?)[ \t\r]*$/.exec(line) ?? [];
    // The line itself is a secret.
    if (name === undefined || value === undefined) throw new Error(`series.otlp.headers_file: line ${i + 1} of ${file} is not "name: value"`);
    headers[name] = value;
  }
  return headers;
}
