// The truth a test compares with: one line an exchange, written when its answer is over. At most two files of 8 MB.
import { openSync, closeSync, fstatSync, renameSync, writeSync } from 'node:fs';

const MAX_BYTES = 8_000_000;

/**
 * `{"time","method","path","status","duration_ms"}` a line; `path` without the query, `status` 0 when the connection
 * was broken before a status went out.
 * @param {string} file its predecessor is FILE.1
 */
export function accessLog(file) {
  let fd = openSync(file, 'a', 0o600);
  let size = fstatSync(fd).size;
  return ({ time, method, path, status, durationMs }) => {
    const line = `${JSON.stringify({ time: time.toISOString(), method, path, status, duration_ms: Math.round(durationMs * 1_000) / 1_000 })}\n`;
    if (size + line.length > MAX_BYTES) {
      closeSync(fd);
      renameSync(file, `${file}.1`);
      fd = openSync(file, 'a', 0o600);
      size = 0;
    }
    size += writeSync(fd, line);
  };
}
