/**
 * The kernel's side in miniature: chunks of two byte streams become the records that bpf/src would put into the ring
 * (see bpf/include/wire.h). Used by golden cases and property tests; the addon reads its output as if it were live.
 */

export const TX = 0;
export const RX = 1;
export type Direction = 0 | 1;

export const FLAG = { START: 1, HEAD_END: 2, MORE: 4, UNREAD: 8, FAULT: 16, GAP: 32, MID: 64, OVER: 128, TAIL: 256, LOST_BEFORE: 512, STEPS: 1024, RESPONSE: 2048 } as const;
export const CLOSE = { fin: 1, rst: 2 } as const;

const WHOLE = 1024;
const CAP_MAX = 4096;
const TOKEN = /^[A-Z][!#$%&'*+\-.0-9A-Z^_`|~]{0,31} /;
const MAYBE = /^[A-Z][!#$%&'*+\-.0-9A-Z^_`|~]{0,31}$/;

interface DirectionState {
  pos: number;
  ordinal: number;
  head: boolean;
  budget: number;
  behind: string;
  held: string;
  mid: boolean;
  lost: boolean;
  gap: boolean;
  /** time of the last byte */
  last: bigint;
}

/** A record and whether the ring takes it; starts in it, for the counters of the kernel. */
export interface ModelRecord {
  bytes: Uint8Array;
  starts: number;
  kind: 'request' | 'response';
}

export interface ModelOptions {
  localPort?: number;
  peerPort?: number;
  pid?: number;
  /** bytes both streams had carried before the first sight */
  mid?: number;
  budget?: number;
  comm?: string;
  /** boot time at which the process began; 0 makes a record of wire version 1 */
  startNs?: bigint;
  netnsIno?: number;
  peer?: { family: 2 | 10; address: number[] };
}

type Look = 'no' | 'maybe' | 'request' | 'response';

function lookAt(s: string): Look {
  if (s.startsWith('HTTP/1.')) return 'response';
  if ('HTTP/1.'.startsWith(s)) return 'maybe';
  if (TOKEN.test(s)) return 'request';
  return MAYBE.test(s) ? 'maybe' : 'no';
}

export class KernelModel {
  /** lost records' candidate starts: the counters LOST_START_REQUEST and LOST_START_RESPONSE */
  readonly lostStarts = { request: 0, response: 0 };
  private readonly d: [DirectionState, DirectionState];
  private connSent = false;

  readonly cookie: bigint;
  private readonly o: ModelOptions;

  constructor(cookie: bigint, o: ModelOptions = {}) {
    this.cookie = cookie;
    this.o = o;
    const fresh = (): DirectionState => ({ pos: o.mid ?? 0, ordinal: 0, head: false, budget: 0, behind: '', held: '', mid: (o.mid ?? 0) > 0, lost: false, gap: false, last: 0n });
    this.d = [fresh(), fresh()];
  }

  /** One send or receive call. `lose`: the ring is full; `unread`: the bytes could not be read. */
  chunk(dir: Direction, bytes: string, ts: bigint, how: { lose?: boolean; unread?: number } = {}): ModelRecord[] {
    const d = this.d[dir];
    const out: ModelRecord[] = [];
    if (!this.connSent && !how.lose) {
      out.push({ bytes: this.conn(ts), starts: 0, kind: 'request' });
      this.connSent = true;
    }
    const put = (r: ModelRecord) => {
      if (how.lose) {
        d.lost = true;
        this.lostStarts[r.kind] += r.starts;
      } else out.push(r);
    };
    const all = d.held + bytes;
    const from = d.pos - d.held.length;
    d.pos += bytes.length;
    d.last = ts;
    d.held = '';
    if (how.unread) {
      d.head = false;
      put(this.record(dir, 2, ts, from, '', all.length, d.ordinal, 0, FLAG.UNREAD, 'request', '', how.unread));
      return out;
    }
    const whole = bytes.length <= WHOLE;
    let at = 0;
    let recordFrom = 0;
    let flags = 0;
    let starts = 0;
    let ordinal = d.ordinal;
    let kind: 'request' | 'response' = 'request';
    let mode: 'open' | 'head' | 'body' = d.head ? 'head' : 'open';
    let budget = d.budget;
    while (at < all.length) {
      if (at - recordFrom >= CAP_MAX) {
        put(this.record(dir, 1, ts, from + recordFrom, all.slice(recordFrom, at), at - recordFrom, ordinal, starts, flags | FLAG.MORE, kind));
        recordFrom = at;
        flags = starts = 0;
        ordinal = d.ordinal;
      }
      if (mode === 'open') {
        const look = lookAt(all.slice(at));
        if (look === 'maybe') break;
        if (look === 'no') {
          mode = 'body';
          if (whole && flags & FLAG.HEAD_END) at = all.length;
          break;
        }
        if (starts === 0) kind = look;
        starts++;
        d.ordinal++;
        if (at === recordFrom) {
          flags |= FLAG.START;
          ordinal = d.ordinal;
        }
        budget = this.o.budget ?? 16384;
        mode = 'head';
        d.behind = '';
      } else if (mode === 'head') {
        const text = d.behind + all.slice(at);
        const end = text.indexOf('\r\n\r\n');
        const stop = end >= 0 ? at + end + 4 - d.behind.length : all.length;
        const take = Math.min(stop - at, budget, CAP_MAX - (at - recordFrom));
        if (budget <= 0) {
          flags |= FLAG.OVER;
          mode = 'body';
          break;
        }
        d.behind = (d.behind + all.slice(at, at + take)).slice(-3);
        at += take;
        budget -= take;
        if (end >= 0 && at === stop) {
          flags |= FLAG.HEAD_END;
          mode = 'open';
          d.behind = '';
        }
      } else break;
    }
    let end = all.length;
    if (mode === 'open' && at < all.length) {
      d.held = all.slice(at);
      end = at;
    }
    d.head = mode === 'head';
    d.budget = budget;
    const cap = at - recordFrom;
    const len = end - recordFrom;
    if (len === 0) return out;
    const tail = len > cap ? all.slice(0, end).slice(-5) : '';
    if (tail) flags |= FLAG.TAIL;
    if (cap === 0 && starts === 0) put(this.record(dir, 2, ts, from + recordFrom, '', len, d.ordinal, 0, flags, kind, tail));
    else put(this.record(dir, 1, ts, from + recordFrom, all.slice(recordFrom, at), len, ordinal, starts, flags, kind, tail));
    return out;
  }

  /** Bytes that no hook reports (splice from a socket). */
  unseen(dir: Direction, n: number): void {
    this.d[dir].pos += n;
    this.d[dir].gap = true;
    this.d[dir].head = false;
  }

  close(how: keyof typeof CLOSE, ts: bigint): ModelRecord {
    const b = new Uint8Array(56);
    const v = new DataView(b.buffer);
    b[0] = 4;
    b[1] = CLOSE[how];
    v.setBigUint64(8, ts, true);
    v.setBigUint64(16, this.cookie, true);
    for (const dir of [TX, RX] as const) {
      v.setBigUint64(24 + 8 * dir, BigInt(this.d[dir].pos), true);
      v.setBigUint64(40 + 8 * dir, this.d[dir].last, true);
    }
    return { bytes: b, starts: 0, kind: 'request' };
  }

  /** A record of another socket: time goes on here without one. */
  elsewhere(ts: bigint): ModelRecord {
    const r = this.close('fin', ts);
    new DataView(r.bytes.buffer).setBigUint64(16, 0xffff_ffffn, true);
    return r;
  }

  private conn(ts: bigint): Uint8Array {
    const b = new Uint8Array(this.o.startNs === 0n ? 96 : 112);
    const v = new DataView(b.buffer);
    b[0] = 3;
    b[1] = this.o.peer?.family ?? 2;
    v.setUint16(2, this.o.localPort ?? 8080, true);
    v.setUint16(4, this.o.peerPort ?? 40000, true);
    v.setBigUint64(8, ts, true);
    v.setBigUint64(16, this.cookie, true);
    v.setUint32(40, this.o.pid ?? 4242, true);
    b.set([127, 0, 0, 1], 48);
    b.set(this.o.peer?.address ?? [203, 0, 113, 77], 64);
    if (b.length === 112) {
      v.setBigUint64(96, this.o.startNs ?? 500_000_000n, true);
      v.setUint32(104, this.o.netnsIno ?? 4026531840, true);
    }
    b.set(Buffer.from(this.o.comm ?? 'testd'), 80);
    return b;
  }

  private record(
    dir: Direction,
    type: 1 | 2,
    ts: bigint,
    pos: number,
    payload: string,
    len: number,
    ordinal: number,
    starts: number,
    flags: number,
    kind: 'request' | 'response',
    tail = '',
    why = 0,
  ): ModelRecord {
    const d = this.d[dir];
    if (d.lost) flags |= FLAG.LOST_BEFORE;
    if (d.mid) flags |= FLAG.MID;
    if (d.gap) flags |= FLAG.GAP;
    d.lost = d.mid = d.gap = false;
    if (starts > 0 && kind === 'response') flags |= FLAG.RESPONSE;
    const b = new Uint8Array(64 + payload.length);
    const v = new DataView(b.buffer);
    b[0] = type;
    b[1] = dir;
    b[2] = why;
    b[3] = tail.length;
    v.setUint16(4, flags, true);
    v.setUint16(6, payload.length, true);
    v.setBigUint64(8, ts, true);
    v.setBigUint64(16, this.cookie, true);
    v.setBigUint64(24, BigInt(pos), true);
    v.setUint32(32, len, true);
    v.setUint32(36, ordinal, true);
    v.setUint16(40, starts, true);
    v.setUint16(42, 1, true);
    v.setUint32(44, this.o.pid ?? 4242, true);
    b.set(Buffer.from(tail, 'latin1'), 48);
    v.setUint32(56, 150, true);
    b.set(Buffer.from(payload, 'latin1'), 64);
    return { bytes: b, starts, kind };
  }
}
