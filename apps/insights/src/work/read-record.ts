import type { Alert, AlertEvent } from '@headwater/alert-rules';
import type { BusRecord } from '@headwater/event-bus';
import { INSIGHT_WINDOW, insightId, type InsightRequest, type InsightSubject } from '@headwater/insight-rules';
import type { PassedWhy } from '../report/report.ts';

/** Both shapes are a few hundred bytes; what is far over that is none of ours. */
const MOST_BYTES = 65_536;
const ID = /^[0-9a-f]{32}$/;
const MOST_NAME = 1_024;

export type Read<T> = { ok: T } | { why: PassedWhy; detail: string };
const no = (why: PassedWhy, detail: string): { why: PassedWhy; detail: string } => ({ why, detail });

/** An `opened` of `alerts.v1`. The id of a well-formed record is all of it that a log line shows. */
export function readAlert(record: BusRecord): Read<Alert> {
  const read = object(record);
  if ('why' in read) return read;
  const event = read.ok as Partial<AlertEvent>;
  if (event.schema !== 1) return no('foreign', 'schema is not 1');
  if (event.event === 'resolved') return no('resolved', '');
  if (event.event !== 'opened') return no('foreign', 'event is neither opened nor resolved');
  const alert = event.alert as Partial<Alert> | undefined;
  if (typeof alert?.id !== 'string' || !ID.test(alert.id) || record.key !== alert.id) return no('malformed', 'alert.id is not 32 hex digits, or not the key of the record');
  if (!Number.isFinite(Date.parse(alert.opening_window?.end ?? '')) || !Number.isFinite(Date.parse(alert.opened_at ?? '')))
    return no('malformed', 'opening_window.end or opened_at is no time');
  const { service, host } = alert.subject ?? {};
  if (!isName(service ?? host)) return no('no_subject', 'subject names neither a service nor a host');
  return { ok: alert as Alert };
}

/** What the insight on an alert is about: its service, whatever its route, or its host. */
export function subjectOf({ subject }: Pick<Alert, 'subject'>): InsightSubject {
  return typeof subject.service === 'string' ? { service: subject.service } : { host: subject.host! };
}

/** A record of `insight-requests.v1`. */
export function readRequest(record: BusRecord): Read<InsightRequest> {
  const read = object(record);
  if ('why' in read) return read;
  const request = read.ok as Partial<InsightRequest>;
  if (request.schema !== 1) return no('foreign', 'schema is not 1');
  const { id, window, requested_at, requested_by } = request;
  const subject = request.subject as Record<string, unknown> | undefined;
  if (typeof id !== 'string' || !ID.test(id) || record.key !== id) return no('malformed', 'id is not 32 hex digits, or not the key of the record');
  if (typeof requested_by !== 'string' || requested_by.length > MOST_NAME || !Number.isFinite(Date.parse(requested_at ?? '')))
    return no('malformed', 'requested_by or requested_at');
  if (typeof subject !== 'object' || subject === null || Object.keys(subject).some((k) => (k !== 'service' && k !== 'host') || !isName(subject[k])))
    return no('malformed', 'subject');
  if (typeof window?.start !== 'string' || typeof window.end !== 'string') return no('malformed', 'window');
  let named: string;
  try {
    named = insightId('request', subject, window);
  } catch (error) {
    return no('malformed', error instanceof Error ? error.message : 'window');
  }
  const length = Date.parse(window.end) - Date.parse(window.start);
  if (length < INSIGHT_WINDOW.least || length > INSIGHT_WINDOW.most) return no('malformed', 'window is shorter or longer than can be asked about');
  return named === id ? { ok: request as InsightRequest } : no('malformed', 'id is not that of its subject and window');
}

function object({ value }: BusRecord): Read<object> {
  if (value.length > MOST_BYTES) return no('too_large', `${value.length} bytes`);
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value).toString());
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ok: parsed } : no('malformed', 'not a JSON object');
  } catch {
    return no('malformed', 'not JSON');
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MOST_NAME;
}
