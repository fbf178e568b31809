import { crc32 } from 'node:zlib';
import { parseAccount } from '@headwater/header-event';
import type { AgentIdentity, BatchAccount } from '@headwater/header-event';
import type { Place } from '../publish/numbers.ts';

/**
 * One record of a segment, little-endian: a head of 128 bytes, then `<host id>/<incarnation>`, the body (JSON) and the
 * value (the Arrow bytes as they will be sent).
 *
 *     0 magic  4 crc of 8..48  8 body length  12 value length  16 rows: requests  20 responses  24 spooled at (f64, ms)
 *     32 oldest segment still held  36 crc of agent and body  40 crc of the value  44 agent length  45 kind
 *     48 1 when delivered                                    written later, alone
 *     52 crc of 56..128  56 sequence number (f64, 0: none)  64 length and bytes of its incarnation    written later
 *     112 exchanges before it (f64)  120 exchanges in it (f64)       (before 0.2: crc of 56..112, and neither)
 *
 * Three checksums, so that damage to the values still leaves the account, and damage to that the number of rows. What
 * is written later overwrites bytes that are on the disk already: a full disk cannot refuse it.
 */
const MAGIC = 0x31535748; // HWS1
export const HEAD_BYTES = 128;
export const DONE_AT = 48;
export const NUMBER_AT = 52;
const NUMBER_BYTES = 76;
const OLD_NUMBER_BYTES = 60;
const BEFORE_AT = 60;
const EXCHANGES_AT = 68;
const INCARNATION_BYTES = 47;
/** Bytes read at once of a record whose value is not wanted. */
export const PEEK_BYTES = 4_096;

/** The number under which the bus was offered a batch; from then on it must stay as it is, since it may have arrived. */
export interface BatchNumber extends Place {
  incarnation: string;
}

/** Batches that are gone for good, in one record: what was never offered as one account, the others each by its number. */
export interface Goners {
  plain: BatchAccount | null;
  numbered: { agent: AgentIdentity; number: BatchNumber; account: BatchAccount }[];
}

export interface RecordHead {
  bodyLength: number;
  valueLength: number;
  rows: { request: number; response: number };
  atMs: number;
  /** segments below this number are gone; what was in them is told by this record */
  first: number;
  valueCrc: number;
  agentLength: number;
  kind: 'batch' | 'goners';
  done: boolean;
  number: BatchNumber | null;
  bodyCrc: number;
}

export interface RecordParts {
  agent: AgentIdentity;
  number: BatchNumber | null;
  body: { kind: 'batch'; account: BatchAccount } | { kind: 'goners'; goners: Goners };
  value: Uint8Array;
  rows: { request: number; response: number };
  atMs: number;
  first: number;
}

const agentText = (a: AgentIdentity): string => `${a.hostId}/${a.incarnation}`;

export function agentOf(text: string): AgentIdentity {
  const slash = text.lastIndexOf('/');
  return { hostId: text.slice(0, slash), incarnation: text.slice(slash + 1) };
}

export function encodeRecord(parts: RecordParts): Buffer[] {
  const agent = Buffer.from(agentText(parts.agent));
  const body = Buffer.from(JSON.stringify(parts.body.kind === 'batch' ? parts.body.account : parts.body.goners));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt32LE(body.length, 8);
  head.writeUInt32LE(parts.value.length, 12);
  head.writeUInt32LE(parts.rows.request, 16);
  head.writeUInt32LE(parts.rows.response, 20);
  head.writeDoubleLE(parts.atMs, 24);
  head.writeUInt32LE(parts.first, 32);
  head.writeUInt32LE(crc32(body, crc32(agent)), 36);
  head.writeUInt32LE(crc32(parts.value), 40);
  head.writeUInt8(agent.length, 44);
  head.writeUInt8(parts.body.kind === 'batch' ? 0 : 1, 45);
  head.writeUInt32LE(crc32(head.subarray(8, 48)), 4);
  encodeNumber(parts.number).copy(head, NUMBER_AT);
  return [head, agent, body, Buffer.from(parts.value.buffer, parts.value.byteOffset, parts.value.byteLength)];
}

/** The bytes at NUMBER_AT. */
export function encodeNumber(number: BatchNumber | null): Buffer {
  const slot = Buffer.alloc(NUMBER_BYTES);
  if (number) {
    const name = Buffer.from(number.incarnation);
    if (name.length > INCARNATION_BYTES) throw new RangeError(`an incarnation of ${name.length} bytes does not fit; ${INCARNATION_BYTES} do`);
    slot.writeDoubleLE(number.seq, 4);
    slot.writeUInt8(name.length, 12);
    name.copy(slot, 13);
    slot.writeDoubleLE(number.before ?? -1, BEFORE_AT);
    slot.writeDoubleLE(number.exchanges ?? -1, EXCHANGES_AT);
  }
  slot.writeUInt32LE(crc32(slot.subarray(4)), 0);
  return slot;
}

/** null: these are not the first bytes of a whole head. A torn number was never used: it is on the disk before the bus hears of it. */
export function decodeHead(head: Buffer): RecordHead | null {
  if (head.length < HEAD_BYTES || head.readUInt32LE(0) !== MAGIC || head.readUInt32LE(4) !== crc32(head.subarray(8, 48))) return null;
  const slot = head.subarray(NUMBER_AT, NUMBER_AT + NUMBER_BYTES);
  return {
    bodyLength: head.readUInt32LE(8),
    valueLength: head.readUInt32LE(12),
    rows: { request: head.readUInt32LE(16), response: head.readUInt32LE(20) },
    atMs: head.readDoubleLE(24),
    first: head.readUInt32LE(32),
    bodyCrc: head.readUInt32LE(36),
    valueCrc: head.readUInt32LE(40),
    agentLength: head.readUInt8(44),
    kind: head.readUInt8(45) === 0 ? 'batch' : 'goners',
    done: head.readUInt8(DONE_AT) !== 0,
    number: decodeNumber(slot),
  };
}

function decodeNumber(slot: Buffer): BatchNumber | null {
  const crc = slot.readUInt32LE(0);
  const whole = crc === crc32(slot.subarray(4));
  if (!whole && crc !== crc32(slot.subarray(4, OLD_NUMBER_BYTES))) return null;
  const seq = slot.readDoubleLE(4);
  if (seq <= 0) return null;
  const incarnation = slot.subarray(13, 13 + slot.readUInt8(12)).toString();
  const before = whole ? slot.readDoubleLE(BEFORE_AT) : -1;
  return { incarnation, seq, ...(before >= 0 ? { before, exchanges: slot.readDoubleLE(EXCHANGES_AT) } : {}) };
}

/** Agent and body of a record; null when they are damaged. */
export function decodeBody(head: RecordHead, bytes: Buffer): { agent: AgentIdentity; body: RecordParts['body'] } | null {
  if (bytes.length < head.agentLength + head.bodyLength) return null;
  const agent = bytes.subarray(0, head.agentLength);
  const body = bytes.subarray(head.agentLength, head.agentLength + head.bodyLength);
  if (crc32(body, crc32(agent)) !== head.bodyCrc) return null;
  const text = body.toString();
  try {
    return {
      agent: agentOf(agent.toString()),
      body: head.kind === 'batch' ? { kind: 'batch', account: parseAccount(text) } : { kind: 'goners', goners: JSON.parse(text) as Goners },
    };
  } catch {
    return null;
  }
}

/** Where the next head may begin at or after `from`; -1: nowhere. */
export function nextMagic(bytes: Buffer, from: number): number {
  return bytes.indexOf(Buffer.from('HWS1'), from);
}
