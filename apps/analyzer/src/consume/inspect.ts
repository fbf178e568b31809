import { EventCodecError, openRecord } from '@headwater/header-event';
import type { BusRecord } from '@headwater/event-bus';
import type { Arrived } from '../arrived.ts';

export type Inspected = { ok: Arrived } | { bad: { reason: string; detail: string } };

/** Checks and decodes a record. Whatever is wrong with it is its own fault: a reason, never a throw. */
export function inspect(record: BusRecord, nowMs: number): Inspected {
  try {
    return { ok: { ...openRecord(record), offset: record.offset, referenceMs: Math.min(record.timestampMs, nowMs) } };
  } catch (error) {
    if (error instanceof EventCodecError) return { bad: { reason: error.code, detail: error.message } };
    throw error;
  }
}
