import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { of } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openBus, topicsFor } from '../index.ts';
import type { BatchOutcome, EventBus, RecordBatch, TopicPartition } from '../index.ts';
import { rec, until } from '../contract.ts';
import { ERRORS_AS_THEY_ARE, EventBusServer } from './index.ts';

const seen: string[] = [];
let failOnce = true;

class Reader {
  @MessagePattern('summaries/assigned')
  assigned(@Payload() partitions: TopicPartition[]) {
    seen.push('assigned');
    return partitions.map((p) => ({ ...p, offset: 1 }));
  }
  @MessagePattern('summaries')
  batch(@Payload() batch: RecordBatch): unknown {
    if (failOnce) {
      failOnce = false;
      throw new Error('not yet');
    }
    seen.push(...batch.records.map((r) => Buffer.from(r.value).toString()));
    return of<BatchOutcome>({ kind: 'next' });
  }
  @MessagePattern('summaries/revoked')
  async revoked() {
    seen.push('revoked');
  }
}

@Module({ controllers: [Reader] })
class ReaderModule {}

@Module({})
class EmptyModule {}

let dir: string;
let bus: EventBus;
let log: string[];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'headwater-nest-'));
  log = [];
  bus = await openBus({ kind: 'embedded', path: join(dir, 'bus.sqlite'), retentionMs: 1e9, retentionBytes: 1e9 }, (_, message) => log.push(message));
});
afterEach(async () => {
  await bus.close();
  rmSync(dir, { recursive: true });
});

it('a Nest microservice reads batches, starts where `assigned` says, and gets a failed batch again', async () => {
  const strategy = new EventBusServer({ bus, group: 'g', prefix: 'p', log: (_, message) => log.push(message) });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(ReaderModule, { strategy, logger: false });
  app.useGlobalFilters(ERRORS_AS_THEY_ARE);
  await app.listen();
  await until('the missing topic to be said', () => log.some((m) => m.includes('headwater-admin topics apply')));
  await bus.applyTopics(topicsFor('embedded', 'p'), { dryRun: false });
  await bus.publish('p.summaries.v1', [rec('skipped'), rec('a'), rec('b')]);
  await until('both records', () => seen.includes('b'));
  await app.close();
  expect(seen).toEqual(['assigned', 'a', 'b', 'revoked']);
  expect(failOnce).toBe(false);
  expect(log).toContainEqual(expect.stringMatching(/failed, again in \d+ ms: Error: not yet$/));
});

it('a pattern that is no topic id refuses to start', async () => {
  const strategy = new EventBusServer({ bus, group: 'g', prefix: 'p' });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(EmptyModule, { strategy, logger: false });
  strategy.addHandler('nonsense', async () => undefined as never);
  await expect(app.listen()).rejects.toThrow(/no topic has the id nonsense/);
});
