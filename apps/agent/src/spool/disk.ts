import fs from 'node:fs';

/** What the spool asks of a file system, so that a test can break it. Everything but `sync` blocks: appends go to the page cache. */
export interface Disk {
  /** for reading and writing; `fresh`: it must not exist yet */
  open(path: string, fresh: boolean): number;
  size(fd: number): number;
  /** fewer bytes than asked for at the end of the file */
  read(fd: number, bytes: number, position: number): Buffer;
  /** @returns bytes written, which may be fewer */
  write(fd: number, buffers: Buffer[], position: number): number;
  truncate(fd: number, size: number): void;
  /** resolves when the data is on the medium */
  sync(fd: number): Promise<void>;
  close(fd: number): void;
  unlink(path: string): void;
}

export const realDisk: Disk = {
  open: (path, fresh) => fs.openSync(path, fresh ? 'wx+' : 'r+', 0o600),
  size: (fd) => fs.fstatSync(fd).size,
  read: (fd, bytes, position) => {
    const buffer = Buffer.allocUnsafe(bytes);
    let got = 0;
    while (got < bytes) {
      const n = fs.readSync(fd, buffer, got, bytes - got, position + got);
      if (n === 0) break;
      got += n;
    }
    return buffer.subarray(0, got);
  },
  write: (fd, buffers, position) => fs.writevSync(fd, buffers, position),
  truncate: (fd, size) => fs.ftruncateSync(fd, size),
  sync: (fd) => new Promise((ok, bad) => fs.fdatasync(fd, (error) => (error ? bad(error) : ok()))),
  close: (fd) => fs.closeSync(fd),
  unlink: (path) => fs.unlinkSync(path),
};
