import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** What the consumer fetches at most in one go (`maxBytes`) may unfold to this much, not more. */
const MAX_DECOMPRESSED = 256 << 20;
const LARGE = 1;
/** A small batch is mostly schema and account: level 6 takes 8 % off it for no more time, and nothing off a large one. */
const SMALL = 6;
const SMALL_BYTES = 32 << 10;

/**
 * Bytes the frame says it unfolds to, or 0 where it does not say (RFC 8878, 3.1.1). Only a hint of how much room to
 * make: node:zlib's own 16 KiB at a time costs a call, a buffer and a copy for each.
 */
function contentSize(frame: Buffer): number {
  if (frame.length < 18 || frame.readUInt32LE(0) !== 0xfd2fb528) return 0;
  const descriptor = frame[4]!;
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  switch (descriptor >> 6) {
    case 0:
      return single ? frame[at]! : 0;
    case 1:
      return frame.readUInt16LE(at) + 256;
    case 2:
      return frame.readUInt32LE(at);
    default:
      return Number(frame.readBigUInt64LE(at));
  }
}

/** Where the frame does not say its size. */
const MIN_ROOM = 16 << 10;
const MAX_ROOM = 4 << 20;
/** Room that is filled to its end looks to node:zlib as if more came: it makes room again and copies all. */
const SPARE = 64;
/** The frame says its size, so that its reader makes room once. (An option that the types of Node 24 do not know yet.) */
const pledged = (bytes: number) => ({ params: { [constants.ZSTD_c_compressionLevel]: bytes < SMALL_BYTES ? SMALL : LARGE }, pledgedSrcSize: bytes });
/** A hint, bounded: whoever wrote the frame may say anything. Small frames get no more than they need: fresh memory costs as much as unfolding them. */
const roomFor = (frame: Buffer): number => Math.min(MAX_ROOM, (contentSize(frame) || Math.max(MIN_ROOM, frame.length * 6)) + SPARE);

/**
 * Codec 4 of the Kafka protocol, which kafkajs names but does not bring. A plain kafkajs consumer of our topics
 * needs it: `CompressionCodecs[CompressionTypes.ZSTD] = zstdCodec`.
 * Synchronous inside: for batches of this size a turn through the thread pool costs more than it frees.
 */
export const zstdCodec = () => ({
  compress: async (encoder: { buffer: Buffer }): Promise<Buffer> => zstdCompressSync(encoder.buffer, pledged(encoder.buffer.length)),
  decompress: async (buffer: Buffer): Promise<Buffer> => zstdDecompressSync(buffer, { maxOutputLength: MAX_DECOMPRESSED, chunkSize: roomFor(buffer) }),
});
