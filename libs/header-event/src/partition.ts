/** FNV-1a, 32 bits, of the UTF-8 bytes of a text. Other processes must find the same owner: do not change. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The partition of a host's batches; an agent keeps it for the whole of its incarnation. */
export function partitionFor(hostId: string, partitions: number): number {
  return fnv1a32(hostId) % partitions;
}
