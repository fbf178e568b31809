import type { Report } from './report.ts';

/** Says nothing: for tests and benches. */
export const reportNothing: Report = {
  folded: () => undefined,
  deadLettered: () => undefined,
  claimed: () => undefined,
  lost: () => undefined,
  startedOver: () => undefined,
  committed: () => undefined,
  dropped: () => undefined,
  sought: () => undefined,
  state: () => undefined,
  left: () => undefined,
  closed: () => undefined,
  rolledUp: () => undefined,
  rollUpsWaiting: () => undefined,
  retired: () => undefined,
  resent: () => undefined,
  pruned: () => undefined,
  waiting: () => undefined,
  failed: () => undefined,
};
