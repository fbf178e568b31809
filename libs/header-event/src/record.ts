import { crc32 } from 'node:zlib';
import { EVENT_SCHEMA_VERSION } from './schema.ts';
import type { BatchAccount, EventColumns } from './schema.ts';
import { ARROW_STREAM, RECORD_HEADERS } from './topics.ts';
import type { AgentIdentity } from './topics.ts';
import { EventCodecError } from './errors.ts';
import { encodeBatch } from './codec/encode.ts';
import { decodeBatch } from './codec/decode.ts';
import { parseAccount } from './account.ts';

export interface EventRecord {
  /** host id */
  key: string;
  value: Uint8Array;
  headers: Record<string, string>;
}

/** 8 hex digits; covers the account's bytes, then the value (kafkajs does not check the log's own CRC). */
export function recordCrc(account: string, value: Uint8Array): string {
  return crc32(value, crc32(account)).toString(16).padStart(8, '0');
}

/** A batch as a record of `header-events.v1`; the publisher adds the partition (`partitionFor`). */
export function makeRecord({ identity, seq, columns, account }: { identity: AgentIdentity; seq: number; columns: EventColumns; account: BatchAccount }): EventRecord {
  const value = encodeBatch(columns);
  const accountText = JSON.stringify(account);
  return {
    key: identity.hostId,
    value,
    headers: {
      [RECORD_HEADERS.contentType]: ARROW_STREAM,
      [RECORD_HEADERS.schema]: String(EVENT_SCHEMA_VERSION),
      [RECORD_HEADERS.agent]: `${identity.hostId}/${identity.incarnation}`,
      [RECORD_HEADERS.seq]: String(seq),
      [RECORD_HEADERS.crc32]: recordCrc(accountText, value),
      [RECORD_HEADERS.account]: accountText,
    },
  };
}

export interface OpenedRecord {
  identity: AgentIdentity;
  /** 1, 2, 3 ... per incarnation */
  seq: number;
  account: BatchAccount;
  columns: EventColumns;
}

const bad = (header: string, detail: string): never => {
  throw new EventCodecError('bad_header', { header, detail });
};

/**
 * Checks and reads a record of `header-events.v1`. The order tells what a failure means: content type and
 * schema first (not for us), then the checksum (damaged on the way), then the contents.
 * @throws EventCodecError
 */
export function openRecord({ headers, value }: { headers: Readonly<Record<string, string>>; value: Uint8Array }): OpenedRecord {
  const need = (header: string): string => {
    const v = headers[header];
    if (v === undefined) throw new EventCodecError('missing_header', { header });
    return v;
  };
  const contentType = need(RECORD_HEADERS.contentType);
  if (contentType !== ARROW_STREAM) throw new EventCodecError('foreign', { detail: `content-type ${contentType.slice(0, 80)}` });
  const schema = need(RECORD_HEADERS.schema);
  if (!/^[1-9]\d{0,8}$/.test(schema)) bad(RECORD_HEADERS.schema, schema.slice(0, 80));
  if (Number(schema) > EVENT_SCHEMA_VERSION) throw new EventCodecError('newer_schema', { schema, known: EVENT_SCHEMA_VERSION });

  const accountText = need(RECORD_HEADERS.account);
  const expected = need(RECORD_HEADERS.crc32);
  const actual = recordCrc(accountText, value);
  if (expected !== actual) throw new EventCodecError('crc_mismatch', { expected: expected.slice(0, 16), actual });

  const agent = need(RECORD_HEADERS.agent);
  const slash = agent.lastIndexOf('/');
  if (slash < 1 || slash === agent.length - 1 || agent.length > 512) bad(RECORD_HEADERS.agent, 'expected <host id>/<incarnation>');
  const seqText = need(RECORD_HEADERS.seq);
  const seq = Number(seqText);
  if (!/^[1-9]\d*$/.test(seqText) || !Number.isSafeInteger(seq)) bad(RECORD_HEADERS.seq, 'expected 1, 2, 3 ...');
  return { identity: { hostId: agent.slice(0, slash), incarnation: agent.slice(slash + 1) }, seq, account: parseAccount(accountText), columns: decodeBatch(value) };
}
