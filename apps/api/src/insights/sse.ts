/** Server-sent events as WHATWG HTML section 9.2 has them. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** A comment, which the browser passes over: it keeps the connection from being taken for dead. */
export const HEARTBEAT = ':\n\n';

/** `data` without line ends, as JSON.stringify writes it; `id` comes back as Last-Event-ID. */
export function event(type: string, id: number, data: unknown): string {
  return `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** How long the browser waits before it comes back after a stream ended, ms. */
export function retry(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/** null: none, or not one of ours */
export function lastEventId(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null;
}
