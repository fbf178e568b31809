import { afterAll, beforeAll, describe } from 'vitest';
import { startRedis, type RunningRedis } from '../../../../infra/redis/start.mjs';
import { summaryStoreContract } from '../contract.ts';
import { openSummaryStore, type SummaryStore } from '../index.ts';

let redis: RunningRedis;
beforeAll(async () => void (redis = await startRedis()));
afterAll(() => redis.stop());

describe('contract', () => {
  let store: SummaryStore;
  beforeAll(async () => void (store = await openSummaryStore({ kind: 'redis', url: redis.url, prefix: 'contract' })));
  afterAll(() => store.end());
  summaryStoreContract(() => store);
});
