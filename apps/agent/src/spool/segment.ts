import type { AgentIdentity, BatchAccount } from '@headwater/header-event';
import { asLoss, mergeAccounts, rowsOf } from '../account.ts';
import type { Rows } from '../account.ts';
import type { Disk } from './disk.ts';
import { lostRows } from './entry.ts';
import type { Entry } from './entry.ts';
import { DONE_AT, HEAD_BYTES, NUMBER_AT, PEEK_BYTES, decodeBody, decodeHead, encodeNumber, encodeRecord, nextMagic } from './record.ts';
import type { Goners, RecordParts } from './record.ts';

/** Read at once to find the next whole record behind a damaged one. */
const SEARCH_BYTES = 4 * 1_048_576;

export interface Scan {
  entries: Entry[];
  /** segments below this one are gone: a record here tells what they held; 0: it says nothing */
  first: number;
  /** rows of records that are torn or damaged */
  corrupt: Rows;
  /** records, or stretches of bytes, that are torn or damaged */
  damages: number;
}

/** One append-only file of the spool. Of its batches only their sum stays in memory, but for those under way. */
export class Segment {
  readonly id: number;
  readonly path: string;
  /** written by an agent before this one */
  readonly inherited: boolean;
  readonly fd: number;
  size: number;
  oldestMs = Infinity;
  newestMs = 0;
  /** batches that wait */
  count = 0;
  /** its batches in order, once it is being sent */
  loaded: Entry[] | null = null;
  dirty = false;
  gone = false;
  private readonly disk: Disk;
  /** of what was never handed to the bus, while it is not loaded */
  private plain: BatchAccount | null = null;
  private numbered: Entry[] = [];

  constructor(disk: Disk, id: number, path: string, inherited: boolean) {
    this.disk = disk;
    this.id = id;
    this.path = path;
    this.inherited = inherited;
    this.fd = disk.open(path, !inherited);
    this.size = disk.size(this.fd);
  }

  /** Writes whole records behind each other or none. @throws the disk's error; the file is as before */
  append(records: readonly RecordParts[]): Entry[] {
    const buffers = records.map(encodeRecord);
    const bytes = buffers.flat().reduce((sum, b) => sum + b.length, 0);
    try {
      const written = this.disk.write(this.fd, buffers.flat(), this.size);
      if (written !== bytes) throw Object.assign(new Error(`ENOSPC: ${written} of ${bytes} bytes were written`), { code: 'ENOSPC' });
    } catch (error) {
      this.disk.truncate(this.fd, this.size);
      throw error;
    }
    this.dirty = true;
    const added: Entry[] = [];
    let at = this.size;
    for (const [i, record] of records.entries()) {
      const [head, agent, body, value] = buffers[i]!.map((b) => b.length) as [number, number, number, number];
      const crc = buffers[i]![0]!.readUInt32LE(40);
      added.push(...this.entriesOf(at, record.agent, record.body, record.number, value > 0 ? { at: at + head + agent + body, length: value, crc } : null, record.atMs));
      at += head + agent + body + value;
    }
    this.size = at;
    for (const entry of added) this.note(entry);
    this.loaded?.push(...added);
    return added;
  }

  /** Its waiting batches from the disk; also what the sums are made of at the start. */
  scan(): Scan {
    const found: Scan = { entries: [], first: 0, corrupt: { request: 0, response: 0 }, damages: 0 };
    for (let at = 0; at < this.size;) {
      const peek = this.disk.read(this.fd, Math.min(PEEK_BYTES, this.size - at), at);
      if (peek.length === 0) break;
      const head = decodeHead(peek.subarray(0, HEAD_BYTES));
      if (!head) {
        found.damages++;
        at = this.search(at + 1);
        continue;
      }
      const bodyEnd = HEAD_BYTES + head.agentLength + head.bodyLength;
      const end = at + bodyEnd + head.valueLength;
      const bytes = bodyEnd <= peek.length ? peek : this.disk.read(this.fd, bodyEnd, at);
      const decoded = decodeBody(head, bytes.subarray(HEAD_BYTES, bodyEnd));
      if (decoded?.body.kind === 'goners') found.first = Math.max(found.first, head.first);
      const torn = end > this.size;
      if (!head.done) {
        if (!decoded || torn) {
          found.damages++;
          found.corrupt.request += head.rows.request;
          found.corrupt.response += head.rows.response;
        }
        const value = !torn && head.valueLength > 0 ? { at: at + bodyEnd, length: head.valueLength, crc: head.valueCrc } : null;
        if (decoded) {
          const body = torn && decoded.body.kind === 'batch' ? { kind: 'batch' as const, account: asLoss(decoded.body.account, 'spool_corrupt') } : decoded.body;
          found.entries.push(...this.entriesOf(at, decoded.agent, body, head.number, value, head.atMs));
        } else if (head.kind === 'batch') {
          const account = lostRows(head.rows, 'spool_corrupt', head.atMs);
          found.entries.push(...this.entriesOf(at, { hostId: '', incarnation: '' }, { kind: 'batch', account }, head.number, null, head.atMs));
        }
      }
      at = end;
    }
    return found;
  }

  private search(from: number): number {
    for (let base = from; base < this.size; base += SEARCH_BYTES) {
      const bytes = this.disk.read(this.fd, Math.min(SEARCH_BYTES + HEAD_BYTES, this.size - base), base);
      for (let i = nextMagic(bytes, 0); i >= 0; i = nextMagic(bytes, i + 1)) if (decodeHead(bytes.subarray(i, i + HEAD_BYTES))) return base + i;
    }
    return this.size;
  }

  private entriesOf(at: number, agent: AgentIdentity, body: RecordParts['body'], number: Entry['number'], value: Entry['value'], atMs: number): Entry[] {
    const common = { segment: this, at, atMs };
    if (body.kind === 'batch') return [{ ...common, agent, number, numberKept: number !== null, account: body.account, value }];
    const { plain, numbered } = body.goners;
    const entries: Entry[] = numbered.map((n) => ({ ...common, agent: n.agent, number: n.number, numberKept: true, account: n.account, value: null }));
    if (plain) entries.push({ ...common, agent, number, numberKept: number !== null, account: plain, value: null });
    return entries;
  }

  private note(entry: Entry): void {
    this.count++;
    this.oldestMs = Math.min(this.oldestMs, entry.atMs);
    this.newestMs = Math.max(this.newestMs, entry.atMs);
    if (entry.number) this.numbered.push(entry);
    else this.plain = this.plain ? mergeAccounts(this.plain, entry.account) : entry.account;
  }

  /** Takes the sums from a scan. */
  adopt(scan: Scan): void {
    for (const entry of scan.entries) this.note(entry);
  }

  /** From now on its batches are in memory one by one. */
  load(): Scan {
    const scan = this.scan();
    this.loaded = scan.entries;
    this.count = scan.entries.length;
    return scan;
  }

  /** Writes the numbers of these to the medium. @throws the disk's error */
  async keepNumbers(entries: readonly Entry[]): Promise<void> {
    const fresh = entries.filter((e) => !e.numberKept);
    if (fresh.length === 0) return;
    for (const entry of fresh) this.disk.write(this.fd, [encodeNumber(entry.number)], entry.at + NUMBER_AT);
    await this.disk.sync(this.fd);
    for (const entry of fresh) entry.numberKept = true;
  }

  /** @throws the disk's error */
  valueOf(entry: Entry): Buffer | null {
    return entry.value && this.disk.read(this.fd, entry.value.length, entry.value.at);
  }

  /** This one arrived, or is told elsewhere. A mark that cannot be written costs a repeat after a restart, under the same number. */
  finish(entry: Entry): void {
    if (this.gone) return;
    const same = (e: Entry): boolean => e.at === entry.at && e.number?.seq === entry.number?.seq && e.number?.incarnation === entry.number?.incarnation;
    this.count--;
    this.numbered = this.numbered.filter((e) => !same(e));
    if (this.loaded) this.loaded = this.loaded.filter((e) => !same(e));
    const left = this.loaded ?? this.numbered;
    if (left.some((e) => e.at === entry.at)) return;
    try {
      this.disk.write(this.fd, [Buffer.of(1)], entry.at + DONE_AT);
    } catch {
      // said where the next append fails
    }
  }

  /** What waits here: its accounts as they are, apart by whether the bus was offered them, and its rows. */
  rest(): { goners: Goners; rows: Rows } {
    const entries = this.loaded;
    const numbered = entries ? entries.filter((e) => e.number) : this.numbered;
    const plain = entries ? entries.filter((e) => !e.number).reduce<BatchAccount | null>((sum, e) => (sum ? mergeAccounts(sum, e.account) : e.account), null) : this.plain;
    const rows = { request: 0, response: 0 };
    for (const account of [...numbered.map((e) => e.account), ...(plain ? [plain] : [])]) {
      rows.request += rowsOf(account).request;
      rows.response += rowsOf(account).response;
    }
    return { goners: { plain, numbered: numbered.map((e) => ({ agent: e.agent, number: e.number!, account: e.account })) }, rows };
  }

  /** @throws the disk's error when the file stays */
  remove(): void {
    if (this.gone) return;
    this.gone = true;
    this.disk.close(this.fd);
    this.disk.unlink(this.path);
  }

  close(): void {
    if (!this.gone) this.disk.close(this.fd);
    this.gone = true;
  }
}
