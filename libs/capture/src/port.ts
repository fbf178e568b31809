import type { BatchAccount, EventColumns } from '@headwater/header-event';

/** What the capture hands over. `columns.rows` may be 0: an idle batch still carries the account and the watermark. */
export interface CaptureBatch {
  columns: EventColumns;
  account: BatchAccount;
}

export interface RedactionRule {
  /** header name glob, case-insensitive */
  header: string;
  direction?: 'request' | 'response';
  service?: string;
  route?: string;
  action: 'keep' | 'drop' | 'presence' | 'hash' | 'mask';
}

export interface ServiceRule {
  service: string;
  port?: number;
  /** glob on the executable's path */
  exe?: string;
  /** glob on the cgroup path */
  cgroup?: string;
}

export interface CaptureOptions {
  batch: { maxRows: number; maxBytes: number; lingerMs: number };
  /** bytes a host may hold of unfinished heads */
  reassemblyMaxBytes: number;
  endInferredAfterMs: number;
  policy: { id: string; version: number; rules: RedactionRule[]; path: 'template' | 'keep'; queryNames: boolean; clientAddress: 'truncate' | 'keep' | 'hash' };
  /** 32 bytes hex and its id; without one, fingerprints are left out */
  key?: { id: string; hex: string };
  services: ServiceRule[];
}

export interface CaptureTotals {
  started: { request: number; response: number };
  emitted: { request: number; response: number };
  filtered: { request: Record<string, number>; response: Record<string, number> };
  lost: { request: Record<string, number>; response: Record<string, number> };
  in_flight: { request: number; response: number };
  /** raw kernel counters by the name in wire.h, lower case without HW_C_ */
  kernel: Record<string, number>;
  connections: number;
  reassembly_bytes: number;
  drain_cpu_ns: number;
}

export interface ProbeInfo {
  wireVersion: number;
  hooks: string;
  scope: string;
  kernel: string;
  ringBytes: number;
  probePid: number;
}

/** A running capture: live from the probe, or a replay of recorded records through the same core. */
export interface Capture {
  readonly source: 'live' | 'replay';
  readonly probe: ProbeInfo | null;
  /** Called on the JS thread for each closed batch, at least every lingerMs when rows wait and every 5 s when idle. Back-pressure: the core keeps accumulating and counts `batch_queue_full` once its cap is reached. */
  start(onBatch: (batch: CaptureBatch) => void, onEnd: (error: Error | null) => void): void;
  totals(): CaptureTotals;
  /** Drains the ring, flushes the last batch through onBatch, then resolves. */
  stop(): Promise<void>;
  /** test aid: stop reading the ring for so long (the account must stay exact) */
  pauseDrain(ms: number): void;
}
