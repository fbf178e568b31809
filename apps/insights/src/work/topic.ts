import type { EventBus } from '@headwater/event-bus';
import type { Insight } from '@headwater/insight-rules';

export const REVISION = 'headwater-revision';

/** `insights.v1`: key = id; a higher revision replaces a lower one. */
export class InsightTopic {
  private readonly bus: EventBus;
  private readonly topic: string;

  constructor(bus: EventBus, topic: string) {
    this.bus = bus;
    this.topic = topic;
  }

  /** @throws BusError */
  async publish(insight: Insight): Promise<void> {
    const headers = { 'content-type': 'application/json', [REVISION]: String(insight.revision) };
    await this.bus.publish(this.topic, [{ key: insight.id, value: Buffer.from(JSON.stringify(insight)), headers }]);
  }
}
