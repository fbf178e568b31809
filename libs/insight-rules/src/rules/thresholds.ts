/** From where on something is worth a sentence; README.md says why. */
export const THRESHOLDS = {
  /** exchanges of each window under which shares and medians say little */
  least_exchanges: 100,
  /** the same for a p99: ten exchanges lie above it */
  least_for_p99: 1000,
  /** failing: at least so many failed ... */
  failed: 10,
  /** ... so many points more than before, and this many times as often */
  failed_points: 1,
  failed_times: 2,
  /** failing, where nothing is known from before: at least this share, percent */
  failed_pct: 5,
  /** a failing service is for now, not for tomorrow: percent of all its exchanges, and so many of them */
  page_pct: 5,
  page_failed: 100,
  /** two services fail as often: within this share, of so many */
  same: 0.1,
  same_least: 20,
  /** slower: the median by this factor and so many ms more */
  p50_times: 1.5,
  p50_ms: 20,
  /** slower: the slowest hundredth */
  p99_times: 2,
  p99_ms: 50,
  /** share of a service's endpoints that make it the service's own */
  whole: 2 / 3,
  /** traffic: this many times as much, or as little, of so many exchanges at least */
  traffic_times: 3,
  traffic_least: 300,
  /** traffic that is nearly gone */
  gone_times: 10,
  /** client errors: so many of one kind, points more of the endpoint's exchanges, times as often */
  client_errors: 20,
  client_points: 5,
  client_times: 2,
  /** a vanished endpoint that had this share of its service's exchanges, percent */
  vanished_pct: 10,
  /** capture: exchanges lost, percent of all; read of all that is known, percent; heartbeats are due every 5 s */
  lost_pct: 1,
  coverage_pct: 90,
  silent_s: 60,
} as const;

/** Findings of one insight at most. */
export const MOST_FINDINGS = 20;
