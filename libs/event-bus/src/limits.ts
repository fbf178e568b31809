import { BusError } from './port.ts';
import type { OutRecord } from './port.ts';

/** Of key, value and headers together, uncompressed: what fits into max.message.bytes (1 MiB) with its framing. */
export const MAX_RECORD_BYTES = (1 << 20) - 4096;
/** The topics' max.message.bytes: the broker's limit of one (compressed) record batch. */
export const MAX_MESSAGE_BYTES = 1 << 20;

export function recordBytes({ key, value, headers }: OutRecord): number {
  let bytes = value.length + (key === null ? 0 : Buffer.byteLength(key));
  for (const name in headers) bytes += name.length + Buffer.byteLength(headers[name]!);
  return bytes;
}

/** @throws BusError `too_large`; both adapters refuse by the same rule, before anything is sent */
export function refuseLarge(records: readonly OutRecord[]): void {
  for (const record of records) {
    const bytes = recordBytes(record);
    if (bytes > MAX_RECORD_BYTES) throw new BusError('too_large', { bytes, limit: MAX_RECORD_BYTES });
  }
}
