import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export interface WebFile {
  type: string;
  etag: string;
  raw: Buffer;
  /** absent where compressing gains nothing */
  br?: Buffer;
  gzip?: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
const COMPRESSED: ReadonlySet<string> = new Set(['.html', '.js', '.css', '.svg', '.json', '.map', '.webmanifest', '.txt']);
const MAX_FILE = 16 * 1024 * 1024;
const MAX_HELD = 64 * 1024 * 1024;

/** Files of the built dashboard, compressed once and held; read again when they change on disk. */
export class WebFiles {
  readonly #dir: string;
  readonly #held = new Map<string, { stamp: string; file: Promise<WebFile> }>();
  #bytes = 0;

  constructor(dir: string) {
    this.#dir = normalize(dir);
  }

  /** `path`: of the URL, still percent-encoded. null: there is no such file, or it is none of ours. */
  async get(path: string): Promise<WebFile | null> {
    let name: string;
    try {
      name = decodeURIComponent(path);
    } catch {
      return null;
    }
    const type = TYPES[extname(name)];
    // No file of a build begins with a dot, nor do we look above the directory.
    if (type === undefined || name.includes('\0') || name.split('/').some((part) => part.startsWith('.'))) return null;
    const at = join(this.#dir, name);
    if (!at.startsWith(this.#dir.endsWith(sep) ? this.#dir : this.#dir + sep)) return null;
    let stamp: string;
    try {
      const found = await stat(at);
      if (!found.isFile() || found.size > MAX_FILE) return null;
      stamp = `${found.ino}:${found.mtimeMs}:${found.size}`;
    } catch {
      return null;
    }
    const held = this.#held.get(at);
    if (held?.stamp === stamp) return held.file;
    const file = this.#read(at, type);
    this.#held.set(at, { stamp, file });
    try {
      return await file;
    } catch {
      this.#held.delete(at);
      return null;
    }
  }

  async #read(at: string, type: string): Promise<WebFile> {
    const raw = await readFile(at);
    const file: WebFile = { type, etag: `"${createHash('sha256').update(raw).digest('base64url').slice(0, 22)}"`, raw };
    if (COMPRESSED.has(extname(at)) && raw.length > 512) {
      file.gzip = await promisify(gzip)(raw, { level: 9 });
      file.br = await promisify(brotliCompress)(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } });
    }
    this.#bytes += raw.length + (file.gzip?.length ?? 0) + (file.br?.length ?? 0);
    if (this.#bytes > MAX_HELD) {
      this.#held.clear();
      this.#bytes = 0;
    }
    return file;
  }
}
