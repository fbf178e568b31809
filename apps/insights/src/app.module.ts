import 'reflect-metadata';
import { Controller, Inject, Module, type DynamicModule } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { BatchOutcome, ConsumerHooks, RecordBatch, TopicPartition } from '@headwater/event-bus';

const ALERTS = Symbol('alerts');
const REQUESTS = Symbol('insight requests');

@Controller()
class AlertsController {
  private readonly hooks: ConsumerHooks;
  constructor(@Inject(ALERTS) hooks: ConsumerHooks) {
    this.hooks = hooks;
  }

  @MessagePattern('alerts/assigned')
  assigned(@Payload() partitions: readonly TopicPartition[]): ReturnType<ConsumerHooks['assigned']> {
    return this.hooks.assigned(partitions);
  }

  @MessagePattern('alerts')
  batch(@Payload() batch: RecordBatch): Promise<BatchOutcome> {
    return this.hooks.batch(batch);
  }

  @MessagePattern('alerts/revoked')
  revoked(@Payload() partitions: readonly TopicPartition[]): Promise<void> {
    return this.hooks.revoked(partitions);
  }
}

@Controller()
class RequestsController {
  private readonly hooks: ConsumerHooks;
  constructor(@Inject(REQUESTS) hooks: ConsumerHooks) {
    this.hooks = hooks;
  }

  @MessagePattern('insightRequests/assigned')
  assigned(@Payload() partitions: readonly TopicPartition[]): ReturnType<ConsumerHooks['assigned']> {
    return this.hooks.assigned(partitions);
  }

  @MessagePattern('insightRequests')
  batch(@Payload() batch: RecordBatch): Promise<BatchOutcome> {
    return this.hooks.batch(batch);
  }

  @MessagePattern('insightRequests/revoked')
  revoked(@Payload() partitions: readonly TopicPartition[]): Promise<void> {
    return this.hooks.revoked(partitions);
  }
}

/** Alerts that open, as a Nest microservice. */
@Module({})
export class AlertsModule {
  static of(hooks: ConsumerHooks): DynamicModule {
    return { module: AlertsModule, controllers: [AlertsController], providers: [{ provide: ALERTS, useValue: hooks }] };
  }
}

/**
 * Requests, as a microservice and a group of its own: members of one Kafka group must read the same topics, since kafkajs deals out the
 * leader's topics to all of them.
 */
@Module({})
export class RequestsModule {
  static of(hooks: ConsumerHooks): DynamicModule {
    return { module: RequestsModule, controllers: [RequestsController], providers: [{ provide: REQUESTS, useValue: hooks }] };
  }
}
