import { StateStoreError, type StateStoreErrorCode } from '../port.ts';
import type { ThreadFailure } from './thread.ts';

/** SQLite's primary result codes (https://sqlite.org/rescode.html) as ours; what is not here is a programming error. */
const CODES: Record<number, StateStoreErrorCode> = {
  5: 'unreachable', // BUSY: another process held the write lock longer than the busy timeout
  6: 'unreachable', // LOCKED
  8: 'unreachable', // READONLY
  10: 'unreachable', // IOERR
  14: 'unreachable', // CANTOPEN
  11: 'corrupt', // CORRUPT
  26: 'corrupt', // NOTADB
  13: 'full', // FULL: disk, or max_page_count
};

export function describeFailure(error: unknown): ThreadFailure {
  if (error instanceof StateStoreError) return { code: error.code, params: error.params, message: error.message };
  const { errcode, code, message } = error as { errcode?: number; code?: string; message: string };
  if (code === 'ENOSPC') return { code: 'full', params: { detail: message }, message };
  if (code && ['EACCES', 'EEXIST', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EPERM'].includes(code)) return { code: 'unreachable', params: { detail: message }, message };
  const known = errcode === undefined ? undefined : CODES[errcode & 0xff];
  return known ? { code: known, params: { detail: message }, message } : { message };
}

export function toError(failure: ThreadFailure): Error {
  return failure.code ? new StateStoreError(failure.code as StateStoreErrorCode, failure.params) : new Error(failure.message);
}
