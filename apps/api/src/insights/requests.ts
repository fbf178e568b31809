import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBus } from '@headwater/event-bus';
import type { InsightRequest } from '@headwater/insight-rules';

/** Hands requests to whoever makes insights. */
export interface InsightRequests {
  /** Resolves when the request is durable; rejects with BusError, and after `deadlineMs` whatever the bus is at. */
  publish(request: InsightRequest): Promise<void>;
  close(): Promise<void>;
}

const CLOSING_MS = 2_000;
/** Longer than most elections of Kafka, which the bus waits out. */
const DEADLINE_MS = 8_000;

/**
 * The bus, opened by the first request and not before: the API starts and answers without it. An opening that failed is tried again by the
 * next request. What is late may still arrive; requests are delivered at least once, and repeats are one insight.
 */
export class BusRequests implements InsightRequests {
  readonly #open: () => Promise<Pick<EventBus, 'publish' | 'close'>>;
  readonly #topic: string;
  readonly #deadlineMs: number;
  #bus: Promise<Pick<EventBus, 'publish' | 'close'>> | null = null;

  constructor(open: () => Promise<Pick<EventBus, 'publish' | 'close'>>, topic: string, deadlineMs = DEADLINE_MS) {
    this.#open = open;
    this.#topic = topic;
    this.#deadlineMs = deadlineMs;
  }

  async publish(request: InsightRequest): Promise<void> {
    const late = new AbortController();
    const deadline = sleep(this.#deadlineMs, undefined, { signal: late.signal }).then(() => {
      throw Object.assign(new Error(`no answer in ${this.#deadlineMs} ms`), { code: 'unreachable' });
    });
    const work = this.#send(request);
    // Whichever comes second is nobody's.
    work.catch(() => undefined);
    deadline.catch(() => undefined);
    try {
      await Promise.race([work, deadline]);
    } finally {
      late.abort();
    }
  }

  async close(): Promise<void> {
    const bus = this.#bus;
    if (bus === null) return;
    // A bus that does not answer does not keep the process.
    await Promise.race([bus.then((b) => b.close()).catch(() => undefined), sleep(CLOSING_MS, undefined, { ref: false })]);
  }

  async #send(request: InsightRequest): Promise<void> {
    const bus = await this.#opened();
    await bus.publish(this.#topic, [{ key: request.id, value: Buffer.from(JSON.stringify(request)), headers: { 'content-type': 'application/json' } }]);
  }

  #opened(): Promise<Pick<EventBus, 'publish' | 'close'>> {
    if (this.#bus === null) {
      const opening = this.#open();
      this.#bus = opening;
      opening.catch(() => {
        if (this.#bus === opening) this.#bus = null;
      });
    }
    return this.#bus;
  }
}
