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

/** Which exchanges a filter is about: all that is given must hold. Globs know * and ?; hosts and header names in any case. */
export interface ExchangeMatch {
  /** RFC 9110 method tokens as sent */
  methods?: string[];
  /** 404, or a class: '4xx'; 0 is an exchange without a response */
  statuses?: (number | '1xx' | '2xx' | '3xx' | '4xx' | '5xx')[];
  /** glob on server.address */
  host?: string;
  /** glob on the path as sent, without the query */
  path?: string;
  service?: string;
  role?: 'server' | 'client';
  /** server.port */
  ports?: number[];
  /** present, or, with `value`, one that the glob matches; read before redaction, at the host */
  header?: { name: string; direction?: 'request' | 'response'; value?: string };
  /** total above this */
  slowerThanMs?: number;
}

/** The first filter that matches decides; none: all. A number N keeps one of N at random and gives it the weight N. */
export interface LogFilter {
  match: ExchangeMatch;
  log: 'all' | 'none' | number;
}

/** A policy document (libs/capture-policy) as the core takes it. */
export interface PolicyLayer {
  id: string;
  version: number;
  rules: RedactionRule[];
  path: 'template' | 'keep';
  queryNames: boolean;
  clientAddress: 'truncate' | 'keep' | 'hash';
  filters: LogFilter[];
  /** what is slower, and every error (4xx, 5xx, no response), is never left out by sampling */
  keepSlowerThanMs: number;
}

/** 32 bytes hex and its id */
export interface FingerprintKeyHex {
  id: string;
  hex: string;
}

/** What may change while a capture runs. */
export interface CaptureRules {
  policy: PolicyLayer;
  /** a second policy that can only take away: of both answers to every question the stricter one counts */
  narrowing?: PolicyLayer;
  /** without one, fingerprints are left out */
  key?: FingerprintKeyHex;
  /** while keys are rotated: every fingerprint is given by this one too */
  previousKey?: FingerprintKeyHex;
  services: ServiceRule[];
  /** names of other sides; the longest prefix that holds the address decides */
  peers?: { cidr: string; name: string }[];
}

export interface CaptureOptions extends CaptureRules {
  batch: { maxRows: number; maxBytes: number; lingerMs: number };
  /** bytes a host may hold of unfinished heads */
  reassemblyMaxBytes: number;
  /** silence after which an open-ended body tells its exchange (`begin`); 60 times as much ends it (`end_inferred`) */
  endInferredAfterMs: number;
}

/** Names that only the kubelet knows. */
export interface PodNames {
  uid: string;
  name: string;
  namespace: string;
  containers: { id: string; name: string }[];
}

/** What becomes of one header value, and by which rule. */
export interface HeaderDecision {
  name: string;
  action: 'keep' | 'presence' | 'hash' | 'mask' | 'summary' | 'drop';
  /** what would leave; empty for presence and drop */
  value: string;
  /** `shop@3 rule 2`, `credential`, `built-in allow-list`, `not on the allow-list`, `looks like a credential` */
  by: string;
}

export interface CaptureTotals {
  started: { request: number; response: number };
  emitted: { request: number; response: number };
  filtered: { request: Record<string, number>; response: Record<string, number> };
  lost: { request: Record<string, number>; response: Record<string, number> };
  in_flight: { request: number; response: number };
  /** `end` rows of exchanges whose `begin` was delivered that could not be written; they are no exchanges of their own */
  ends_lost: number;
  /** raw kernel counters by the name in wire.h, lower case without HW_C_ */
  kernel: Record<string, number>;
  connections: number;
  reassembly_bytes: number;
  drain_cpu_ns: number;
  /** message starts that could not be read, by executable and reason, since the start */
  unread_by: { executable: string; reason: string; messages: number }[];
  /** exact numbers of what a sample rate was applied to, since the start */
  sampling: { exchanges: number; kept: number };
}

export interface ProbeInfo {
  wireVersion: number;
  hooks: string;
  /** why these */
  hooksWhy: string;
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
  /** The open batch closes; what is written from then on obeys these rules. @throws CaptureError HW_CAPTURE_OPTION, and nothing has changed */
  reconfigure(rules: CaptureRules): void;
  /** Keeps one of `oneIn` exchanges that are neither errors nor slow, on top of the filters; 1: all. Declared in each batch's account. */
  throttle(oneIn: number): void;
  /** Replaces all names of pods. */
  setPods(pods: readonly PodNames[]): void;
  /** Drains the ring, flushes the last batch through onBatch, then resolves. */
  stop(): Promise<void>;
  /** test aid: stop reading the ring for so long (the account must stay exact) */
  pauseDrain(ms: number): void;
}
