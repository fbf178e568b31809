import type { InsightSubject } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import { WINDOW_MS } from '../query/time.ts';
import { serviceOf, type WindowReader } from '../windows/reader.ts';
import type { AskedWindow } from './window.ts';

const DAY_MS = 86_400_000;

/** Whether anything was seen of a subject: an insight on nothing helps nobody, and a misspelt name is said at once. */
export class Known {
  readonly #reader: WindowReader;
  readonly #state: () => StateStore;

  constructor(reader: WindowReader, state: () => StateStore) {
    this.#reader = reader;
    this.#state = state;
  }

  /**
   * From 24 hours before the window (what vanished is worth an insight) up to now, ms (what is on the dashboard is not unknown). A host: as
   * long as its agent's last word is kept.
   */
  async has({ service, host }: InsightSubject, window: AskedWindow, now: number): Promise<boolean> {
    if (host !== undefined) return (await this.#state().get(`agent/${host}`)) !== null;
    if (service === undefined) return true;
    const start = Date.parse(window.start);
    return (await this.#seen(service, start, Math.ceil(now / WINDOW_MS) * WINDOW_MS)) || (await this.#seen(service, start - DAY_MS, start));
  }

  async #seen(service: string, start: number, end: number): Promise<boolean> {
    // No contents are needed, so those of closed windows are not fetched.
    for await (const { windows } of this.#reader.read({ range: { start, end }, services: [service], coarsest: '1h' }, () => true))
      if (windows.some((w) => serviceOf(w) === service)) return true;
    return false;
  }
}
