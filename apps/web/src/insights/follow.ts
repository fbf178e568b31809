import { isOver, type Insight } from './insight.ts';

/** As much of EventSource as is needed. */
export interface Events {
  readonly readyState: number;
  addEventListener(type: 'insight' | 'error', listener: (event: MessageEvent<string> | Event) => void): void;
  close(): void;
}

export interface FollowDeps {
  open: (address: string) => Events;
  /** the insight as it is now; rejects while the API does not answer */
  read: (signal: AbortSignal) => Promise<Insight>;
  /** whether asking again may help after such a failure */
  again: (error: unknown) => boolean;
  onInsight: (insight: Insight) => void;
  /** between two readings, ms */
  everyMs?: number;
}

/** EventSource.CLOSED: the browser does not try again by itself. */
const CLOSED = 2;
const MOST_ERRORS = 3;
const EVERY_MS = 2_000;

export const eventsAddress = (id: string): string => `/v1/insights/${encodeURIComponent(id)}/events`;

/**
 * Tells of every change of an insight until it is over: by the API's events, and where those do not come (a proxy holds them back, the API
 * refuses) by reading it again and again. @returns ends it
 */
export function follow(id: string, { open, read, again, onInsight, everyMs = EVERY_MS }: FollowDeps): () => void {
  const stopped = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let errors = 0;
  let revision = -1;
  const events = open(eventsAddress(id));

  const stop = () => {
    stopped.abort();
    clearTimeout(timer);
    events.close();
  };
  const tell = (insight: Insight) => {
    if (stopped.signal.aborted || insight.revision < revision) return;
    revision = insight.revision;
    if (isOver(insight)) stop();
    onInsight(insight);
  };
  const poll = () => {
    if (stopped.signal.aborted) return;
    read(stopped.signal)
      .then(tell, (error: unknown) => {
        if (!again(error)) stop();
      })
      .finally(() => {
        if (!stopped.signal.aborted) timer = setTimeout(poll, everyMs);
      });
  };

  events.addEventListener('insight', (event) => {
    errors = 0;
    const insight = parse((event as MessageEvent<string>).data);
    if (insight !== null && insight.id === id) tell(insight);
  });
  events.addEventListener('error', () => {
    errors++;
    if (stopped.signal.aborted || (events.readyState !== CLOSED && errors < MOST_ERRORS)) return;
    events.close();
    poll();
  });
  return stop;
}

function parse(text: string): Insight | null {
  try {
    return JSON.parse(text) as Insight;
  } catch {
    return null;
  }
}
