/**
 * The fleet's series as monotone counters and histograms, made from closed windows: what a Prometheus scrapes from the API and what
 * the analyzer pushes as OTLP. Names follow OpenTelemetry's HTTP semantic conventions.
 */

/** Bounds of http.server.request.duration as the semantic conventions advise, seconds. */
export const DURATION_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

/** Key of the state store: cumulative totals of one service up to an instant. Written by the owner of the service's windows, read by the API. */
export const SERIES_KEYS = {
  service: (service: string): string => `series/${service}`,
  services: 'series/',
} as const;
