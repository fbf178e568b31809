import { addon, type NativeReplay } from '../addon.ts';
import { toCaptureBatch } from '../columns.ts';
import { DEFAULT_CAPTURE_OPTIONS, type CaptureOptions } from '../index.ts';
import type { BatchAccount } from '@headwater/header-event';
import { KernelModel, RX, TX } from './kernel-model.ts';
import { TEST_KEY } from './replay-rows.ts';
import { toRows, type Row } from './rows.ts';

/** One exchange of a server, as text. */
export interface Shot {
  method?: string;
  target?: string;
  /** 0: the connection closes without a response */
  status?: number;
  /** ms from the first request byte to the last response byte */
  ms?: number;
  request?: string[];
  response?: string[];
}

/** Each exchange on a connection of its own, one after the other. */
export function shots(list: readonly Shot[], from = 0): Uint8Array[] {
  let ts = 1_000_000_000n + BigInt(from) * 3_600_000_000_000n;
  return list.flatMap((s, i) => {
    const model = new KernelModel(BigInt(from * 1_000_000 + i + 1));
    const head = (start: string, fields: string[]) => `${start}\r\n${fields.map((f) => f + '\r\n').join('')}\r\n`;
    const out = [...model.chunk(RX, head(`${s.method ?? 'GET'} ${s.target ?? '/'} HTTP/1.1`, ['Host: a', ...(s.request ?? [])]), ts)];
    ts += BigInt(Math.round((s.ms ?? 1) * 1e6));
    if (s.status !== 0) out.push(...model.chunk(TX, head(`HTTP/1.1 ${s.status ?? 200} X`, ['Content-Length: 0', ...(s.response ?? [])]), ts));
    out.push(model.close('fin', ts));
    ts += 1000n;
    return out.map((r) => r.bytes);
  });
}

export interface Told {
  rows: Row[];
  accounts: BatchAccount[];
  /** all bytes that crossed the native boundary */
  crossing: string;
}

/** A native replay, step by step. */
export class Steps {
  readonly native: NativeReplay;

  constructor(options: Partial<CaptureOptions> & { sampleSeed?: number } = {}) {
    this.native = new (addon().Replay)({ ...DEFAULT_CAPTURE_OPTIONS, key: TEST_KEY, ...options }, 1_700_000_000_000, true);
  }

  push(records: Uint8Array[]): Told {
    return this.told(
      records.flatMap((r) => {
        const framed = Buffer.alloc(4 + r.length);
        framed.writeUInt32LE(r.length);
        framed.set(r, 4);
        return this.native.push(framed);
      }),
    );
  }

  flush(): Told {
    return this.told(this.native.flush());
  }

  private told(raw: ReturnType<NativeReplay['flush']>): Told {
    const batches = raw.map(toCaptureBatch);
    return {
      rows: batches.flatMap((b) => toRows(b.columns)),
      accounts: batches.map((b) => b.account),
      crossing: raw.map((b) => Buffer.from(b.buffer).toString('latin1') + b.account).join(''),
    };
  }
}
