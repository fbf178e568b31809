import type { ThreadFailure } from './thread.ts';

/** SQLite's primary result codes (https://sqlite.org/rescode.html) as ours; what is not here is a programming error. */
const CODES: Record<number, 'unreachable' | 'corrupt' | 'full'> = {
  5: 'unreachable', // BUSY: another process held the write lock longer than the busy timeout
  6: 'unreachable', // LOCKED
  8: 'unreachable', // READONLY
  10: 'unreachable', // IOERR
  14: 'unreachable', // CANTOPEN
  11: 'corrupt', // CORRUPT
  26: 'corrupt', // NOTADB
  13: 'full', // FULL: disk, or max_page_count
};

/** What went wrong in the thread, as it crosses to the caller: an error of a store keeps its code, SQLite's and the file system's get one. */
export function describeFailure(error: unknown): ThreadFailure {
  const { errcode, code, params, message } = error as { errcode?: number; code?: string; params?: Record<string, string | number>; message: string };
  if (code !== undefined && params !== undefined) return { code, params, message };
  if (code === 'ENOSPC') return { code: 'full', params: { detail: message }, message };
  if (code && ['EACCES', 'EEXIST', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EPERM'].includes(code)) return { code: 'unreachable', params: { detail: message }, message };
  const known = errcode === undefined ? undefined : CODES[errcode & 0xff];
  return known ? { code: known, params: { detail: message }, message } : { message };
}
