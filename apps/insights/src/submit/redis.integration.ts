import { INSIGHT_KEYS, inputSha256, type SentRecord } from '@headwater/insight-rules';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis, type RunningRedis } from '../../../../infra/redis/start.mjs';
import { BudgetError } from './budget.ts';
import { Place, ScriptedGateway, answer, finding, submission } from './testing/place.ts';

let redis: RunningRedis;
/** As many processes have it: a connection each. */
let places: Place[];
const go = new AbortController().signal;

beforeAll(async () => {
  redis = await startRedis();
  places = await Promise.all(Array.from({ length: 3 }, () => new Place().open({ kind: 'redis', url: redis.url, prefix: 'submit' })));
});
afterAll(async () => {
  for (const place of places ?? []) await place.close();
  await redis?.stop();
});

it('several processes that ask the same at once ask once', async () => {
  const gateways = places.map(() => new ScriptedGateway(answer(finding())));
  const all = await Promise.all(places.map((place, i) => place.desk(gateways[i]!).submit(submission(1), go)));
  expect(gateways.flatMap((g) => g.out)).toHaveLength(1);
  expect(all.map((a) => a.model.state).sort()).toEqual(['done', 'reused', 'reused']);
});

it('several processes that ask different things at once keep to the budget together', async () => {
  for (const place of places) await place.clean();
  const gateways = places.map(() => new ScriptedGateway({ ...answer(finding()), tokens: { input: 4_000, output: 1_000 } }));
  const desks = places.map((place, i) => place.desk(gateways[i]!, { budget: { daily_tokens: 40_000 } }));
  const all = await Promise.all(desks.flatMap((desk, i) => Array.from({ length: 5 }, (_, n) => desk.submit(submission(10 + 5 * i + n), go))));
  const asked = all.filter((a) => a.model.state === 'done').length;
  expect(asked).toBeGreaterThan(2);
  expect(asked).toBeLessThanOrEqual(8);
  for (const { model } of all) if (model.state !== 'done') expect(model).toMatchObject({ reason: 'budget_tokens' satisfies BudgetError['reason'], attempts: 0 });
  expect(await desks[0]!.budget()).toMatchObject({ tokens: { used: 5_000 * asked, limit: 40_000 } });
});

it('a store that goes away while the model thinks, and comes back empty: it rejects, and the next one asks and is recorded', async () => {
  const [place] = places as [Place, ...Place[]];
  const asked = submission(100);
  const dying = new ScriptedGateway(async () => {
    await redis.kill();
    return answer(finding());
  });
  await expect(place.desk(dying).submit(asked, go)).rejects.toMatchObject({ name: 'StateStoreError', retryable: true });
  const away = new ScriptedGateway(answer(finding()));
  await expect(place.desk(away).submit(asked, go)).rejects.toMatchObject({ name: 'StateStoreError', retryable: true });
  expect(away.out).toEqual([]);
  await redis.restart();
  await expect
    .poll(
      () =>
        place.state.ping().then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  const { model, findings } = await place.desk(away).submit(asked, go);
  expect([model.state, findings.length]).toEqual(['done', 1]);
  const record = JSON.parse((await place.state.get(INSIGHT_KEYS.sent(inputSha256(asked.input))))!.value) as SentRecord;
  expect(record.requests.map((r) => r.body).at(-1)).toBe(away.out[0]);
});
