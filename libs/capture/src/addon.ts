import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CaptureError } from './errors.ts';
import type { ExchangeDecision, ExchangeSample, HeaderSample } from './explain.ts';
import type { CaptureOptions, CaptureRules, HeaderDecision, PodNames, ProbeInfo } from './port.ts';

/** One closed batch as addon/batch_object.cc lays it out. */
export interface RawBatch {
  rows: number;
  dictionaryEntries: number;
  dictionaryBytes: number;
  requestHeaders: number;
  responseHeaders: number;
  /** BatchAccount as JSON */
  account: string;
  buffer: ArrayBuffer;
}

/** What both kinds of capture take and tell while they run. */
export interface NativeCapture {
  /** CaptureTotals as JSON */
  totals(): string;
  reconfigure(rules: CaptureRules): void;
  throttle(oneIn: number): void;
  setPods(pods: readonly PodNames[]): void;
}

export interface NativeReplay extends NativeCapture {
  push(framed: Uint8Array): RawBatch[];
  flush(): RawBatch[];
  /** the start account, recounted */
  audit(): boolean;
}

export interface NativeLive extends NativeCapture {
  /** the hello, or a sentence that says why not */
  open(socketPath: string): ProbeInfo | string;
  start(onBatch: (batch: RawBatch) => void, onEnd: (error: string) => void): void;
  stop(): void;
  pause(ms: number): void;
}

interface Addon {
  Replay: new (options: CaptureOptions, startUnixMs: number, audit: boolean) => NativeReplay;
  Live: new (options: CaptureOptions) => NativeLive;
  explainHeaders(rules: CaptureRules, sample: HeaderSample): HeaderDecision[];
  explainExchange(rules: CaptureRules, sample: ExchangeSample): ExchangeDecision;
  /** name -> sentence, from core/reasons.h */
  reasons: { filtered: Record<string, string>; lost: Record<string, string> };
}

let loaded: Addon | undefined;

/** Both src/ and dist/ lie one level below the package. */
export function addon(): Addon {
  if (loaded) return loaded;
  const path = fileURLToPath(new URL('../build/capture.node', import.meta.url));
  try {
    loaded = createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    throw new CaptureError('HW_CAPTURE_ADDON', `the native capture at ${path} does not load (${(cause as Error).message}); build it with: make -C libs/capture`, { cause });
  }
  return loaded;
}
