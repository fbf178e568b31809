// The state store (alerts, samples, mutes) in the same faults: actors that compare and set one key as fast as they may, and what must hold of the answers.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStateStore } from '@headwater/state-store';
import { eventually } from '../e2e/standalone.mjs';

/**
 * @param {import('node:test').TestContext} t whose end ends the actors
 * @param {object} settings of openStateStore
 * @param {{ actors?: number, everyMs?: number }} [o]
 * @returns {Promise<{ check: (rolledBack?: boolean) => Promise<{ wins: number, refused: number, failed: number, lost: number }> }>}
 *   check: ends the actors and asserts; lost: writes answered `true` that a roll-back took back; with `rolledBack` there must be some
 */
export async function watchCas(t, settings, { actors = 3, everyMs = 5 } = {}) {
  const store = await openStateStore({ prefix: 'headwater', ...settings });
  /** version -> value, of every read */
  const values = new Map();
  const wins = [];
  const count = { wins: 0, refused: 0, failed: 0, lost: 0 };
  const KEY = 'chaos/cas';
  let stop = false;
  const actor = async (name) => {
    /** an entry read long ago: what is expected of it must never be true again once it was replaced */
    let old = null;
    for (let n = 0; !stop; n += 1, await sleep(everyMs)) {
      try {
        const entry = n % 7 === 6 && old ? old : await store.get(KEY);
        if (entry !== old && entry) note(entry);
        if (n % 50 === 0) old = entry;
        const value = `${name}.${n}`;
        if (await store.compareAndSet(KEY, entry?.version ?? null, value)) {
          wins.push({ expected: entry?.version ?? null, value });
          count.wins += 1;
        } else count.refused += 1;
      } catch (error) {
        if (error.retryable !== true) throw error;
        count.failed += 1;
        await sleep(50);
      }
    }
  };
  const note = ({ version, value }) => {
    const before = values.get(version);
    assert.ok(before === undefined || before === value, `version ${version} was given to ${before} and to ${value}`);
    values.set(version, value);
  };
  t.after(() => {
    stop = true;
    return store.end();
  });
  const running = Promise.all(Array.from({ length: actors }, (_, i) => actor(`a${i}`)));
  return {
    async check(rolledBack = false) {
      const before = count.wins;
      assert.ok(await eventually(() => count.wins > before + 10, 20_000, 20), 'the state store does not come back');
      stop = true;
      await running;
      // One expected version may win again only when a roll-back took its first win away: then no version after it was ever read again.
      const byExpected = Map.groupBy(wins, (w) => w.expected);
      for (const [expected, all] of byExpected)
        if (all.length > 1) {
          count.lost += all.length - 1;
          assert.ok(rolledBack, `version ${expected} was expected and replaced ${all.length} times: ${all.map((w) => w.value).join(', ')}`);
        }
      assert.ok(count.wins > 100, `only ${count.wins} writes`);
      return count;
    },
  };
}
