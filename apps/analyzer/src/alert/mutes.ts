import { ALERT_KEYS, isMuted, type Alert, type Mute } from '@headwater/alert-rules';
import type { StateStore } from '@headwater/state-store';

const LOOK_EVERY_MS = 2_000;

/** The mutes as they stood in the store a moment ago. */
export class Mutes {
  private list: Mute[] = [];
  private lookedMs = -Infinity;
  private readonly state: StateStore;
  private readonly now: () => number;

  constructor(state: StateStore, now: () => number) {
    this.state = state;
    this.now = now;
  }

  /** @throws whatever the store throws */
  async look(): Promise<void> {
    if (this.now() - this.lookedMs < LOOK_EVERY_MS) return;
    this.list = (await this.state.list(ALERT_KEYS.mutes)).map(({ value }) => JSON.parse(value) as Mute);
    this.lookedMs = this.now();
  }

  /** Id of the mute that holds of this alert at an instant, or null. */
  of(alert: Alert, atMs: number): string | null {
    return isMuted(this.list, alert, atMs);
  }
}
