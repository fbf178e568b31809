import { BaseRpcContext, Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { TOPICS, topicName } from '@headwater/header-event';
import type { TopicId } from '@headwater/header-event';
import { lastValueFrom } from 'rxjs';
import type { BatchOutcome, ConsumerHooks, EventBus, RecordBatch, Subscription, TopicPartition } from '../port.ts';
import { silent } from '../settings.ts';
import type { BusLog } from '../settings.ts';

export interface EventBusServerOptions {
  bus: EventBus;
  /** members of one group share the partitions */
  group: string;
  /** of topic names */
  prefix: string;
  /** without them, and without a handler `<topic id>/assigned`, reading starts at the earliest record */
  assigned?: ConsumerHooks['assigned'];
  revoked?: ConsumerHooks['revoked'];
  log?: BusLog;
}

/** Second argument of a handler. */
export class EventBusContext extends BaseRpcContext<[RecordBatch | readonly TopicPartition[]]> {
  getTopicId(): TopicId {
    return this.topicId;
  }
  private readonly topicId: TopicId;
  constructor(topicId: TopicId, about: RecordBatch | readonly TopicPartition[]) {
    super([about]);
    this.topicId = topicId;
  }
}

const WAIT_MS = [250, 500, 1000, 2000, 5000] as const;

/**
 * The event bus as a Nest transport. A pattern is a topic id (`headerEvents`); its handler gets a RecordBatch and
 * answers a BatchOutcome, as a value, promise or observable; nothing answered means `next`. A handler that fails
 * gets the same batch again after a pause. `<topic id>/assigned` and `<topic id>/revoked` get the partitions.
 *
 * `listen` does not wait for the bus: a bus or topic that is not there yet is waited for, and said in the log.
 */
export class EventBusServer extends Server implements CustomTransportStrategy {
  readonly #options: EventBusServerOptions;
  readonly #log: BusLog;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #stop = new AbortController();
  #starting: Promise<unknown> = Promise.resolve();

  constructor(options: EventBusServerOptions) {
    super();
    this.#options = options;
    this.#log = options.log ?? silent;
  }

  listen(callback: (error?: unknown) => void): void {
    const ids = [...this.messageHandlers.keys()].filter((pattern) => !pattern.includes('/'));
    const unknown = [...this.messageHandlers.keys()].filter((pattern) => !(pattern.replace(/\/(assigned|revoked)$/, '') in TOPICS));
    if (unknown.length > 0) {
      callback(new Error(`no topic has the id ${unknown.join(', ')}; the ids are ${Object.keys(TOPICS).join(', ')}`));
      return;
    }
    this.#starting = Promise.all(ids.map((id) => this.#consume(id as TopicId)));
    callback();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#starting;
    await Promise.all([...this.#subscriptions.values()].map((s) => s.stop()));
    this.#subscriptions.clear();
  }

  /** Replays a partition; ignored while its topic is still waited for. */
  async seek(at: TopicPartition & { offset: number }): Promise<void> {
    await this.#subscriptions.get(at.topic)?.seek(at);
  }

  /** Nest asks for it; what happens to the bus is said through `log`. */
  on(): void {}

  unwrap<T>(): T {
    return this.#options.bus as T;
  }

  async #consume(id: TopicId): Promise<void> {
    const { bus, group, prefix } = this.#options;
    const topic = topicName(prefix, id);
    const hooks: ConsumerHooks = {
      assigned: async (partitions) => {
        const handler = this.messageHandlers.get(`${id}/assigned`);
        if (handler === undefined) return (await this.#options.assigned?.(partitions)) ?? [];
        return ((await this.#call(handler, id, partitions)) ?? []) as readonly (TopicPartition & { offset: number })[];
      },
      batch: async (batch) => ((await this.#call(this.messageHandlers.get(id)!, id, batch)) ?? { kind: 'next' }) as BatchOutcome,
      revoked: async (partitions) => {
        const handler = this.messageHandlers.get(`${id}/revoked`);
        if (handler === undefined) await this.#options.revoked?.(partitions);
        else await this.#call(handler, id, partitions);
      },
    };
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        this.#subscriptions.set(topic, await bus.consume(group, [topic], hooks));
        return;
      } catch (error) {
        this.#log('warn', `${topic} cannot be read yet: ${error instanceof Error ? error.message : String(error)}`);
        await this.#pause(WAIT_MS[Math.min(attempt, WAIT_MS.length - 1)]!);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const { signal } = this.#stop;
      signal.addEventListener('abort', done);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  async #call(handler: MessageHandler, id: TopicId, about: RecordBatch | readonly TopicPartition[]): Promise<unknown> {
    const answer: unknown = await handler(about, new EventBusContext(id, about));
    return lastValueFrom(this.transformToObservable(answer), { defaultValue: undefined });
  }
}
