import type { Alert } from '@headwater/alert-rules';

/**
 * What the aggregates of a window say, and those of an equally long one before: plain data, with the real names. Role `server` alone: a
 * service's callers see its failures again. From this `buildInput` makes what a model is told.
 */
export interface Facts {
  /** ms since the Unix epoch, half-open */
  window: Span;
  /** null: nothing was there to compare with */
  comparedWith: Span | null;
  quality: {
    /** every window is closed with all partitions in it, and nothing was lost */
    complete: boolean;
    lostExchanges: number;
    /** read / (read + known to be unreadable) */
    coverage: number;
    hosts: number;
  };
  services: FactsOfService[];
  endpoints: FactsOfEndpoint[];
  /** endpoints that are known of and not in `endpoints` */
  endpointsLeft: number;
  headers: FactsOfHeader[];
  hosts: FactsOfHost[];
  /** open ones; of these only what this knows the subject of is told */
  alerts: readonly Alert[];
}

export interface Span {
  startMs: number;
  endMs: number;
}

export interface Figures {
  exchanges: number;
  /** 5xx, and exchanges without a whole response */
  failed: number;
  clientErrors: number;
  /** time to the first byte of what was answered below 500, as alerts take it; null: none is known */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

export interface FactsOfService {
  service: string;
  /** exchanges of the window, at least, that were answered with a page (text/html) */
  pages: number;
  now: Figures;
  before: Figures;
}

export interface FactsOfEndpoint {
  service: string;
  method: string;
  route: string;
  now: Figures;
  before: Figures;
  /** 0: none */
  statuses: { status: number; exchanges: number }[];
  failures: FactsOfFailure[];
}

/** 4xx, 5xx, and what had no whole response. */
export interface FactsOfFailure {
  status: number | null;
  errorType: string | null;
  exchanges: number;
  before: number;
  /** in the window, ms */
  firstSeenMs: number | null;
}

export interface FactsOfHeader {
  service: string;
  direction: 'request' | 'response';
  /** lower case */
  name: string;
  /** exchanges of the service that carry it, and all of them */
  exchanges: number;
  of: number;
  before: number;
  ofBefore: number;
  /** of a credential: exchanges, at least, whose scheme sends the password itself (Basic, RFC 7617) */
  passwords: number;
  passwordsBefore: number;
}

export interface FactsOfHost {
  host: string;
  /** of both roles */
  exchanges: number;
  lostExchanges: number;
  coverage: number;
  /** since its last heartbeat; null: it is heard, or it said that it ends */
  silentMs: number | null;
}
