/** Why an exchange was kept; the strongest first: one that failed is `failed` however long it took. */
export const KEPT = ['failed', 'slow', 'good'] as const;
export type Kept = (typeof KEPT)[number];

/** One exchange that was kept. */
export interface Sample {
  kept: Kept;
  /** when its batch reached the bus, RFC 3339 UTC, ms */
  seenAt: string;
  /** host id of the agent that saw it */
  host: string;
  /** header event v1 as JSON text: `toJson` of the row, nothing added but what its end brought */
  exchange: string;
  /** a long exchange whose end has not come */
  open?: boolean;
}

export interface GroupName {
  service: string;
  role: string;
  method: string;
  route: string;
  status: number;
}

/** Samples of one group, newest first. */
export const SAMPLES_A_GROUP = 3;
/** A sample that is larger as JSON is not kept. */
export const SAMPLE_MAX_BYTES = 64 << 10;
