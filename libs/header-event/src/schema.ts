/**
 * Event v1: one exchange (or one phase of a long one) is one row. This table is the single
 * declaration of the columns; the Arrow schema, the JSON Schema, the JSON codec and the C++
 * column writer (libs/capture/core/columns.generated.h) are derived from it by `npm run gen`.
 *
 * v1 only grows: columns are appended, never renamed, retyped or reordered. Readers select by name.
 * Names follow OpenTelemetry's HTTP semantic conventions where one exists; ours begin with `headwater.`.
 *
 * Every string is an int32 index into ONE dictionary per batch; index 0 is always "" and means absent.
 */
export const EVENT_SCHEMA_VERSION = 1;

/**
 * `string`  int32 index into the batch dictionary
 * `headers` list<struct<name: string, value: string, action: u8>>, in wire order with casing and repeats kept
 */
export type ColumnType = 'time_ns' | 'i64' | 'u64' | 'u32' | 'i32' | 'u16' | 'u8' | 'string' | 'headers';

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  readonly description: string;
}

export const EVENT_COLUMNS = [
  { name: 'start_time', type: 'time_ns', description: 'First byte of the request at this socket, UTC, ns since the Unix epoch; of an `end` row the last byte of the exchange.' },
  { name: 'headwater.phase', type: 'u8', description: '0 complete, 1 begin, 2 end. Count and ttfb from complete or begin; total and sizes from complete or end.' },
  { name: 'headwater.role', type: 'u8', description: '0 server, 1 client. Both ends on watched hosts are two events: choose one role, never sum over roles.' },
  { name: 'service.name', type: 'string', description: "Service of the watched process, by the host's rules." },
  { name: 'http.request.method', type: 'string', description: 'RFC 9110 method token as sent.' },
  { name: 'url.scheme', type: 'string', description: 'http or https.' },
  { name: 'url.path', type: 'string', description: 'Path without query, as the policy lets it leave; by default the route template.' },
  { name: 'url.query', type: 'string', description: 'Query parameter names joined by "&", values cut; empty by default.' },
  { name: 'http.route', type: 'string', description: 'Path with character classes replaced ({int}, {uuid}, {hex}, {date}, {opaque}); stateless.' },
  { name: 'server.address', type: 'string', description: 'Host of the Host header or the absolute target, without port.' },
  { name: 'server.port', type: 'u16', description: 'Port of the server side of the socket; 0 on a Unix socket.' },
  { name: 'client.address', type: 'string', description: 'Client side of the socket, as the policy lets it leave (public ones truncated to /24, /48).' },
  { name: 'network.transport', type: 'string', description: 'tcp or unix.' },
  { name: 'network.protocol.version', type: 'string', description: '1.0, 1.1 or 2.' },
  { name: 'http.response.status_code', type: 'u16', description: 'Final status; 0 when there was none (see error.type).' },
  { name: 'error.type', type: 'string', description: 'Empty, or why there is no whole response: connection_reset, connection_closed, no_response, malformed_response.' },
  {
    name: 'headwater.ttfb_ns',
    type: 'i64',
    description: 'Last request byte to first response byte at this socket, ns; -1 unknown. On a server it starts when the application reads.',
  },
  { name: 'headwater.total_ns', type: 'i64', description: 'First request byte to last response byte, ns; -1 unknown.' },
  { name: 'http.request.size', type: 'i64', description: 'Bytes of the whole request on the wire; -1 unknown.' },
  { name: 'http.request.body.size', type: 'i64', description: 'Bytes of the request body as transferred; -1 unknown.' },
  { name: 'http.response.size', type: 'i64', description: 'Bytes of the whole final response on the wire; -1 unknown.' },
  { name: 'http.response.body.size', type: 'i64', description: 'Bytes of the response body as transferred; -1 unknown.' },
  { name: 'http.request.headers', type: 'headers', description: 'Request header fields after redaction.' },
  { name: 'http.response.headers', type: 'headers', description: 'Response header fields after redaction.' },
  { name: 'process.pid', type: 'u32', description: 'Process that used the socket.' },
  { name: 'process.executable.name', type: 'string', description: 'Base name of its executable, else its comm.' },
  { name: 'container.id', type: 'string', description: 'Container id from the cgroup path.' },
  { name: 'k8s.pod.uid', type: 'string', description: 'Pod uid from the cgroup path.' },
  { name: 'headwater.unit', type: 'string', description: 'systemd unit from the cgroup path.' },
  { name: 'headwater.connection', type: 'u64', description: 'Socket cookie: joins the phases and the exchanges of one connection on one host and boot.' },
  { name: 'headwater.ordinal', type: 'u32', description: 'Number of the exchange on its connection, from 1 since capture first saw it.' },
  { name: 'headwater.srtt_us', type: 'u32', description: 'Smoothed round trip of the socket, microseconds; 0 unknown.' },
  { name: 'headwater.retransmits', type: 'u32', description: 'Segments the socket has retransmitted so far.' },
  { name: 'tls.protocol.version', type: 'string', description: 'TLS version where the exchange was read above TLS.' },
  { name: 'headwater.tls_library', type: 'string', description: 'Library whose calls were read.' },
  { name: 'rpc.system', type: 'string', description: 'grpc where content-type says so.' },
  { name: 'rpc.grpc.status_code', type: 'i32', description: 'gRPC status; -1 none.' },
  { name: 'headwater.weight', type: 'u32', description: 'Exchanges this row stands for (sampling); 1 unsampled.' },
  { name: 'headwater.policy', type: 'string', description: 'Redaction policy as id@version.' },
  { name: 'headwater.key_id', type: 'string', description: 'Id of the key of the fingerprints in this row; empty when there are none.' },
  { name: 'headwater.flags', type: 'u32', description: 'Bits of EVENT_FLAGS: what is known to be imperfect in this row.' },
  // since 0.2
  { name: 'container.name', type: 'string', description: 'Name of the container, as the kubelet says.' },
  { name: 'k8s.pod.name', type: 'string', description: 'Name of the pod, as the kubelet says.' },
  { name: 'k8s.namespace.name', type: 'string', description: "The pod's namespace, as the kubelet says." },
  { name: 'service.peer.name', type: 'string', description: "Name of the socket's other side, by the host's list of networks (CIDR)." },
  { name: 'headwater.netns', type: 'u32', description: 'Inode number of the network namespace, as lsns shows it; 0 unknown.' },
] as const satisfies readonly ColumnSpec[];

/** What happened to a header's value at the host (the `action` of a header entry). */
export const HEADER_ACTIONS = ['keep', 'presence', 'hash', 'mask', 'summary'] as const;

/** Bits of `headwater.flags`; a bit is never reused. */
export const EVENT_FLAGS = {
  request_head_truncated: 1 << 0,
  response_head_truncated: 1 << 1,
  end_inferred: 1 << 2,
  gap: 1 << 3,
  mid_connection: 1 << 4,
  trailer_unseen: 1 << 5,
  resync: 1 << 6,
  body_unreadable: 1 << 7,
  early_response: 1 << 8,
  peer_unknown: 1 << 9,
  interim_seen: 1 << 10,
  upgraded: 1 << 11,
  replayed: 1 << 12,
  head_malformed: 1 << 13,
} as const;

type NumericArray = Uint8Array | Uint16Array | Uint32Array | Int32Array;

/** A list column: `offsets` has rows + 1 entries; entry i of the flat arrays is one header field. */
export interface HeaderColumn {
  offsets: Int32Array;
  /** dictionary indices */
  name: Int32Array;
  /** dictionary indices */
  value: Int32Array;
  /** index into HEADER_ACTIONS */
  action: Uint8Array;
}

/** Latin-1 bytes of the wire map to U+0000..U+00FF and back; the dictionary is UTF-8 of those code points. */
export interface Dictionary {
  /** byte offsets, length = entries + 1 */
  offsets: Int32Array;
  bytes: Uint8Array;
}

/**
 * The event batch in memory, as C++ hands it over, as the codec encodes it and as the analyzer folds it.
 * 64-bit columns are little-endian pairs: element 2i is the low, 2i + 1 the high word (no BigInt per row).
 */
export interface EventColumns {
  rows: number;
  dictionary: Dictionary;
  /** by column name; Int32Array of dictionary indices for `string`, Uint32Array of 2 * rows words for 64-bit types */
  columns: Record<string, NumericArray>;
  headers: Record<string, HeaderColumn>;
}

/** What a declared sample rate left out since the batch before. Errors and slow exchanges are never left out. */
export interface BatchSampling {
  /** who asked for it: the policy's filters, or the agent to stay below its CPU ceiling */
  reason: 'policy' | 'governor';
  /** the strongest rate in force: one row stands for this many at most */
  one_in: number;
  /** exact: exchanges that the filters let through, before sampling */
  exchanges: number;
  /** exact: those of them that left as rows */
  kept: number;
}

/** Law: started = emitted + filtered + lost + in_flight, in requests (`request`) and responses (`response`) apart. */
export interface StartAccount {
  started: number;
  emitted: number;
  filtered: Record<string, number>;
  lost: Record<string, number>;
  in_flight: number;
}

/**
 * What a batch says of the capture since the batch before it. All counts are deltas, but `in_flight`, which
 * is the state at `until_unix_ms`. It travels in the record header `headwater-account` (JSON).
 */
export interface BatchAccount {
  /** every exchange that started before this instant has been sent, is in flight, or is counted */
  watermark_unix_ms: number;
  /** the deltas cover (since, until] */
  since_unix_ms: number;
  until_unix_ms: number;
  request: StartAccount;
  response: StartAccount;
  /** exchanges in this batch, after weights; an `end` row is not one more */
  exchanges: number;
  /**
   * Exchanges in this incarnation's batches with smaller numbers, and up to and with this one, as they were when they were numbered: what
   * is missing between two batches is known in exchanges. Absent: written by an agent before 0.2.
   */
  exchanges_before?: number;
  exchanges_after?: number;
  /** only while rows are left out by a declared sample rate (filtered: `sampled`); the law above holds all the same */
  sampling?: BatchSampling;
  /** chunks in scope that could not be read, by reason */
  unread: Record<string, number>;
  /** exchanges read / (read + known unread); 1 when nothing unreadable was seen */
  coverage: number;
  /** live | replay */
  source: string;
}
