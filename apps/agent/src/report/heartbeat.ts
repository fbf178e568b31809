import type { EventBus } from '@headwater/event-bus';
import type { AgentStatus } from '@headwater/header-event';
import type { Logger } from 'pino';

export const HEARTBEAT_MS = 5_000;

/** Sends the agent's status every 5 s. A heartbeat that does not arrive is not kept: the next one says more. */
export class Heartbeat {
  private readonly timer: NodeJS.Timeout;
  private readonly bus: EventBus;
  private readonly topic: string;
  private readonly status: () => AgentStatus;
  private readonly log: Logger;
  private underWay = false;

  constructor(bus: EventBus, topic: string, status: () => AgentStatus, log: Logger) {
    this.bus = bus;
    this.topic = topic;
    this.status = status;
    this.log = log;
    this.timer = setInterval(() => void this.beat(), HEARTBEAT_MS);
    void this.beat();
  }

  /** One last heartbeat with the final totals, at most `waitMs`. */
  async finish(waitMs: number): Promise<void> {
    clearInterval(this.timer);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.beat(), new Promise<void>((ok) => (timer = setTimeout(ok, waitMs)))]);
    clearTimeout(timer);
  }

  private async beat(): Promise<void> {
    if (this.underWay) return;
    this.underWay = true;
    try {
      const status = this.status();
      await this.bus.publish(this.topic, [{ key: status.host, value: Buffer.from(JSON.stringify(status)), headers: { 'content-type': 'application/json' } }]);
    } catch (error) {
      this.log.debug({ reason: error instanceof Error ? error.message : String(error) }, 'heartbeat not sent');
    } finally {
      this.underWay = false;
    }
  }
}
