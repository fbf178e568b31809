import type { PodNames } from '@headwater/capture';
import type { Logger } from 'pino';
import { fetchPods, refusal } from './kubelet-client.ts';
import type { KubeletSettings } from './kubelet-client.ts';
import { podsOf } from './pod-list.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Asks the kubelet for its pods every `intervalMs` and hands the names on. While it does not answer, the last names
 * stay; the pause between attempts grows from 1 s to a minute, and it is said once.
 */
export class Kubelet {
  /** the last good answer; null before the first */
  pods: readonly PodNames[] | null = null;
  private readonly settings: KubeletSettings & { intervalMs: number };
  private readonly onPods: (pods: readonly PodNames[]) => void;
  private readonly log: Logger;
  private readonly halt = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private trouble = '';
  private pauseMs = FIRST_PAUSE_MS;

  /** @throws Error that names the settings: a token would go out in clear, or to whoever answers */
  constructor(settings: KubeletSettings & { intervalMs: number }, onPods: (pods: readonly PodNames[]) => void, log: Logger) {
    const why = refusal(settings);
    if (why) throw new Error(why);
    this.settings = settings;
    this.onPods = onPods;
    this.log = log;
    void this.ask();
  }

  stop(): void {
    this.halt.abort();
    clearTimeout(this.timer);
  }

  private async ask(): Promise<void> {
    let wait = this.settings.intervalMs;
    try {
      const pods = podsOf(await fetchPods(this.settings, this.halt.signal));
      if (this.halt.signal.aborted) return;
      if (this.trouble !== '' || this.pods === null) this.log.info({ pods: pods.length }, 'the kubelet names the pods');
      this.pods = pods;
      this.trouble = '';
      this.pauseMs = FIRST_PAUSE_MS;
      this.onPods(pods);
    } catch (error) {
      if (this.halt.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.trouble) this.log.warn({ url: this.settings.url, reason }, 'the kubelet does not name the pods; the last names are kept');
      this.trouble = reason;
      wait = this.pauseMs;
      this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
    }
    this.timer = setTimeout(() => void this.ask(), wait);
    this.timer.unref();
  }
}
