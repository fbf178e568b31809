import type { OutRecord } from '@headwater/event-bus';
import { ARROW_STREAM, EVENT_SCHEMA_VERSION, EventColumnsBuilder, RECORD_HEADERS, encodeBatch, recordCrc } from '@headwater/header-event';
import type { AgentIdentity, BatchAccount } from '@headwater/header-event';
import type { Place } from './numbers.ts';

let none: Uint8Array | null = null;

/** A record of `header-events.v1` of a value that is encoded already; null: no rows, only the account. */
export function recordOf(b: { identity: AgentIdentity; place: Place; account: BatchAccount; value: Uint8Array | null }): OutRecord & { key: string } {
  const value = b.value ?? (none ??= encodeBatch(new EventColumnsBuilder().finish()));
  const { seq, before, exchanges } = b.place;
  const account = JSON.stringify(before === undefined || exchanges === undefined ? b.account : { ...b.account, exchanges_before: before, exchanges_after: before + exchanges });
  return {
    key: b.identity.hostId,
    value,
    headers: {
      [RECORD_HEADERS.contentType]: ARROW_STREAM,
      [RECORD_HEADERS.schema]: String(EVENT_SCHEMA_VERSION),
      [RECORD_HEADERS.agent]: `${b.identity.hostId}/${b.identity.incarnation}`,
      [RECORD_HEADERS.seq]: String(seq),
      [RECORD_HEADERS.crc32]: recordCrc(account, value),
      [RECORD_HEADERS.account]: account,
    },
  };
}
