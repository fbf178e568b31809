/**
 * The fleet's series as monotone counters and histograms, made from closed windows: what a Prometheus scrapes from the API and what
 * the analyzer pushes as OTLP. Names follow OpenTelemetry's HTTP semantic conventions.
 */

/** Bounds of http.server.request.duration as the semantic conventions advise, seconds. */
export const DURATION_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

/** Late data is in the totals when it comes within this time of its minute's end, ms; what comes later is counted apart. */
export const LATE_MS = 600_000;

/** Key of the state store: cumulative totals of one service up to an instant. Written by the owner of the service's windows, read by the API. */
export const SERIES_KEYS = {
  service: (service: string): string => `series/${service}`,
  services: 'series/',
  /** the hosts' accounts */
  hosts: 'series-hosts',
} as const;

/** One series, or what several share: labels (their meaning is by position) and sums that only grow. Sums are integers, so that their order does not matter. */
export interface Row {
  labels: string[];
  values: number[];
}

/** What the store has of one window, as rows. */
export interface WindowRows {
  startMs: number;
  rows: readonly Row[];
  /** what the window counts of late data: exchanges as server and as client; empty where nobody asks */
  counted: readonly number[];
}

export const SERIES_ERRORS = {
  newer_version: 'the series of {subject} were written by a newer version ({found}; this one knows up to {known})',
  corrupt: 'the series of {subject} are damaged: {detail}',
} as const;

export type SeriesErrorCode = keyof typeof SERIES_ERRORS;

export class SeriesError extends Error {
  readonly code: SeriesErrorCode;
  constructor(code: SeriesErrorCode, params: Record<string, string | number>) {
    super(SERIES_ERRORS[code].replace(/\{(\w+)\}/g, (_, k: string) => String(params[k] ?? `{${k}}`)));
    this.name = 'SeriesError';
    this.code = code;
  }
}
