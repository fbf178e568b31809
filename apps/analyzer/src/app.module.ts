import 'reflect-metadata';
import { Controller, Inject, Module, type DynamicModule } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { BatchOutcome, ConsumerHooks, RecordBatch, TopicPartition } from '@headwater/event-bus';

const EVENTS = Symbol('header events');
const STATUS = Symbol('agent status');

@Controller()
class HeaderEventsController {
  private readonly hooks: ConsumerHooks;
  constructor(@Inject(EVENTS) hooks: ConsumerHooks) {
    this.hooks = hooks;
  }

  @MessagePattern('headerEvents/assigned')
  assigned(@Payload() partitions: readonly TopicPartition[]): ReturnType<ConsumerHooks['assigned']> {
    return this.hooks.assigned(partitions);
  }

  @MessagePattern('headerEvents')
  batch(@Payload() batch: RecordBatch): Promise<BatchOutcome> {
    return this.hooks.batch(batch);
  }

  @MessagePattern('headerEvents/revoked')
  revoked(@Payload() partitions: readonly TopicPartition[]): Promise<void> {
    return this.hooks.revoked(partitions);
  }
}

@Controller()
class AgentStatusController {
  private readonly hooks: ConsumerHooks;
  constructor(@Inject(STATUS) hooks: ConsumerHooks) {
    this.hooks = hooks;
  }

  @MessagePattern('agentStatus')
  batch(@Payload() batch: RecordBatch): Promise<BatchOutcome> {
    return this.hooks.batch(batch);
  }
}

/** The fold as a Nest microservice: batches of header events to the pipeline. */
@Module({})
export class HeaderEventsModule {
  static of(hooks: ConsumerHooks): DynamicModule {
    return { module: HeaderEventsModule, controllers: [HeaderEventsController], providers: [{ provide: EVENTS, useValue: hooks }] };
  }
}

/**
 * Heartbeats, as a microservice of its own: members of one Kafka group must read the same topics, since kafkajs deals
 * out the leader's topics to all of them.
 */
@Module({})
export class AgentStatusModule {
  static of(hooks: ConsumerHooks): DynamicModule {
    return { module: AgentStatusModule, controllers: [AgentStatusController], providers: [{ provide: STATUS, useValue: hooks }] };
  }
}
