/** Why a batch or a record cannot be read or written. Codes are stable: they become dead-letter reasons and metric labels. */
export const EVENT_CODEC_ERRORS = {
  foreign: 'not a Headwater event batch: {detail}',
  newer_schema: 'written by a newer Headwater (schema {schema}, this one reads up to {known}); update the reader first',
  truncated: 'the batch ends early: {detail}',
  malformed: 'the batch is damaged: {detail}',
  column_type: 'column {column} has another type than event v1 says: {detail}',
  too_large: 'the batch has {bytes} bytes, over the limit of {limit}',
  bad_columns: 'cannot encode: {detail}',
  missing_header: 'record header {header} is missing',
  bad_header: 'record header {header} is not valid: {detail}',
  crc_mismatch: 'headwater-crc32 says {expected}, the bytes give {actual}',
  bad_account: 'record header headwater-account is not valid: {detail}',
} as const;

export type EventCodecErrorCode = keyof typeof EVENT_CODEC_ERRORS;

export class EventCodecError extends Error {
  readonly code: EventCodecErrorCode;
  constructor(code: EventCodecErrorCode, params: Record<string, string | number> = {}, options?: ErrorOptions) {
    super(
      EVENT_CODEC_ERRORS[code].replace(/\{(\w+)\}/g, (_, k: string) => String(params[k] ?? `{${k}}`)),
      options,
    );
    this.name = 'EventCodecError';
    this.code = code;
  }
}
