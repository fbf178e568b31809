import { INSIGHT_KEYS, type GatewayStatus } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { GuardStatus, InsightGateway } from '../gateway/port.ts';

export const STATUS_EVERY_MS = 15_000;
const TTL_MS = 60_000;

export interface StatusDoors {
  state: StateStore;
  gateway: (Pick<InsightGateway, 'name' | 'kind' | 'host' | 'model'> & { status(): GuardStatus }) | null;
  budget: () => Promise<GatewayStatus['budget']>;
  queued: () => Promise<number>;
  /** hears what was said */
  said: (status: GatewayStatus) => void;
}

/** Says under `INSIGHT_KEYS.status` how this process's asking is doing, for `/v1/insight-gateway`. */
export class StatusTeller {
  private readonly d: StatusDoors;
  private readonly instance: string;
  private readonly now: () => number;

  constructor(doors: StatusDoors, instance: string, now: () => number) {
    this.d = doors;
    this.instance = instance;
    this.now = now;
  }

  /** @throws whatever the store throws */
  async tell(): Promise<void> {
    const { gateway } = this.d;
    const guard = gateway?.status() ?? null;
    const status: GatewayStatus = {
      schema: 1,
      instance: this.instance,
      at: new Date(this.now()).toISOString(),
      gateway: gateway && { name: gateway.name, kind: gateway.kind, host: gateway.host, model: gateway.model },
      breaker: guard?.breaker ?? null,
      queued: await this.d.queued(),
      budget: await this.d.budget(),
      last_success_at: guard?.last_success_at ?? null,
      last_failure: guard?.last_failure ?? null,
    };
    await this.d.state.set(INSIGHT_KEYS.status(this.instance), JSON.stringify(status), { ttlMs: TTL_MS });
    this.d.said(status);
  }

  /** It is gone at once, not when its minute is over. */
  async end(): Promise<void> {
    await this.d.state.delete(INSIGHT_KEYS.status(this.instance));
  }
}
