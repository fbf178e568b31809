import type { RowOf } from '../../api/client.ts';

/** Server and transport errors over exchanges; null without exchanges. */
export function failedOf(row: Pick<RowOf<'/v1/request-patterns'>, 'exchanges' | 'server_errors' | 'transport_errors'>): number | null {
  return row.exchanges === 0 ? null : ((row.server_errors ?? 0) + (row.transport_errors ?? 0)) / row.exchanges;
}

/** What a status says, in the words of RFC 9110; 0 is no response at all. */
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  0: 'no response',
  101: 'Switching Protocols',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  425: 'Too Early',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? '';
}

/** Failed for the service's part: 500 and above, or no response. */
export function isFailure(status: number): boolean {
  return status === 0 || status >= 500;
}

export interface TopValue {
  value: string;
  exchanges: number;
  error: number;
}

/** Headers that tell a release or what runs, the most telling first. */
const RELEASE_HEADERS = [
  'x-release',
  'x-version',
  'x-app-version',
  'x-service-version',
  'x-revision',
  'x-build',
  'x-build-id',
  'x-git-sha',
  'server',
  'x-powered-by',
  'x-runtime-version',
];

/** The headers among `rows` that tell a release, in that order. */
export function releaseHeaders<T extends { name: string }>(rows: readonly T[]): T[] {
  return rows.filter((row) => RELEASE_HEADERS.includes(row.name)).sort((a, b) => RELEASE_HEADERS.indexOf(a.name) - RELEASE_HEADERS.indexOf(b.name));
}
