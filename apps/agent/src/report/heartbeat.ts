import type { EventBus } from '@headwater/event-bus';
import type { AgentStatus } from '@headwater/header-event';
import type { Logger } from 'pino';

export const HEARTBEAT_MS = 5_000;

/** Sends the agent's status every 5 s. A heartbeat that does not arrive is not kept: the next one says more. */
export class Heartbeat {
  private readonly timer: NodeJS.Timeout;
  private readonly bus: EventBus;
  private readonly topic: string;
  private readonly status: (ended: boolean) => AgentStatus;
  private readonly log: Logger;
  private underWay: Promise<void> | null = null;

  constructor(bus: EventBus, topic: string, status: (ended: boolean) => AgentStatus, log: Logger) {
    this.bus = bus;
    this.topic = topic;
    this.status = status;
    this.log = log;
    this.timer = setInterval(() => void this.beat(), HEARTBEAT_MS);
    void this.beat();
  }

  /** One last heartbeat with the final totals, which says that it is the last, at most `waitMs`. */
  async finish(waitMs: number): Promise<void> {
    clearInterval(this.timer);
    let timer: NodeJS.Timeout | undefined;
    // One that is under way does not say it, and would come after it.
    const last = (this.underWay ?? Promise.resolve()).then(() => this.send(true));
    await Promise.race([last, new Promise<void>((ok) => (timer = setTimeout(ok, waitMs)))]);
    clearTimeout(timer);
  }

  private async beat(): Promise<void> {
    if (this.underWay) return;
    this.underWay = this.send(false).finally(() => (this.underWay = null));
    await this.underWay;
  }

  private async send(ended: boolean): Promise<void> {
    try {
      const status = this.status(ended);
      await this.bus.publish(this.topic, [{ key: status.host, value: Buffer.from(JSON.stringify(status)), headers: { 'content-type': 'application/json' } }]);
    } catch (error) {
      this.log.debug({ reason: error instanceof Error ? error.message : String(error) }, 'heartbeat not sent');
    }
  }
}
