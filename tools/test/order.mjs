// In which order files of test/ are begun that run side by side: the longest first, or one of them would run alone at the end.

/** Seconds that files took which take about a minute or more (two shared cores, three files at a time); the others are taken for short. */
const SECONDS = {
  'test/browser/demo.test.mjs': 193,
  'test/chaos/analyzers.test.mjs': 172,
  'test/chaos/topic.test.mjs': 154,
  'test/chaos/redis-cluster.test.mjs': 138,
  'test/browser/session.test.mjs': 133,
  'test/chaos/upgrade.test.mjs': 122,
  'test/chaos/redis-one.test.mjs': 102,
  'test/e2e/fleet.test.mjs': 98,
  'test/insights/insights.test.mjs': 95,
  'test/outputs/outputs.test.mjs': 94,
  'test/e2e/spool.test.mjs': 84,
  'test/chaos/brokers.test.mjs': 83,
  'test/chaos/secured.test.mjs': 75,
  'test/e2e/alerts.test.mjs': 74,
  'test/chaos/remade.test.mjs': 73,
  'test/chaos/redis-sentinel.test.mjs': 64,
  'test/chaos/agent-spool.test.mjs': 61,
  'test/e2e/fleet-away.test.mjs': 59,
  'test/browser/replay.test.mjs': 57,
  'test/start/start.test.mjs': 56,
  'test/e2e/standalone.test.mjs': 53,
  'test/e2e/tail.test.mjs': 47,
};

/** @param {string[]} files paths from the root */
export function longestFirst(files) {
  return files.toSorted((a, b) => (SECONDS[b] ?? 0) - (SECONDS[a] ?? 0) || (a < b ? -1 : 1));
}

export const LONG_FILES = Object.keys(SECONDS);
