import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** What the consumer fetches at most in one go (`maxBytes`) may unfold to this much, not more. */
const MAX_DECOMPRESSED = 256 << 20;
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * Codec 4 of the Kafka protocol, which kafkajs names but does not bring. A plain kafkajs consumer of our topics
 * needs it: `CompressionCodecs[CompressionTypes.ZSTD] = zstdCodec`.
 * Synchronous inside: for batches of this size a turn through the thread pool costs more than it frees.
 */
export const zstdCodec = () => ({
  compress: async (encoder: { buffer: Buffer }): Promise<Buffer> => zstdCompressSync(encoder.buffer, OPTIONS),
  decompress: async (buffer: Buffer): Promise<Buffer> => zstdDecompressSync(buffer, { maxOutputLength: MAX_DECOMPRESSED }),
});
