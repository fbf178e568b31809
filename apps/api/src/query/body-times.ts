import { MINUTE_MS } from '@headwater/alert-rules';
import { invalidBody } from '../http/body.ts';
import { Problem } from '../http/problem.ts';
import { parseInstant } from './time.ts';

const CLOSED_AFTER_MS = 40_000;

/** By then its windows are closed, but for hosts that are late. ms */
export function lastClosedMinute(now: number): number {
  return Math.floor((now - CLOSED_AFTER_MS) / MINUTE_MS) * MINUTE_MS;
}

/** A time in a body, as in a query; what is wrong with it is named by pointer. ms */
export function instantOfBody(field: string, value: string, now: number): number {
  try {
    return parseInstant(field, value, now);
  } catch (error) {
    throw error instanceof Problem ? invalidBody([{ pointer: `#/${field}`, detail: error.message.replace(/^\w+: /, '') }]) : error;
  }
}
