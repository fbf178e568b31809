import { afterAll, beforeAll, describe } from 'vitest';
import { startRedis, type RunningRedis } from '../../../../infra/redis/start.mjs';
import { readerContract } from './reader.contract.ts';
import { World } from './testing/world.ts';

let redis: RunningRedis;
beforeAll(async () => {
  redis = await startRedis({ appendonly: true, config: { appendfsync: 'always' } });
});
afterAll(() => redis?.stop());

describe('on Redis', () => readerContract(() => World.start(redis.url)));
